#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>

#include "duty/incident/incident_cases.h"
#include "ground/journal/journal.h"
#include "ground/monitor/monitor.h"
#include "ground/store/store.h"

namespace yizhan {

// What a centre knows when it opens an incident.
struct IncidentFinding {
  IncidentCause cause;
  std::string found;
  std::string detail;
  std::optional<IncidentSource> source = {};  // of malware, and of nothing else
};

// How far it has spread, and whether its sender was told, as known at that moment.
struct IncidentTrace {
  IncidentSpread spread;  // with everybody listed
  std::optional<Time> told;
};

// The incidents that a centre found: cases in its store, its signed word about each to management.
// Any thread; hand_up() from one.
class FoundIncidents {
 public:
  using Trace = std::function<IncidentTrace(Transaction& tx, const IncidentSource& source)>;
  struct Parts {
    Database& database;
    const Journal& journal;
    CentreCode centre;
    std::shared_ptr<SigningKey> key;  // shared_ptr: as the keyholder's client hands it out
    std::filesystem::path folder;     // the words that were signed
    const Clock& clock;
    Trace trace;
    std::function<void()> on_news;  // there is something to hand up
    WorkingCalendar calendar;
  };

  explicit FoundIncidents(Parts parts);

  // In the caller's transaction, so that what was quarantined and its incident are there together.
  // One for each document, and for each release: again it changes nothing. Longer words of others
  // are cut.
  void open(Transaction& tx, const IncidentFinding& finding) const;

  // All refuse kNotFound, kFormInvalid (nobody says so, or too long), kStepNotAllowed (another
  // state). `impact` is somebody's own judgement of the level, at any time before it has improved.
  Result<Json> assess(const CaseId& incident, const IncidentImpact& impact,
                      const std::string& person);
  struct Word {
    std::string text;
    std::string person;
  };
  Result<Json> control(const CaseId& incident, const Word& word);  // what was done to stop it
  Result<Json> improve(const CaseId& incident, const Word& word);  // what was found out and changed

  // Hands the last word about each that is not closed to `hand`, which answers how management
  // holds it: when there is something new to say, once after a start, and every ten minutes, since
  // management closes it. How many were taken. Refuses what the key refuses, and what `hand`
  // refuses as kUnavailable: the rest goes next time.
  using Hand = std::function<Result<Json>(ByteView cms)>;
  Result<int> hand_up(const Hand& hand);

  // {items: […], time}: all that are not closed, and those of the last 90 days; oldest first.
  [[nodiscard]] Json describe() const;
  [[nodiscard]] std::vector<Metric> metrics() const;

 private:
  struct Handed {
    std::int64_t version;  // of the case
    Time at;
    std::optional<Json> answer;  // none: management refused it
  };

  [[nodiscard]] std::vector<Case> listed(Transaction& tx) const;
  [[nodiscard]] IncidentReport report_of(Transaction& tx, const Case& one) const;
  Result<SignedIncidentReport> said(const IncidentReport& now) const;
  [[nodiscard]] bool is_due(const Case& one) const;
  struct Told {
    CaseId incident;
    std::int64_t version;
  };
  // Answers the version by then.
  std::int64_t follow(const Told& told, const Json& answer) const;
  using Change = std::function<void(Json& form)>;
  Result<Json> take(const CaseId& incident, const std::string& step, const std::string& person,
                    const Change& change);
  [[nodiscard]] Json describe(Transaction& tx, const Case& one) const;
  void add_clocks(Transaction& tx, const Case& one, const IncidentReport& report, Json& item) const;

  const Parts parts_;
  const CaseKinds case_kinds_;
  const ObligationKinds clocks_;
  const Decisions decisions_;
  const Cases cases_;
  mutable std::mutex mutex_;
  std::map<CaseId, Handed> handed_;  // since the start
};

}  // namespace yizhan
