#include "model/record/decisions.h"

#include "ground/control/control.h"
#include "ground/crypto/crypto.h"
#include "model/record/decision_store.h"
#include "model/record/words.h"

namespace yizhan {

namespace {

constexpr std::size_t kContentBytesMax = std::size_t{1} << 20;

Result<JointDecision> known(Transaction& tx, const JointDecisionId& id) {
  const auto decision = DecisionStore(tx).find(id);
  if (!decision) return Refusal{Reason::kNotFound, "查無此提議"};
  return *decision;
}

Result<void> check_time(const JointDecision& decision, Time now) {
  if (now < decision.lapses) return {};
  return Refusal{Reason::kDecisionLapsed, "提議已於 " + decision.lapses.text() + " 失效"};
}

}  // namespace

Sha256 Proposal::digest() const {
  return sha256(canonical_json({{"format", "yizhan-decision-1"},
                                {"kind", kind},
                                {"subject", subject},
                                {"needed_role", needed_role},
                                {"content", content}}));
}

Result<JointDecision> Decisions::propose(Transaction& tx, const Proposal& proposal,
                                         const By& by) const {
  if (!is_kind_word(proposal.kind) || !is_kind_word(proposal.needed_role) ||
      !parse_party(proposal.subject) || !proposal.content.is_object()) {
    return Refusal{Reason::kBadRequest, "提議應有種類、對象、內容及核定者之角色"};
  }
  YZ_TRY(parse_json(canonical_json(proposal.content), {.bytes_max = kContentBytesMax}));
  const JointDecision decision{JointDecisionId::generate(by.now),
                               proposal,
                               proposal.digest(),
                               by.who,
                               by.now,
                               by.now + valid_,
                               JointState::kProposed,
                               std::nullopt,
                               std::nullopt,
                               std::nullopt};
  DecisionStore(tx).insert(decision);
  note(tx, Event::kDecisionProposed, decision, by);
  return decision;
}

// What confirming and refusing have in common.
Result<JointDecision> Decisions::judged(Transaction& tx, const Judgement& judgement,
                                        const By& by) const {
  const JointDecision decision = YZ_TRY(known(tx, judgement.id));
  if (decision.state != JointState::kProposed) {
    return Refusal{Reason::kStepNotAllowed, "提議已有結果，請重新查詢"};
  }
  YZ_TRY(check_time(decision, by.now));
  if (!upheld("judged_as_seen", judgement.digest == decision.digest)) {
    return Reason::kDecisionChanged;
  }
  return decision;
}

Result<void> Decisions::confirm(Transaction& tx, const Judgement& judgement, const By& by) const {
  const JointDecision decision = YZ_TRY(judged(tx, judgement, by));
  if (!upheld("two_persons", by.who != decision.proposed_by)) return Reason::kSamePerson;
  if (!upheld("decision_role", judgement.roles.contains(decision.proposal.needed_role))) {
    return Reason::kRoleMissing;
  }
  DecisionStore(tx).save_decided(decision.id, {JointState::kConfirmed, by, std::nullopt});
  note(tx, Event::kDecisionConfirmed, decision, by);
  return {};
}

Result<void> Decisions::refuse(Transaction& tx, const Judgement& judgement,
                               const std::string& reason, const By& by) const {
  if (reason.empty()) return Refusal{Reason::kBadRequest, "請填理由"};
  const JointDecision decision = YZ_TRY(judged(tx, judgement, by));
  if (by.who != decision.proposed_by && !judgement.roles.contains(decision.proposal.needed_role)) {
    return Reason::kRoleMissing;
  }
  DecisionStore(tx).save_decided(decision.id, {JointState::kRefused, by, reason});
  note(tx, Event::kDecisionRefused, decision, by);
  return {};
}

Result<JointDecision> Decisions::use(Transaction& tx, const JointDecisionId& id,
                                     const Proposal& proposal, const By& by) const {
  JointDecision decision = YZ_TRY(known(tx, id));
  if (!upheld("decision_confirmed", decision.state == JointState::kConfirmed)) {
    return Refusal{Reason::kStepNotAllowed, "尚未經另一人核定，或已執行"};
  }
  YZ_TRY(check_time(decision, by.now));
  if (!upheld("decision_digest", proposal.digest() == decision.digest)) {
    return Reason::kDecisionChanged;
  }
  DecisionStore(tx).save_state(id, JointState::kUsed, by.now);
  decision.state = JointState::kUsed;
  note(tx, Event::kDecisionUsed, decision, by);
  return decision;
}

std::vector<JointDecision> Decisions::lapse(Transaction& tx, const By& by) const {
  DecisionStore store(tx);
  std::vector<JointDecision> lapsed = store.lapsed(by.now);
  for (JointDecision& decision : lapsed) {
    store.save_state(decision.id, JointState::kLapsed, std::nullopt);
    decision.state = JointState::kLapsed;
    note(tx, Event::kDecisionLapsed, decision, by);
  }
  return lapsed;
}

std::optional<JointDecision> Decisions::find(Transaction& tx, const JointDecisionId& id) {
  return DecisionStore(tx).find(id);
}

std::vector<JointDecision> Decisions::waiting(Transaction& tx, Time now) {
  return DecisionStore(tx).waiting(now);
}

void Decisions::note(Transaction& tx, Event event, const JointDecision& decision,
                     const By& by) const {
  journal_.record(tx, event,
                  {{"decision", decision.id.text()},
                   {"kind", decision.proposal.kind},
                   {"subject", decision.proposal.subject},
                   {"digest", decision.digest.hex()},
                   {"by", by.who}},
                  by.now);
}

}  // namespace yizhan
