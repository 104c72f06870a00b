#include "duty/distribution/follow_journal.h"

#include "ground/daemon/daemon.h"

namespace yizhan {

void FollowJournal::record(Event event, const Fields& fields) {
  database_.transact([&](Transaction& tx) { journal_.record(tx, event, fields, clock_.now()); });
}

void FollowJournal::stale(std::int64_t version, const std::optional<Refusal>& why) {
  if (!why) {
    return log(LogLevel::kNotice, "distribution_back", {{"version", std::to_string(version)}});
  }
  log(LogLevel::kAct, "distribution_stale",
      {{"version", std::to_string(version)},
       {"reason", std::string(code_of(why->reason))},
       {"detail", why->detail}});
}

void FollowJournal::refused(std::int64_t version, const Refusal& why) {
  const std::string reason(code_of(why.reason));
  record(Event::kDirectoryRefused, {{"version", version}, {"reason", reason}});
  log(LogLevel::kAct, "distribution_refused",
      {{"version", std::to_string(version)}, {"reason", reason}, {"detail", why.detail}});
}

void FollowJournal::applied(std::int64_t version, const Sha256& sha256) {
  record(Event::kDirectoryLoaded, {{"version", version}, {"sha256", sha256.hex()}});
  log(LogLevel::kNotice, "directory_loaded", {{"version", std::to_string(version)}});
}

std::vector<Metric> metrics_of(const FollowStanding& standing, Time now) {
  const auto seconds = [](std::int64_t ms) { return static_cast<double>(ms) / 1000; };
  std::vector<Metric> all = {
      Metric::single("yizhan_distribution_version",
                     "version of the timestamp of what management hands down",
                     static_cast<double>(standing.version)),
      Metric::single("yizhan_distribution_age_seconds", "how long ago the last new timestamp came",
                     seconds((now - standing.since).count())),
      Metric::single("yizhan_distribution_stale", "1 when that is too long ago; people must act",
                     standing.stale ? 1 : 0)};
  if (standing.expires) {
    all.push_back(Metric::single("yizhan_distribution_expires_timestamp_seconds",
                                 "when it expires; documents wait after that",
                                 seconds(standing.expires->ms())));
  }
  return all;
}

}  // namespace yizhan
