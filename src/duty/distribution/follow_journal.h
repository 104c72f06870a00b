#pragma once

#include "duty/distribution/follow.h"
#include "ground/journal/journal.h"
#include "ground/monitor/monitor.h"
#include "ground/store/store.h"

namespace yizhan {

// What people must know about the distribution: in the journal, and for the operator.
class FollowJournal final : public FollowAlarm {
 public:
  struct Parts {
    Database& database;
    const Journal& journal;
    const DirectorySource& directory;
    const Clock& clock;
  };

  explicit FollowJournal(Parts parts) : parts_(parts) {}
  void stale(std::int64_t version, const std::optional<Refusal>& why) override;
  void refused(std::int64_t version, const Refusal& why) override;
  void applied(std::int64_t version, const Sha256& sha256) override;

 private:
  void record(Event event, const Fields& fields);

  const Parts parts_;
};

std::vector<Metric> metrics_of(const FollowStanding& standing, Time now);

}  // namespace yizhan
