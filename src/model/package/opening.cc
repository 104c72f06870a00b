#include "model/package/opening.h"

#include <algorithm>
#include <set>

#include "ground/control/control.h"
#include "ground/json/json.h"

namespace yizhan {

namespace {

Refusal unopenable(std::string_view step) {
  return Refusal{Reason::kUnopenable, std::string(step)};
}

Result<void> check_standing(const Agency& agency) {
  switch (agency.standing) {
    case Standing::kActive:
      return {};
    case Standing::kSuspended:
      return Refusal{Reason::kAgencySuspended, agency.suspended_text()};
    case Standing::kClosed:
      return Refusal{Reason::kAgencyClosed, agency.name};
  }
  return Reason::kUnknownAgency;
}

}  // namespace

Result<void> check_fresh(const SealedHeader& sealed, Time now) {
  const Milliseconds ahead = sealed.signing_time - now;
  if (ahead > kSigningTimeSkewMax || -ahead > kSigningTimeSkewMax) {
    return Refusal{Reason::kClockSkew, "簽署時間 " + sealed.signing_time.text()};
  }
  return {};
}

Result<void> check_signing_time(const SealedHeader& sealed, Time accepted) {
  const Milliseconds ahead = sealed.signing_time - accepted;
  if (ahead > kSigningTimeSkewMax || -ahead > kSigningTimeSkewMax + kUploadTimeMax) {
    return Refusal{Reason::kClockSkew, "簽署時間 " + sealed.signing_time.text()};
  }
  return {};
}

Result<void> check_sender(const SealedHeader& sealed, const Directory& directory,
                          const Trust& trust, const Moment& moment) {
  const Agency* agency = directory.find(sealed.header.sender);
  if (agency == nullptr) return Refusal{Reason::kUnknownAgency, sealed.header.sender.text()};
  YZ_TRY(upheld("sender_standing", check_standing(*agency)));
  YZ_TRY(find_registered(agency->certificates, Purpose::kSign, sealed.signer.sha256(),
                         moment.accepted));
  YZ_TRY(trust.policy.check(sealed.signer, sealed.scheme));
  if (!upheld("sender_key_usage", sealed.signer.allows_signature())) {
    return Reason::kCertificatePurpose;
  }
  YZ_TRY(upheld("signing_time", check_signing_time(sealed, moment.accepted)));
  // Last: whoever holds a document for an unknown revocation relies on the rest.
  const PathQuestion question{.certificate = sealed.signer, .at = moment.accepted};
  const auto path =
      YZ_TRY(validate_path(question, trust.anchors, trust.intermediates, trust.revocations));
  const bool doubtful = path.revoked_later && path.revoked_later->casts_doubt_on(moment.accepted);
  if (!upheld("later_compromise", !doubtful)) {
    return Refusal{Reason::kRevocationUnknown, "憑證於受理後因金鑰外洩廢止"};
  }
  return {};
}

Result<void> check_versions(const Header& header, const Directory& directory,
                            const Moment& moment) {
  if (!upheld("directory_newer", header.directory_version <= directory.version())) {
    return Reason::kDirectoryNewer;
  }
  const bool current = header.directory_version == directory.version();
  const bool young =
      current || moment.accepted - directory.superseded(header.directory_version) <=
                     kDirectoryAgeMax;
  if (!upheld("directory_age", young)) return Reason::kDirectoryStale;
  if (!upheld("policy_newer", header.policy_version <= kPolicyVersion)) {
    return Reason::kPolicyNewer;
  }
  if (!upheld("package_expiry", moment.now < header.expires)) return Reason::kPackageExpired;
  return {};
}

namespace {

bool names_scanner_of(const Header& header, const CentreCode& centre) {
  return std::ranges::find(header.scanners, centre, &ScannerEntry::centre) !=
         header.scanners.end();
}

}  // namespace

std::vector<CentreCode> required_centres(const Header& header,
                                         std::span<const Addressee> recipients,
                                         const Directory& directory, Time at) {
  std::set<CentreCode> centres = {header.home_centre};
  for (const Addressee& recipient : recipients) {
    const Agency* agency = directory.find(recipient.org);
    if (agency == nullptr) continue;
    // Sealed before its sender knew that the agency has moved: it goes to where it came from.
    const bool to_former = !names_scanner_of(header, agency->home_centre) && agency->former &&
                           names_scanner_of(header, agency->former->centre) &&
                           agency->is_served_by(agency->former->centre, at);
    centres.insert(to_former ? agency->former->centre : agency->home_centre);
  }
  return {centres.begin(), centres.end()};
}

Result<void> check_scanners(const Header& header, std::span<const CentreCode> required,
                            const Directory& directory, Time at) {
  for (const ScannerEntry& entry : header.scanners) {
    const Centre* centre = directory.find(entry.centre);
    const bool registered =
        centre != nullptr &&
        find_registered(centre->certificates, Purpose::kScanner, entry.certificate, at).ok();
    if (!upheld("scanner_registered", registered)) {
      return Refusal{Reason::kScannersMismatch, "未登錄之掃描者：" + entry.centre.text()};
    }
  }
  for (const CentreCode& code : required) {
    const bool named = std::any_of(header.scanners.begin(), header.scanners.end(),
                                   [&](const ScannerEntry& entry) { return entry.centre == code; });
    if (!upheld("scanner_required", named)) {
      return Refusal{Reason::kScannersMismatch, "缺少掃描者：" + code.text()};
    }
  }
  return {};
}

Result<void> check_scanner_entry(const Header& header, const Certificate& own,
                                 ByteView key_block) {
  for (const ScannerEntry& entry : header.scanners) {
    if (entry.certificate == own.sha256() && entry.key_block == sha256(key_block)) return {};
  }
  return unopenable("步驟 6：標頭未載本掃描者之金鑰區塊");
}

Result<RecipientLeaf> check_own_leaf(const Header& header, const PlacedLeaf& placed,
                                     std::span<const Bytes> key_blocks) {
  Result<RecipientLeaf> leaf =
      verify_placed(placed, header.recipient_count, header.recipients_root);
  if (!leaf) return unopenable("步驟 6：" + leaf.refusal().detail);
  if (leaf->key_blocks.size() != key_blocks.size()) return unopenable("步驟 6：金鑰區塊數目不符");
  for (std::size_t i = 0; i < key_blocks.size(); ++i) {
    if (!upheld("own_key_block", leaf->key_blocks[i].key_block == sha256(key_blocks[i]))) {
      return unopenable("步驟 6：金鑰區塊雜湊不符");
    }
  }
  return leaf;
}

// Written by hand (in canonical order): what a JSON library leaves behind can not be wiped.
Bytes key_block_content(const MessageId& message, const SecretBytes& content_key) {
  std::string base64 = to_base64(content_key.view());
  const std::string head = R"({"content_key":")";
  const std::string tail = R"(","message_id":")" + message.text() + R"("})";
  Bytes content;
  content.reserve(head.size() + base64.size() + tail.size());
  append(content, bytes_of(head));
  append(content, bytes_of(base64));
  append(content, bytes_of(tail));
  wipe({reinterpret_cast<std::uint8_t*>(base64.data()), base64.size()});
  return content;
}

namespace {

// A module that answers nonsense must not condemn a document for good: its "not for me" counts only
// once it has opened what was just sealed to it, and says so again.
Result<SecretBytes> unwrap_soundly(ByteView key_block, DecryptionKey& key) {
  Result<SecretBytes> content = unwrap_key(key_block, key);
  if (content.ok() || content.reason() != Reason::kUnopenable) return content;
  Bytes probe(kContentKeySize);
  fill_random(probe);
  const Bytes sealed = YZ_TRY(wrap_key(probe, key.certificate()));
  const Result<SecretBytes> opened = unwrap_key(sealed, key);
  if (!opened && opened.reason() != Reason::kUnopenable) return opened.refusal();
  if (!opened || !std::ranges::equal(opened->view(), probe)) {
    return Refusal{Reason::kKeyholderUnavailable,
                   "解密金鑰打不開剛封裝給它之內容：密碼模組故障，請檢查模組。"};
  }
  return unwrap_key(key_block, key);
}

}  // namespace

Result<SecretBytes> open_key_block(const Header& header, ByteView key_block, DecryptionKey& key) {
  const SecretBytes content = YZ_TRY(unwrap_soundly(key_block, key));
  const Result<Json> json = parse_json(content.view(), {.bytes_max = 1024, .depth_max = 2});
  if (!json) return unopenable("步驟 7：金鑰區塊內容不正確");
  Members members(*json, "key_block");
  const std::string message = members.text("message_id");
  SecretBytes content_key(members.base64("content_key"));
  if (!members.check() || content_key.size() != kContentKeySize) {
    return unopenable("步驟 7：金鑰區塊內容不正確");
  }
  if (!upheld("key_block_message", message == header.message_id.text())) {
    return unopenable("步驟 7：金鑰區塊屬於其他訊息");
  }
  return content_key;
}

Refusal outward(const Refusal& inward) {
  if (inward.reason == Reason::kUnopenable) return Refusal{Reason::kUnopenable, {}};
  return inward;
}

}  // namespace yizhan
