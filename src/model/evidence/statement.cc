#include "model/evidence/statement.h"

#include <array>

#include "ground/control/control.h"
#include "ground/json/json.h"
#include "ground/merkle/merkle.h"
#include "ground/subject/subject.h"
#include "model/evidence/batch.h"

namespace yizhan {

namespace {

constexpr std::string_view kFormat = "yizhan-evidence-1";
constexpr std::size_t kStatementBytesMax = 64U << 10;
// Signed, it is one entry of the log: whoever hands in more is refused, not the log broken.
constexpr std::size_t kSignedBytesMax = Log::kEntryMax;

// Who may state what: centres about custody, agencies about what they did.
struct TypeText {
  EvidenceType type;
  std::string_view text;
  bool by_centre;
  bool final;
};

constexpr std::array<TypeText, 14> kTypes = {{
    {EvidenceType::kSubmissionAcceptance, "A.1", true, false},
    {EvidenceType::kSubmissionRejection, "A.2", true, true},
    {EvidenceType::kHeld, "Held", true, false},
    {EvidenceType::kReleased, "Released", true, false},
    {EvidenceType::kRelayAcceptance, "B.1", true, false},
    {EvidenceType::kRelayRejection, "B.2", true, false},
    {EvidenceType::kRelayFailure, "B.3", true, true},
    {EvidenceType::kAcceptanceExpiry, "C.5", true, true},
    {EvidenceType::kConsignment, "D.1", true, false},
    {EvidenceType::kConsignmentFailure, "D.2", true, true},
    {EvidenceType::kHandover, "E.1", false, true},
    {EvidenceType::kHandoverFailure, "E.2", false, true},
    {EvidenceType::kConfirmed, "F.1", false, false},
    {EvidenceType::kReturned, "F.2", false, false},
}};

const TypeText& row_of(EvidenceType type) { return kTypes.at(static_cast<std::size_t>(type)); }

Refusal malformed(std::string_view what) {
  return Refusal{Reason::kMalformed, "證據：" + std::string(what)};
}

Result<std::optional<Addressee>> parse_recipient(Members& members, const Json& json) {
  if (!members.has("recipient")) return std::optional<Addressee>();
  Members m(json.at("recipient"), "recipient");
  const std::string org = m.text("org_code"), unit = m.text("unit_code");
  YZ_TRY(m.check());
  const OrgCode code = YZ_TRY(OrgCode::parse(org));
  const UnitCode unit_code = YZ_TRY(UnitCode::parse(unit));
  return std::optional(Addressee{code, unit_code});
}

Result<Actor> parse_actor(const Json& json) {
  Members m(json, "actor");
  const auto org = m.optional_text("org_code"), centre = m.optional_text("centre"),
             terminal = m.optional_text("terminal"), module = m.optional_text("module");
  const Sha256 certificate = m.sha256("certificate_sha256");
  YZ_TRY(m.check());
  if (org.has_value() == centre.has_value()) return malformed("須載明機關或中心其一");
  Actor actor{CentreCode::parse("XX").value(), certificate, terminal.value_or(""),
              module.value_or("")};
  if (org) {
    actor.party = YZ_TRY(OrgCode::parse(*org));
  } else {
    actor.party = YZ_TRY(CentreCode::parse(*centre));
  }
  return actor;
}

Result<std::optional<LeaseMark>> parse_lease(Members& members, const Json& json) {
  if (!members.has("lease")) return std::optional<LeaseMark>();
  Members m(json.at("lease"), "lease");
  const LeaseMark lease{m.text("id"), m.integer("fencing")};
  YZ_TRY(m.check());
  return std::optional(lease);
}

Result<std::vector<Sha256>> parse_digests(const Json& json) {
  std::vector<Sha256> digests;
  for (const Json& item : json) {
    const auto digest = item.is_string() ? Sha256::from_hex(item.get<std::string>()) : std::nullopt;
    if (!digest) return malformed("雜湊值格式不正確");
    digests.push_back(*digest);
  }
  return digests;
}

Result<std::vector<Bytes>> parse_approvals(Members& members, const Json& json) {
  std::vector<Bytes> approvals;
  if (!members.has("approvals")) return approvals;
  const Json& items = json.at("approvals");
  if (!items.is_array()) return malformed("approvals 須為陣列");
  for (const Json& item : items) {
    const auto approval = item.is_string() ? from_base64(item.get<std::string>()) : std::nullopt;
    if (!approval) return malformed("核可內容不正確");
    approvals.push_back(*approval);
  }
  return approvals;
}

Result<std::optional<Reason>> parse_reason(const std::optional<std::string>& code) {
  if (!code) return std::optional<Reason>();
  const auto reason = find_reason(*code);
  if (!reason) return malformed("不認得的原因代碼");
  return reason;
}

Result<std::optional<Sha256>> parse_optional_digest(const std::optional<std::string>& hex) {
  if (!hex) return std::optional<Sha256>();
  const auto digest = Sha256::from_hex(*hex);
  if (!digest) return malformed("雜湊值格式不正確");
  return digest;
}

Json describe(const Actor& actor) {
  Json json = {{"certificate_sha256", actor.certificate.hex()}};
  if (const auto* org = std::get_if<OrgCode>(&actor.party)) json["org_code"] = org->text();
  if (const auto* centre = std::get_if<CentreCode>(&actor.party)) json["centre"] = centre->text();
  if (!actor.terminal.empty()) json["terminal"] = actor.terminal;
  if (!actor.module.empty()) json["module"] = actor.module;
  return json;
}

}  // namespace

std::string_view text_of(EvidenceType type) { return row_of(type).text; }

std::optional<EvidenceType> find_evidence_type(std::string_view text) {
  for (const TypeText& row : kTypes) {
    if (row.text == text) return row.type;
  }
  return std::nullopt;
}

bool is_final(EvidenceType type) { return row_of(type).final; }

bool names_malware(const Statement& statement) {
  return statement.type == EvidenceType::kHandoverFailure && statement.reason == Reason::kInfected;
}

Result<Statement> Statement::parse(ByteView bytes) {
  const Json json = YZ_TRY(parse_json(bytes, {.bytes_max = kStatementBytesMax, .depth_max = 6}));
  Members m(json, "evidence");
  const std::string format = m.text("format"), type_text = m.text("type"),
                    sender = m.text("sender"), message = m.text("message_id");
  const Sha256 header = m.sha256("header_sha256");
  const Json& previous = m.array("previous_sha256");
  const Json& actor = m.object("actor");
  const auto root = m.optional_text("plaintext_root"), reason = m.optional_text("reason"),
             detail = m.optional_text("detail"), leaves = m.optional_text("leaves_sha256");
  const Time time = m.time("time");
  auto recipient = YZ_TRY(parse_recipient(m, json));
  auto lease = YZ_TRY(parse_lease(m, json));
  auto approvals = YZ_TRY(parse_approvals(m, json));
  std::optional<std::int64_t> count;
  if (m.has("recipient_count")) count = m.integer("recipient_count", {.min = 1});
  YZ_TRY(m.check());
  if (format != kFormat) return Refusal{Reason::kUnknownFormat, format};
  const auto type = find_evidence_type(type_text);
  const auto message_id = MessageId::parse(message);
  if (!type || !message_id) return malformed("不認得的種類或訊息識別碼");
  const OrgCode sender_code = YZ_TRY(OrgCode::parse(sender));
  const auto plaintext_root = YZ_TRY(parse_optional_digest(root));
  const auto leaves_sha256 = YZ_TRY(parse_optional_digest(leaves));
  auto previous_digests = YZ_TRY(parse_digests(previous));
  const Actor stating = YZ_TRY(parse_actor(actor));
  const auto known_reason = YZ_TRY(parse_reason(reason));
  return Statement{*type,
                   {sender_code, *message_id},
                   std::move(recipient),
                   header,
                   plaintext_root,
                   std::move(previous_digests),
                   stating,
                   count,
                   leaves_sha256,
                   std::move(lease),
                   known_reason,
                   detail.value_or(""),
                   std::move(approvals),
                   time};
}

Bytes Statement::json() const {
  Json digests = Json::array();
  for (const Sha256& digest : previous) digests.push_back(digest.hex());
  Json json = {{"format", kFormat},
               {"type", text_of(type)},
               {"sender", message.sender.text()},
               {"message_id", message.message.text()},
               {"header_sha256", header_sha256.hex()},
               {"previous_sha256", std::move(digests)},
               {"actor", describe(actor)},
               {"time", time.text()}};
  if (recipient) {
    json["recipient"] = {{"org_code", recipient->org.text()},
                         {"unit_code", recipient->unit.text()}};
  }
  if (plaintext_root) json["plaintext_root"] = plaintext_root->hex();
  if (recipient_count) json["recipient_count"] = *recipient_count;
  if (leaves_sha256) json["leaves_sha256"] = leaves_sha256->hex();
  if (lease) json["lease"] = {{"id", lease->id}, {"fencing", lease->fencing}};
  if (reason) json["reason"] = code_of(*reason);
  if (!detail.empty()) json["detail"] = detail;
  for (const Bytes& approval : approvals) json["approvals"].push_back(to_base64(approval));
  return canonical_json(json);
}

Result<SignedStatement> open_statement(ByteView cms) {
  const SignedContent opened = YZ_TRY(open_evidence(cms, kSignedBytesMax));
  Statement statement = YZ_TRY(Statement::parse(opened.content));
  work_on({statement.message.sender.text(), statement.message.message.text()});
  if (statement.actor.certificate != opened.signer.sha256()) {
    return Refusal{Reason::kBadSignature, "簽章憑證與證據所載不同"};
  }
  return SignedStatement{copy_of(cms), sha256(opened.content), std::move(statement),
                         opened.signer, opened.scheme};
}

Result<SignedStatement> sign_statement(const Statement& statement, SigningKey& key) {
  return open_statement(
      YZ_TRY(cms_sign(statement.json(), key, KeyUse::kEvidence, statement.time)));
}

Result<void> check_actor(const SignedStatement& signed_statement, const Directory& directory,
                         const CryptoPolicy& policy) {
  const Statement& statement = signed_statement.statement;
  const bool by_centre = std::holds_alternative<CentreCode>(statement.actor.party);
  if (by_centre != row_of(statement.type).by_centre) {
    return Refusal{Reason::kForbidden, "此種證據不得由該方出具"};
  }
  YZ_TRY(policy.check(signed_statement.signer, signed_statement.scheme));
  const Sha256& signer = signed_statement.signer.sha256();
  if (by_centre) {
    const Centre* centre = directory.find(std::get<CentreCode>(statement.actor.party));
    if (centre == nullptr) return Reason::kUnknownCentre;
    YZ_TRY(find_registered(centre->certificates, Purpose::kEvidence, signer, statement.time));
    return {};
  }
  const OrgCode& org = std::get<OrgCode>(statement.actor.party);
  const Agency* agency = directory.find(org);
  if (agency == nullptr) return Reason::kUnknownAgency;
  // Only the recipient speaks of what the recipient did, or who receives for it.
  const bool own = statement.recipient &&
                   directory.receives_for(org, statement.recipient->org, statement.time);
  if (!upheld("recipient_speaks", own)) return Reason::kForbidden;
  YZ_TRY(find_registered(agency->certificates, Purpose::kSign, signer, statement.time));
  return {};
}

}  // namespace yizhan
