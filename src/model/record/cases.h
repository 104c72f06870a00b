#pragma once

#include <optional>
#include <vector>

#include "ground/crypto/crypto.h"
#include "ground/journal/journal.h"
#include "model/record/case_kind.h"
#include "model/record/decisions.h"

namespace yizhan {

class CaseNoun;
using CaseId = Id<CaseNoun>;

// A file that goes with a case; its bytes are kept elsewhere, under this digest.
struct CaseAttachment {
  Sha256 sha256;
  std::string name;        // 1 to 200 bytes
  std::string media_type;  // 1 to 200 bytes
  std::int64_t bytes;
};

struct Case {
  CaseId id;
  std::string kind;
  std::string edition;
  std::string subject;  // whom it is about
  std::string owner;    // who has to see to it
  std::string state;
  std::int64_t version;  // from 1, one more each step
  Json form;
  Time opened;
  Time changed;
};

// What one version brought: never changed, never removed.
struct CaseStep {
  std::int64_t version;
  std::string step;  // "": opened
  std::string state;
  Json form;
  std::string person;
  Time at;
  std::optional<std::string> decision;
  std::vector<CaseAttachment> attachments;
};

struct NewCase {
  std::string kind;
  std::string edition;
  std::string subject;
  std::string owner;
  Json form;
};

struct CaseMove {
  CaseId id;
  std::int64_t version;  // that was looked at
  std::string step;
  std::optional<Json> form = {};  // none: as it is
  std::vector<CaseAttachment> attachments = {};
  std::optional<JointDecisionId> decision = {};  // where the step takes two persons
};

// Forms on their way. Acts stand in the caller's transaction with their journal events. Whether who
// acts may (CaseStepKind::act) is asked by the caller.
class Cases {
 public:
  Cases(const Journal& journal, const CaseKinds& kinds, const Decisions& decisions)
      : journal_(journal), kinds_(kinds), decisions_(decisions) {}

  // Refuses kNotFound: no such kind and edition; kBadRequest: no subject or owner; kFormInvalid.
  Result<Case> open(Transaction& tx, const NewCase& wanted, const By& by) const;

  // Refuses kNotFound: no such case, or its kind is not known any more; kConflict: its version is
  // another by now, or a file is attached already; kStepNotAllowed: no such step from this state, a
  // form or file where the step takes none, no decision where it takes two persons; kFormInvalid;
  // and what Decisions::use refuses.
  Result<Case> take_step(Transaction& tx, const CaseMove& move, const By& by) const;

  // What two persons decide on for a step: the case, its version, the step, the form and files as
  // they will stand. Any step in between makes another version, so it voids the decision.
  // Refuses what take_step refuses before it looks for a decision; kBadRequest: the step takes one
  // person only.
  Result<Proposal> proposal_for(Transaction& tx, const CaseMove& move) const;

  static std::optional<Case> find(Transaction& tx, const CaseId& id);
  // The newest of that kind about that subject.
  static std::optional<Case> find_about(Transaction& tx, const std::string& kind,
                                        const std::string& subject);
  static std::vector<CaseStep> history(Transaction& tx, const CaseId& id);
  struct Page {
    std::string kind;   // "": all
    std::string state;  // "": all
    std::string owner;  // "": all
    Time changed_from;  // inclusive
    Time changed_to;    // exclusive
    int count_max = 100;
  };
  static std::vector<Case> list(Transaction& tx, const Page& page);  // by when they changed

 private:
  struct Planned;
  Result<Planned> plan(Transaction& tx, const CaseMove& move) const;

  const Journal& journal_;
  const CaseKinds& kinds_;
  const Decisions& decisions_;
};

}  // namespace yizhan
