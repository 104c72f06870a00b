#pragma once

#include <optional>
#include <set>
#include <vector>

#include "ground/journal/journal.h"
#include "ground/json/json.h"

namespace yizhan {

class JointDecisionNoun;
using JointDecisionId = Id<JointDecisionNoun>;

// What is to be decided: exactly this, to the last byte.
struct Proposal {
  std::string kind;         // 1 to 64 of a–z, 0–9 and '_'
  std::string subject;      // whom it touches
  Json content;             // an object: all that the effect depends on
  std::string needed_role;  // of who confirms

  // Over {"content", "format": "yizhan-decision-1", "kind", "needed_role", "subject"}, canonical.
  [[nodiscard]] Sha256 digest() const;
};

enum class JointState { kProposed, kConfirmed, kRefused, kLapsed, kUsed };

struct JointDecision {
  JointDecisionId id;
  Proposal proposal;
  Sha256 digest;
  std::string proposed_by;
  Time proposed;
  Time lapses;
  JointState state;
  std::optional<std::string> decided_by;
  std::optional<Time> decided;
  std::optional<std::string> reason;  // why it was refused
};

// Who confirms or refuses, and what they saw.
struct Judgement {
  JointDecisionId id;
  Sha256 digest;
  std::set<std::string> roles;  // as on the account
};

// Decisions that take two persons: proposed by one account, confirmed by another that has the role,
// used once. Acts stand in the caller's transaction with their journal events; use() belongs into
// the transaction of the effect.
class Decisions {
 public:
  // `valid`: how long after it was proposed it may be confirmed, and used.
  Decisions(const Journal& journal, Milliseconds valid) : journal_(journal), valid_(valid) {}

  // Refuses kBadRequest: the kind is no word, the content no object, no role is named; kTooLarge:
  // the content is more than 1 MiB.
  Result<JointDecision> propose(Transaction& tx, const Proposal& proposal, const By& by) const;

  // Both refuse kNotFound; kStepNotAllowed: it is not waiting any more; kDecisionLapsed;
  // kDecisionChanged: what was seen is not what was proposed; kRoleMissing. Confirming refuses
  // kSamePerson. Who proposed may refuse, which takes it back, without the role; a reason is
  // wanted: kBadRequest.
  Result<void> confirm(Transaction& tx, const Judgement& judgement, const By& by) const;
  Result<void> refuse(Transaction& tx, const Judgement& judgement, const std::string& reason,
                      const By& by) const;

  // The effect is what was confirmed: `proposal` is made anew from what is about to be done.
  // Refuses kNotFound; kStepNotAllowed: not confirmed, or used; kDecisionLapsed; kDecisionChanged.
  Result<JointDecision> use(Transaction& tx, const JointDecisionId& id, const Proposal& proposal,
                            const By& by) const;

  // Ends what was neither confirmed nor used in time. Answers those. Call it every few minutes;
  // nothing that has lapsed can be confirmed or used before it is called either.
  std::vector<JointDecision> lapse(Transaction& tx, const By& by) const;

  static std::optional<JointDecision> find(Transaction& tx, const JointDecisionId& id);
  static std::vector<JointDecision> waiting(Transaction& tx, Time now);  // by when they lapse

 private:
  Result<JointDecision> judged(Transaction& tx, const Judgement& judgement, const By& by) const;
  void note(Transaction& tx, Event event, const JointDecision& decision, const By& by) const;

  const Journal& journal_;
  Milliseconds valid_;
};

}  // namespace yizhan
