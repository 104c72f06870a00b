#pragma once

#include <functional>

#include "duty/incident/incident_cases.h"
#include "ground/journal/journal.h"
#include "ground/monitor/monitor.h"
#include "ground/store/store.h"

namespace yizhan {

// Management's book of incidents: what centres have signed, each word a fact; who owes what until
// when; the review of the level; and the end, which two persons decide. Any thread.
class IncidentBook {
 public:
  struct Parts {
    Database& database;
    const Journal& journal;
    const DirectorySource& directory;
    const Obligations& obligations;
    const Decisions& decisions;
    const Clock& clock;
  };

  explicit IncidentBook(Parts parts);

  // Handed in by that centre, of its own. The same again changes nothing; an earlier word than the
  // last is kept and does not count. Answers how it is held: {taken, state, review?}. Refuses
  // kForbidden (somebody else's), kClockSkew, kReplayed, and as open_incident() and
  // check_incident_signer().
  Result<Json> take(ByteView cms, const CentreCode& from);

  // Which one: the centre's number of it.
  struct Name {
    CentreCode centre;
    CaseId incident;
  };
  struct Review {
    IncidentImpact impact;
    std::string note;
  };
  // Management's own judgement of the level, of what the centre has said last. Refuses kNotFound;
  // kStepNotAllowed: it is closed; kBadRequest: the note is empty or longer than 2,000 octets.
  Result<Json> review(const Name& name, const Review& review, const By& by);

  // Closing takes two persons: one proposes, another with the role confirms what they saw. Refuse
  // kNotFound; kStepNotAllowed: it has not improved, or is not proposed, or the last level was not
  // reviewed; and as Decisions do.
  Result<Json> propose_closing(const Name& name, const By& by);
  struct Confirmation {
    Sha256 digest;                // as it was seen
    std::set<std::string> roles;  // as on the account
  };
  Result<Json> confirm_closing(const Name& name, const Confirmation& seen, const By& by);

  // {items: […], time}: all that are not closed, and those of the last 90 days; oldest first.
  using Covers = std::function<bool(const CentreCode& centre)>;
  [[nodiscard]] Json describe(const Covers& covers) const;
  [[nodiscard]] std::vector<Metric> metrics() const;

 private:
  struct Found {
    Case managed;
    IncidentReport last;
  };

  [[nodiscard]] Result<Found> require(Transaction& tx, const Name& name) const;
  [[nodiscard]] std::optional<IncidentReport> last_word(Transaction& tx,
                                                        const std::string& subject) const;
  [[nodiscard]] Case open_or_find(Transaction& tx, const IncidentReport& report) const;
  void start_clocks(Transaction& tx, const IncidentReport& report) const;
  Case follow(Transaction& tx, const IncidentReport& last, const FactId& word) const;
  void finish(Transaction& tx, const Obligations::Name& name, const FactId& proof) const;
  [[nodiscard]] Json describe(Transaction& tx, const Found& found) const;
  [[nodiscard]] std::optional<Json> review_of(Transaction& tx, const IncidentReport& last) const;
  [[nodiscard]] Json clocks_of(Transaction& tx, const IncidentReport& last) const;
  [[nodiscard]] std::optional<JointDecision> closing_of(Transaction& tx, const Case& one) const;

  const Parts parts_;
  const CaseKinds case_kinds_;
  const Facts facts_;
  const Cases cases_;
};

}  // namespace yizhan
