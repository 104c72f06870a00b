#pragma once

#include <optional>
#include <vector>

#include "ground/journal/journal.h"
#include "model/record/cases.h"
#include "model/record/facts.h"
#include "model/record/obligation_kind.h"
#include "model/record/supervision.h"

namespace yizhan {

class ObligationNoun;
using ObligationId = Id<ObligationNoun>;

enum class ObligationState { kOpen, kLate, kDone };
enum class Cause { kCalendar, kEvent };

// What shows that it was done.
struct ObligationProof {
  enum class Kind { kFact, kCase };
  Kind kind;
  std::string id;

  static ObligationProof of(const FactId& id) { return {Kind::kFact, id.text()}; }
  static ObligationProof of(const CaseId& id) { return {Kind::kCase, id.text()}; }
  bool operator==(const ObligationProof&) const = default;
};

struct Obligation {
  ObligationId id;
  std::string kind;
  std::string subject;
  std::string period;
  std::string owner;  // who owes it
  std::string layer;
  Cause cause;
  std::string cause_id;  // of an event; "" by calendar
  Time opened;
  Time due;  // the first moment at which it is late
  ObligationState state;
  std::optional<std::string> escalated_to;  // who was told last of those above; none or "": nobody
  std::optional<Time> done;
  std::optional<ObligationProof> proof;
};

struct Owed {
  std::string subject;
  std::string owner;
};

// Something to tell somebody, once.
struct ObligationNotice {
  enum class Kind { kReminder, kLate, kEscalation };
  Kind kind;
  std::string to;  // the owner; of an escalation their supervisor
  Obligation obligation;
  std::int64_t days_before = 0;  // of a reminder
};

// Who owes what by when. A kind that the program does not know is a bug (YZ_ASSERT) where it is
// opened; where it was opened by an earlier one, it is neither reminded of nor escalated. One for
// each (kind, subject, period): opening it again answers the one that is there. Acts stand in the
// caller's transaction with their journal events.
class Obligations {
 public:
  Obligations(const Journal& journal, const ObligationKinds& kinds, const WorkingCalendar& calendar)
      : journal_(journal), kinds_(kinds), calendar_(calendar) {}

  // For the period that `now` is in; where its day is over already, it is late at once, so it is
  // not opened for who came later. YZ_ASSERT: the kind is not one by calendar.
  Obligation open_period(Transaction& tx, const std::string& kind, const Owed& owed,
                         Time now) const;
  // Counted from the event, in days of Taipei or in hours; its id is the period. YZ_ASSERT: not by
  // events.
  struct Occasion {
    std::string kind;
    std::string event_id;
    Time at;
  };
  Obligation open_on(Transaction& tx, const Occasion& occasion, const Owed& owed, Time now) const;

  // Done, late or not. The fact or case is of the same subject. Again with the same proof: nothing
  // happens. Refuses kNotFound (no such obligation or proof), kBadRequest (of another subject),
  // kConflict (done with another proof).
  Result<void> finish(Transaction& tx, const ObligationId& id, const ObligationProof& proof,
                      const By& by) const;

  // Reminds, makes late, escalates: what is due at `now` and was not told before; once each, and up
  // the line one after the other. Call it at least daily.
  std::vector<ObligationNotice> tend(Transaction& tx, const Supervision& supervision,
                                     Time now) const;

  static std::optional<Obligation> find(Transaction& tx, const ObligationId& id);
  struct Name {
    std::string kind;
    std::string subject;
    std::string period;
  };
  static std::optional<Obligation> find(Transaction& tx, const Name& name);
  struct Page {
    std::string owner;  // "": all
    std::string kind;   // "": all
    Time due_from;      // inclusive
    Time due_to;        // exclusive
    int count_max = 100;
  };
  static std::vector<Obligation> list(Transaction& tx, const Page& page);  // by due
  static std::vector<Obligation> late(Transaction& tx, Time now);  // not done; by due

 private:
  Obligation open(Transaction& tx, const Obligation& wanted) const;
  [[nodiscard]] const ObligationKind& kind_named(const std::string& name) const;
  void make_late(Transaction& tx, Time now, std::vector<ObligationNotice>& notices) const;
  void remind(Transaction& tx, Time now, std::vector<ObligationNotice>& notices) const;
  void escalate(Transaction& tx, const Supervision& supervision, Time now,
                std::vector<ObligationNotice>& notices) const;

  const Journal& journal_;
  const ObligationKinds& kinds_;
  const WorkingCalendar& calendar_;
};

}  // namespace yizhan
