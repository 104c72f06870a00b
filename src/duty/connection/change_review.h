#pragma once

#include "duty/connection/change_request.h"

namespace yizhan {

// What the agency's centre found of a request (公文中心審核), signed by one of its officers; the
// request goes with it.
struct ChangeReview {
  enum class Kind { kAgreed, kReturned };

  CentreCode centre;
  SignedChangeRequest change;
  Kind kind;
  std::string person;    // 中心處理人員
  std::string handling;  // 客服處理情形說明
  Time time;

  // "yizhan-change-review-1". Refuses kMalformed, kUnknownFormat, kFormInvalid (nobody has reviewed
  // it, or nothing is said), and as open_change().
  static Result<ChangeReview> parse(ByteView json);
  [[nodiscard]] Bytes json() const;  // canonical
};

std::string_view text_of(ChangeReview::Kind kind);  // "agreed", "returned"
std::optional<ChangeReview::Kind> find_review_kind(std::string_view text);

struct SignedChangeReview {
  static constexpr std::size_t kBytesMax = 44U << 10;

  Bytes cms;
  ChangeReview review;
  Certificate signer;
};

// By the key of an officer of the centre. Refuses as cms_sign(), and as ChangeReview::parse().
Result<SignedChangeReview> sign_review(const ChangeReview& review, SigningKey& key);
// Whose key it is remains to be judged. Refuses as cms_verify() and ChangeReview::parse().
Result<SignedChangeReview> open_review(ByteView cms);

// By an officer who was registered for the centre that the agency belongs to, or that a newcomer
// wants to belong to. Refuses kForbidden (another centre's), kUnknownAgency, kUnknownCentre,
// kCertificateUnregistered, kCertificatePurpose.
Result<void> check_reviewer(const SignedChangeReview& review, const Directory& directory);

// The centre that has to review it. Refuses kUnknownAgency.
Result<CentreCode> reviewing_centre(const ChangeRequest& request, const Directory& directory);

}  // namespace yizhan
