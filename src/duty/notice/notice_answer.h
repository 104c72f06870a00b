#pragma once

#include "ground/crypto/crypto.h"
#include "ground/json/json.h"
#include "model/agency/agency.h"
#include "model/calendar/calendar.h"

namespace yizhan {

// What a centre answers to an update notice (五(二)1): the day on which it will update, and that it
// has. It may plan anew; the last word counts.
struct NoticeAnswer {
  enum class Kind { kPlanned, kDone };

  CentreCode centre;
  std::int64_t notice;   // its number
  Sha256 notice_sha256;  // of its content
  Kind kind;
  Day day;
  std::string person;
  std::string note;  // how it went; "": nothing to say
  Time time;         // when it says so

  // Refuses kMalformed, kUnknownFormat.
  static Result<NoticeAnswer> parse(ByteView json);
  [[nodiscard]] Bytes json() const;  // canonical
};

std::string_view text_of(NoticeAnswer::Kind kind);  // "planned", "done"
std::optional<NoticeAnswer::Kind> find_answer_kind(std::string_view text);

struct SignedNoticeAnswer {
  static constexpr std::size_t kBytesMax = 32U << 10;

  Bytes cms;
  NoticeAnswer answer;
  Certificate signer;

  [[nodiscard]] Json describe() const;  // with the signed bytes: anyone can verify them again
};

// By the key that signs the centre's evidence. Refuses as cms_sign(), and as NoticeAnswer::parse().
Result<SignedNoticeAnswer> sign_answer(const NoticeAnswer& answer, SigningKey& key);
// Whose key it is remains to be judged. Refuses as cms_verify() and NoticeAnswer::parse().
Result<SignedNoticeAnswer> open_answer(ByteView cms);
// Signed with a key that was registered for that centre's evidence when it was. Refuses
// kCertificateUnregistered, and as find_registered().
Result<void> check_answerer(const SignedNoticeAnswer& answer, const Directory& directory);

}  // namespace yizhan
