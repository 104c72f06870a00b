#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ground/crypto/crypto.h"
#include "ground/json/json.h"
#include "model/agency/agency.h"
#include "model/calendar/calendar.h"

namespace yizhan {

// A key that an agency wants registered for one purpose: with its certificate, or with what it has
// asked the authority for.
struct ChangeKey {
  Purpose purpose;                         // kSign, kEncrypt or kTls
  std::optional<Certificate> certificate;  // none: not issued yet
  Bytes request;                           // PKCS#10 DER in its place; else empty
  std::string public_key;                  // of either; PEM
};

// 五(三)5: 應填寫連線異動申請表(如附錄一). What an agency files: that it comes, changes, or goes.
struct ChangeRequest {
  enum class Kind { kNew, kChange, kMerge, kDissolve };

  OrgCode agency;
  Kind kind;
  Day effective;  // of Taipei; from its first moment on
  std::string reason;
  std::string person;  // who has filled it in
  std::string phone;
  std::string remark;  // 備註; "": none
  Time time;           // when it was signed
  // What is to be so. kNew: centre, name, addresses, and a key for each purpose; perhaps a
  // supervisor. kChange: at least
  // one, and a key for each purpose where the code changes. kMerge: a successor. kDissolve: one, or
  // nothing.
  std::optional<CentreCode> centre = {};
  std::optional<OrgCode> code = {};
  std::optional<std::string> name = {};
  std::vector<std::string> addresses = {};  // of its hosts, all of them; IPv4 or IPv6
  std::vector<ChangeKey> keys = {};
  std::optional<std::string> postal_address = {};  // 機關地址
  std::optional<OrgCode> successor = {};           // who takes its business over
  std::optional<OrgCode> supervisor = {};          // 上級機關: who is to be next above it

  // "yizhan-change-request-1", at most 16 KiB. Refuses kMalformed, kUnknownFormat, kUnknownAgency
  // and kUnknownCentre (no such code can be), kBadSignature (of a certificate request), and
  // kFormInvalid, naming what is missing or does not belong to its kind.
  static Result<ChangeRequest> parse(ByteView json);
  [[nodiscard]] Bytes json() const;  // canonical

  [[nodiscard]] const ChangeKey* find_key(Purpose purpose) const;
  // Whether its code comes to an end: it is merged, dissolved, or goes by another.
  [[nodiscard]] bool ends_code() const;
};

std::string_view text_of(ChangeRequest::Kind kind);  // "new", "change", "merge", "dissolve"
std::optional<ChangeRequest::Kind> find_change_kind(std::string_view text);

struct SignedChangeRequest {
  static constexpr std::size_t kBytesMax = 24U << 10;

  Bytes cms;
  ChangeRequest request;
  Certificate signer;

  // What both sides read to each other over the telephone.
  [[nodiscard]] Sha256 fingerprint() const { return sha256(cms); }
};

// Refuses as cms_sign(), and as ChangeRequest::parse(): what nobody would take is not signed.
Result<SignedChangeRequest> sign_change(const ChangeRequest& request, SigningKey& key);
// Whose key it is remains to be judged. Refuses as cms_verify() and ChangeRequest::parse().
Result<SignedChangeRequest> open_change(ByteView cms);

// Signed with a key that was registered for that agency's documents when it was; a newcomer's with
// the key that it asks to be registered for that. Refuses kUnknownAgency, kAgencyClosed,
// kCertificateUnregistered, kCertificatePurpose, and kConflict: a newcomer whose code is there.
Result<void> check_requester(const SignedChangeRequest& change, const Directory& directory);

}  // namespace yizhan
