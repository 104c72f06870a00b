#include "model/evidence/decision.h"

#include <algorithm>
#include <set>

#include "ground/control/control.h"
#include "ground/json/json.h"

namespace yizhan {

namespace {

constexpr std::string_view kDecisionFormat = "yizhan-decision-1";
constexpr std::string_view kWithdrawalFormat = "yizhan-withdrawal-1";
// Two signed decisions stand in the Released that they lead to, and that is one entry of the log.
constexpr std::size_t kBytesMax = 8U << 10;
constexpr std::size_t kReleasingOfficers = 2;

std::string_view text_of(DecisionKind kind) {
  return kind == DecisionKind::kRelease ? "release" : "stop";
}

std::string_view text_of(WithdrawalKind kind) {
  return kind == WithdrawalKind::kStop ? "stop" : "paper";
}

Refusal malformed(std::string_view what) {
  return Refusal{Reason::kMalformed, std::string(what)};
}

Result<MessageKey> parse_key(const std::string& sender, const std::string& message) {
  const auto id = MessageId::parse(message);
  if (!id) return malformed("訊息識別碼不正確");
  return MessageKey{YZ_TRY(OrgCode::parse(sender)), *id};
}

}  // namespace

Result<Decision> Decision::parse(ByteView bytes) {
  const Json json = YZ_TRY(parse_json(bytes, {.bytes_max = kBytesMax, .depth_max = 3}));
  Members m(json, "decision");
  const std::string format = m.text("format"), kind = m.text("decision"),
                    sender = m.text("sender"), message = m.text("message_id"),
                    reason = m.text("reason");
  const Sha256 header = m.sha256("header_sha256");
  const Json& overridden = m.array("overridden_sha256");
  const Time time = m.time("time");
  YZ_TRY(m.check());
  if (format != kDecisionFormat) return Refusal{Reason::kUnknownFormat, format};
  if (kind != "release" && kind != "stop") return malformed("不認得的決定");
  if (reason.empty()) return malformed("決定須載明理由");
  const MessageKey key = YZ_TRY(parse_key(sender, message));
  Decision decision{kind == "release" ? DecisionKind::kRelease : DecisionKind::kStop,
                    key, header, {}, reason, time};
  for (const Json& item : overridden) {
    const auto digest = item.is_string() ? Sha256::from_hex(item.get<std::string>()) : std::nullopt;
    if (!digest) return malformed("雜湊值格式不正確");
    decision.overridden.push_back(*digest);
  }
  return decision;
}

Bytes Decision::json() const {
  Json digests = Json::array();
  for (const Sha256& digest : overridden) digests.push_back(digest.hex());
  return canonical_json({{"format", kDecisionFormat},
                         {"decision", text_of(kind)},
                         {"sender", message.sender.text()},
                         {"message_id", message.message.text()},
                         {"header_sha256", header_sha256.hex()},
                         {"overridden_sha256", std::move(digests)},
                         {"reason", reason},
                         {"time", time.text()}});
}

Result<SignedDecision> open_decision(ByteView cms) {
  const SignedContent opened = YZ_TRY(cms_verify(cms, 2 * kBytesMax));
  Decision decision = YZ_TRY(Decision::parse(opened.content));
  return SignedDecision{copy_of(cms), std::move(decision), opened.signer};
}

Result<Bytes> sign_decision(const Decision& decision, SigningKey& key) {
  return cms_sign(decision.json(), key, KeyUse::kEvidence, decision.time);
}

Result<void> check_decisions(std::span<const SignedDecision> decisions, DecisionKind kind,
                             const SealedHeader& sealed, const Centre& centre) {
  std::set<std::string> officers;
  for (const SignedDecision& item : decisions) {
    const Decision& decision = item.decision;
    if (decision.kind != kind || decision.message != sealed.header.key() ||
        decision.header_sha256 != sealed.sha256) {
      return Refusal{Reason::kConflict, "決定非針對本件公文"};
    }
    YZ_TRY(find_registered(centre.certificates, Purpose::kOfficer, item.signer.sha256(),
                           decision.time));
    for (const RegisteredCertificate& registered : centre.certificates) {
      if (registered.certificate == item.signer) officers.insert(registered.holder);
    }
  }
  const std::size_t needed = kind == DecisionKind::kRelease ? kReleasingOfficers : 1;
  if (!upheld("two_officers", officers.size() >= needed)) {
    return Refusal{Reason::kForbidden, "放行須由兩位不同之承辦人員核可"};
  }
  return {};
}

Result<std::vector<SignedDecision>> open_release(const Statement& released,
                                                 const SealedHeader& sealed, const Centre& centre) {
  std::vector<SignedDecision> decisions;
  for (const Bytes& approval : released.approvals) {
    SignedDecision decision = YZ_TRY(open_decision(approval));
    const std::vector<Sha256>& read = decision.decision.overridden;
    const bool all_read = std::ranges::all_of(released.previous, [&](const Sha256& verdict) {
      return std::ranges::find(read, verdict) != read.end();
    });
    if (!all_read) return Refusal{Reason::kForbidden, "核可未載明所放行之判定"};
    decisions.push_back(std::move(decision));
  }
  YZ_TRY(check_decisions(decisions, DecisionKind::kRelease, sealed, centre));
  return decisions;
}

Result<Withdrawal> Withdrawal::parse(ByteView bytes) {
  const Json json = YZ_TRY(parse_json(bytes, {.bytes_max = kBytesMax, .depth_max = 3}));
  Members m(json, "withdrawal");
  const std::string format = m.text("format"), kind = m.text("kind"), sender = m.text("sender"),
                    message = m.text("message_id"), reason = m.text("reason");
  const auto org = m.optional_text("recipient_org_code"),
             unit = m.optional_text("recipient_unit_code");
  const Time time = m.time("time");
  YZ_TRY(m.check());
  if (format != kWithdrawalFormat) return Refusal{Reason::kUnknownFormat, format};
  if (kind != "stop" && kind != "paper") return malformed("不認得的撤回種類");
  const MessageKey key = YZ_TRY(parse_key(sender, message));
  Withdrawal withdrawal{kind == "stop" ? WithdrawalKind::kStop : WithdrawalKind::kPaper,
                        key, std::nullopt, reason, time};
  if (org) {
    const OrgCode code = YZ_TRY(OrgCode::parse(*org));
    const UnitCode unit_code = YZ_TRY(UnitCode::parse(unit.value_or("")));
    withdrawal.recipient = Addressee{code, unit_code};
  }
  return withdrawal;
}

Bytes Withdrawal::json() const {
  Json json = {{"format", kWithdrawalFormat},
               {"kind", text_of(kind)},
               {"sender", message.sender.text()},
               {"message_id", message.message.text()},
               {"reason", reason},
               {"time", time.text()}};
  if (recipient) {
    json["recipient_org_code"] = recipient->org.text();
    json["recipient_unit_code"] = recipient->unit.text();
  }
  return canonical_json(json);
}

Result<SignedWithdrawal> open_withdrawal(ByteView cms) {
  const SignedContent opened = YZ_TRY(cms_verify(cms, 2 * kBytesMax));
  Withdrawal withdrawal = YZ_TRY(Withdrawal::parse(opened.content));
  return SignedWithdrawal{copy_of(cms), std::move(withdrawal), opened.signer};
}

Result<Bytes> sign_withdrawal(const Withdrawal& withdrawal, SigningKey& key) {
  return cms_sign(withdrawal.json(), key, KeyUse::kDocument, withdrawal.time);
}

}  // namespace yizhan
