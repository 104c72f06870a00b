#include "duty/distribution/follow_journal.h"

#include "ground/daemon/daemon.h"

namespace yizhan {

void FollowJournal::record(Event event, const Fields& fields) {
  parts_.database.transact(
      [&](Transaction& tx) { parts_.journal.record(tx, event, fields, parts_.clock.now()); });
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
  // As where a directory is refused by itself: the version that stays in force.
  record(Event::kDirectoryRefused,
         {{"version", parts_.directory.current()->version()}, {"reason", reason}});
  log(LogLevel::kAct, "distribution_refused",
      {{"version", std::to_string(version)}, {"reason", reason}, {"detail", why.detail}});
}

void FollowJournal::applied(std::int64_t directory, const Sha256& sha256) {
  record(Event::kDirectoryLoaded, {{"version", directory}, {"sha256", sha256.hex()}});
  log(LogLevel::kNotice, "directory_loaded", {{"version", std::to_string(directory)}});
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
                     standing.stale ? 1 : 0),
      Metric::single("yizhan_distribution_refused", "1 while what comes does not hold",
                     standing.refused() ? 1 : 0)};
  if (standing.expires) {
    all.push_back(Metric::single("yizhan_distribution_expires_timestamp_seconds",
                                 "when it expires; documents wait after that",
                                 seconds(standing.expires->ms())));
  }
  return all;
}

}  // namespace yizhan
