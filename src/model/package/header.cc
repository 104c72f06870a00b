#include "model/package/header.h"

#include "ground/json/json.h"
#include "ground/subject/subject.h"

namespace yizhan {

namespace {

constexpr std::string_view kFormat = "yizhan-package-1";
constexpr std::size_t kSaltBytes = 24;
constexpr std::size_t kScannersMax = 64;

constexpr std::array<std::pair<Urgency, std::string_view>, 3> kUrgencies = {{
    {Urgency::kNormal, "normal"},
    {Urgency::kFast, "fast"},
    {Urgency::kFastest, "fastest"},
}};

Refusal malformed(std::string_view what) {
  return Refusal{Reason::kMalformed, "封裝標頭：" + std::string(what)};
}

template <class Noun>
Result<Id<Noun>> parse_id(const std::string& text) {
  const auto id = Id<Noun>::parse(text);
  if (!id) return malformed("識別碼須為 UUIDv7");
  return *id;
}

Result<ScannerEntry> parse_scanner(const Json& json) {
  Members members(json, "scanners");
  const std::string centre = members.text("centre");
  const Sha256 certificate = members.sha256("certificate_sha256"),
               key_block = members.sha256("key_block_sha256");
  YZ_TRY(members.check());
  return ScannerEntry{YZ_TRY(CentreCode::parse(centre)), certificate, key_block};
}

Result<std::vector<ScannerEntry>> parse_scanners(const Json& json) {
  if (json.empty() || json.size() > kScannersMax) return malformed("掃描者數目不符規定");
  std::vector<ScannerEntry> scanners;
  for (const Json& item : json) scanners.push_back(YZ_TRY(parse_scanner(item)));
  for (std::size_t i = 1; i < scanners.size(); ++i) {
    if (scanners[i].centre <= scanners[i - 1].centre) return malformed("掃描者須依代碼排序且不重複");
  }
  return scanners;
}

Result<std::optional<Urgency>> parse_urgency(const std::optional<std::string>& text) {
  if (!text) return std::optional<Urgency>();
  const auto urgency = find_urgency(*text);
  if (!urgency) return malformed("不認得的速別");
  return urgency;
}

Result<std::optional<Resend>> parse_resend(const std::optional<std::string>& of,
                                           const std::optional<std::string>& reason) {
  if (of.has_value() != reason.has_value()) return malformed("重送須同時載明原訊息與原因");
  if (!of) return std::optional<Resend>();
  return std::optional(Resend{YZ_TRY(parse_id<MessageNoun>(*of)), *reason});
}

struct SenderMembers {
  OrgCode org;
  UnitCode unit;
  Sha256 certificate;
};

Result<SenderMembers> parse_sender(const Json& json) {
  Members members(json, "sender");
  const std::string org = members.text("org_code"), unit = members.text("unit_code");
  const Sha256 certificate = members.sha256("certificate_sha256");
  YZ_TRY(members.check());
  const OrgCode code = YZ_TRY(OrgCode::parse(org));
  const UnitCode unit_code = YZ_TRY(UnitCode::parse(unit));
  return SenderMembers{code, unit_code, certificate};
}

Result<void> check_limits(const Header& header) {
  if (header.recipient_count < 1 || header.recipient_count > kPackageLimits.recipients_max) {
    return malformed("受文者數目不符規定");
  }
  if (header.plain_length > kPackageLimits.package_bytes_max) {
    return Refusal{Reason::kTooLarge, "封裝超過大小上限"};
  }
  if (header.salt.size() != kSaltBytes) return malformed("salt 須為 24 位元組");
  if (header.expires <= header.created || header.expires - header.created > kPackageLifeMax) {
    return malformed("有效期限須在建立後 30 日以內");
  }
  return {};
}

}  // namespace

std::string_view text_of(Urgency urgency) {
  return kUrgencies.at(static_cast<std::size_t>(urgency)).second;
}

std::optional<Urgency> find_urgency(std::string_view text) {
  for (const auto& [urgency, name] : kUrgencies) {
    if (name == text) return urgency;
  }
  return std::nullopt;
}

Result<Header> Header::parse(ByteView bytes) {
  const JsonLimits limits{.bytes_max = kPackageLimits.header_bytes_max, .depth_max = 8};
  const Json json = YZ_TRY(parse_json(bytes, limits));
  Members m(json, "header");
  const std::string format = m.text("format"), message = m.text("message_id"),
                    document = m.text("document_id"), home = m.text("home_centre");
  const Json& sender_json = m.object("sender");
  const Json& scanners_json = m.array("scanners");
  const auto urgency = m.optional_text("urgency"), resend_of = m.optional_text("resend_of"),
             resend_reason = m.optional_text("resend_reason");
  const Sha256 recipients_root = m.sha256("recipients_root"), commitment = m.sha256("commitment"),
               cipher_root = m.sha256("cipher_root"), plaintext_root = m.sha256("plaintext_root");
  const std::int64_t count = m.integer("recipient_count"), length = m.integer("plain_length"),
                     directory = m.integer("directory_version"),
                     policy = m.integer("policy_version");
  const bool with_attachments = m.flag("with_attachments");
  const Time created = m.time("created"), expires = m.time("expires");
  const Bytes salt = m.base64("salt");
  YZ_TRY(m.check());
  if (format != kFormat) return Refusal{Reason::kUnknownFormat, format};
  if (length < 0) return malformed("長度不得為負");
  const SenderMembers from = YZ_TRY(parse_sender(sender_json));
  const MessageId message_id = YZ_TRY(parse_id<MessageNoun>(message));
  const DocumentId document_id = YZ_TRY(parse_id<DocumentNoun>(document));
  const CentreCode home_centre = YZ_TRY(CentreCode::parse(home));
  Header header{message_id,
                document_id,
                from.org,
                from.unit,
                from.certificate,
                home_centre,
                recipients_root,
                count,
                with_attachments,
                {},
                created,
                expires,
                std::nullopt,
                std::nullopt,
                static_cast<std::uint64_t>(length),
                salt,
                commitment,
                cipher_root,
                plaintext_root,
                directory,
                policy};
  header.scanners = YZ_TRY(parse_scanners(scanners_json));
  header.urgency = YZ_TRY(parse_urgency(urgency));
  header.resend = YZ_TRY(parse_resend(resend_of, resend_reason));
  YZ_TRY(check_limits(header));
  return header;
}

Bytes Header::json() const {
  Json entries = Json::array();
  for (const ScannerEntry& entry : scanners) {
    entries.push_back({{"centre", entry.centre.text()},
                       {"certificate_sha256", entry.certificate.hex()},
                       {"key_block_sha256", entry.key_block.hex()}});
  }
  Json json = {{"format", kFormat},
               {"message_id", message_id.text()},
               {"document_id", document_id.text()},
               {"sender",
                {{"org_code", sender.text()},
                 {"unit_code", sender_unit.text()},
                 {"certificate_sha256", sender_certificate.hex()}}},
               {"home_centre", home_centre.text()},
               {"recipients_root", recipients_root.hex()},
               {"recipient_count", recipient_count},
               {"with_attachments", with_attachments},
               {"scanners", std::move(entries)},
               {"created", created.text()},
               {"expires", expires.text()},
               {"plain_length", plain_length},
               {"salt", to_base64(salt)},
               {"commitment", commitment.hex()},
               {"cipher_root", cipher_root.hex()},
               {"plaintext_root", plaintext_root.hex()},
               {"directory_version", directory_version},
               {"policy_version", policy_version}};
  if (urgency) json["urgency"] = text_of(*urgency);
  if (resend) {
    json["resend_of"] = resend->of.text();
    json["resend_reason"] = resend->reason;
  }
  return canonical_json(json);
}

Sha256 Header::context() const {
  Bytes bound = copy_of(bytes_of(kFormat));
  bound.push_back(0);
  append(bound, bytes_of(message_id.text()));
  bound.push_back(0);
  append(bound, bytes_of(sender.text()));
  return yizhan::sha256(bound);
}

Result<SealedHeader> open_header(ByteView cms) {
  // The signature, certificate and attributes around the JSON need a few KiB of their own.
  constexpr std::size_t kEnvelopeBytesMax = 16U << 10;
  SignedContent opened =
      YZ_TRY(cms_verify(cms, kPackageLimits.header_bytes_max + kEnvelopeBytesMax));
  Header header = YZ_TRY(Header::parse(opened.content));
  work_on({header.sender.text(), header.message_id.text()});
  if (header.sender_certificate != opened.signer.sha256()) {
    return Refusal{Reason::kWrongSender, "標頭所載憑證與簽章憑證不同"};
  }
  return SealedHeader{copy_of(cms), sha256(cms), std::move(header), opened.signer,
                      opened.signing_time, opened.scheme};
}

Result<SealedHeader> seal_header(const Header& header, SigningKey& key, Time now) {
  return open_header(YZ_TRY(cms_sign(header.json(), key, KeyUse::kDocument, now)));
}

}  // namespace yizhan
