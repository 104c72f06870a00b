#include <array>

#include "ground/json/json.h"
#include "ground/control/control.h"
#include "model/evidence/statement.h"

namespace yizhan {

namespace {

constexpr std::string_view kFormat = "yizhan-verdict-1";
constexpr std::size_t kVerdictBytesMax = 16U << 10;

constexpr std::array<std::pair<ScanResult, std::string_view>, 4> kResults = {{
    {ScanResult::kClean, "clean"},
    {ScanResult::kInfected, "infected"},
    {ScanResult::kRefused, "refused"},
    {ScanResult::kIncomplete, "incomplete"},
}};

Refusal malformed(std::string_view what) {
  return Refusal{Reason::kMalformed, "掃描判定：" + std::string(what)};
}

Result<ScanResult> parse_result(const std::string& text) {
  for (const auto& [result, name] : kResults) {
    if (name == text) return result;
  }
  return malformed("不認得的結果");
}

Result<ScanInventory> parse_inventory(const Json& json) {
  Members m(json, "inventory");
  const ScanInventory inventory{m.integer("parts"), m.integer("bytes"), m.integer("members"),
                                m.integer("depth")};
  YZ_TRY(m.check());
  return inventory;
}

}  // namespace

std::string_view text_of(ScanResult result) {
  return kResults.at(static_cast<std::size_t>(result)).second;
}

Result<Verdict> Verdict::parse(ByteView bytes) {
  const Json json = YZ_TRY(parse_json(bytes, {.bytes_max = kVerdictBytesMax, .depth_max = 4}));
  Members m(json, "verdict");
  const std::string format = m.text("format"), centre = m.text("centre"),
                    sender = m.text("sender"), message = m.text("message_id"),
                    result = m.text("result"), engine = m.text("engine"),
                    signatures = m.text("signatures_version");
  const auto name = m.optional_text("name"), reason = m.optional_text("reason"),
             detail = m.optional_text("detail");
  const Sha256 certificate = m.sha256("scanner_certificate_sha256"),
               header = m.sha256("header_sha256"), cipher = m.sha256("cipher_root"),
               plaintext = m.sha256("plaintext_root");
  const Json& inventory = m.object("inventory");
  const std::int64_t policy = m.integer("policy_version");
  const Time time = m.time("time");
  YZ_TRY(m.check());
  if (format != kFormat) return Refusal{Reason::kUnknownFormat, format};
  const auto message_id = MessageId::parse(message);
  const auto known_reason = reason ? find_reason(*reason) : std::nullopt;
  if (!message_id || (reason && !known_reason)) return malformed("識別碼或原因代碼不正確");
  const CentreCode centre_code = YZ_TRY(CentreCode::parse(centre));
  const OrgCode sender_code = YZ_TRY(OrgCode::parse(sender));
  const ScanResult found = YZ_TRY(parse_result(result));
  const ScanInventory looked_at = YZ_TRY(parse_inventory(inventory));
  return Verdict{centre_code,
                 certificate,
                 {sender_code, *message_id},
                 header,
                 cipher,
                 plaintext,
                 found,
                 name.value_or(""),
                 known_reason,
                 detail.value_or(""),
                 looked_at,
                 engine,
                 signatures,
                 policy,
                 time};
}

Bytes Verdict::json() const {
  Json json = {{"format", kFormat},
               {"centre", centre.text()},
               {"scanner_certificate_sha256", scanner_certificate.hex()},
               {"sender", message.sender.text()},
               {"message_id", message.message.text()},
               {"header_sha256", header_sha256.hex()},
               {"cipher_root", cipher_root.hex()},
               {"plaintext_root", plaintext_root.hex()},
               {"result", text_of(result)},
               {"inventory",
                {{"parts", inventory.parts},
                 {"bytes", inventory.bytes},
                 {"members", inventory.members},
                 {"depth", inventory.depth}}},
               {"engine", engine},
               {"signatures_version", signatures_version},
               {"policy_version", policy_version},
               {"time", time.text()}};
  if (!name.empty()) json["name"] = name;
  if (reason) json["reason"] = code_of(*reason);
  if (!detail.empty()) json["detail"] = detail;
  return canonical_json(json);
}

Result<SignedVerdict> open_verdict(ByteView cms) {
  const SignedContent opened = YZ_TRY(cms_verify(cms, 2 * kVerdictBytesMax));
  Verdict verdict = YZ_TRY(Verdict::parse(opened.content));
  if (verdict.scanner_certificate != opened.signer.sha256()) {
    return Refusal{Reason::kBadSignature, "簽章憑證與判定所載不同"};
  }
  return SignedVerdict{copy_of(cms), sha256(opened.content), std::move(verdict), opened.signer,
                       opened.scheme};
}

Result<SignedVerdict> sign_verdict(const Verdict& verdict, SigningKey& key) {
  return open_verdict(YZ_TRY(cms_sign(verdict.json(), key, KeyUse::kVerdict, verdict.time)));
}

Result<void> check_scanner(const SignedVerdict& signed_verdict, const SealedHeader& sealed,
                           const Directory& directory, const CryptoPolicy& policy) {
  const Verdict& verdict = signed_verdict.verdict;
  const Header& header = sealed.header;
  const auto missing = [](std::string_view why) {
    return Refusal{Reason::kVerdictMissing, std::string(why)};
  };
  const bool same = verdict.message == header.key() && verdict.header_sha256 == sealed.sha256 &&
                    verdict.cipher_root == header.cipher_root &&
                    verdict.plaintext_root == header.plaintext_root;
  if (!upheld("verdict_package", same)) {
    return missing("判定屬於其他封裝");
  }
  const Centre* centre = directory.find(verdict.centre);
  if (centre == nullptr) return missing("判定之中心不在目錄中");
  if (!find_registered(centre->certificates, Purpose::kScanner, signed_verdict.signer.sha256(),
                       verdict.time)) {
    return missing("判定之簽章者非登錄之掃描者");
  }
  if (!policy.check(signed_verdict.signer, signed_verdict.scheme)) {
    return missing("判定之簽章演算法不合本站政策");
  }
  for (const ScannerEntry& entry : header.scanners) {
    if (entry.centre == verdict.centre && entry.certificate == signed_verdict.signer.sha256()) {
      return {};
    }
  }
  return missing("判定之簽章者不在標頭之掃描者中");
}

}  // namespace yizhan
