#include "duty/release/received_releases.h"

#include <algorithm>
#include <array>

#include "ground/daemon/daemon.h"

namespace yizhan {

namespace {

constexpr std::array<std::pair<ReleaseState, std::string_view>, 5> kStates{
    {{ReleaseState::kNone, "none"},
     {ReleaseState::kCurrent, "current"},
     {ReleaseState::kNewer, "newer"},
     {ReleaseState::kOld, "old"},
     {ReleaseState::kLate, "late"}}};

}  // namespace

std::string_view text_of(ReleaseState state) {
  return std::ranges::find(kStates, state, &decltype(kStates)::value_type::first)->second;
}

ReleaseState state_on(Day today, const ReleaseVersion& running,
                      const std::optional<Release>& newest) {
  if (!newest) return ReleaseState::kNone;
  if (running >= newest->version) return ReleaseState::kCurrent;
  const auto& minimum = newest->minimum;
  if (!minimum || running >= minimum->version) return ReleaseState::kNewer;
  return today > minimum->grace ? ReleaseState::kLate : ReleaseState::kOld;
}

std::optional<Release> ReceivedReleases::newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

void ReceivedReleases::refuse(const std::string& path, const Refusal& why) {
  if (!told_.emplace(path, why.reason).second) return;
  const std::string reason(code_of(why.reason));
  parts_.database.transact([&](Transaction& tx) {
    parts_.journal.record(tx, Event::kReleaseRefused, {{"release", path}, {"reason", reason}},
                          parts_.clock.now());
    if (parts_.refused) parts_.refused(tx, path, why);
  });
  log(LogLevel::kAct, "release_refused",
      {{"release", path}, {"reason", reason}, {"detail", why.detail}});
}

void ReceivedReleases::note_verified(const Release& release) {
  parts_.database.transact([&](Transaction& tx) {
    parts_.journal.record(tx, Event::kReleaseVerified,
                          {{"release", release.path()},
                           {"packages", std::to_string(release.packages.size())},
                           {"running", parts_.running.text()}},
                          parts_.clock.now());
  });
  log(LogLevel::kNotice, "release_verified",
      {{"release", release.path()}, {"running", parts_.running.text()}});
}

Result<void> ReceivedReleases::take(TrustClient& client) {
  const auto refused = [this](const std::string& path, const Refusal& why) { refuse(path, why); };
  std::optional<Release> found = YZ_TRY(find_newest(client, parts_.layer, refused));
  const std::string before = verified();
  const bool fresh = found && found->version > parts_.running && found->version.text() != before;
  if (fresh) note_verified(*found);
  const std::lock_guard lock(mutex_);
  newest_ = std::move(found);
  return {};
}

std::string ReceivedReleases::verified() const {
  const auto release = newest();
  return release ? release->version.text() : "";
}

Json ReceivedReleases::describe() const {
  const auto release = newest();
  Json all = {{"running", parts_.running.text()},
              {"state", text_of(state_on(day_of(parts_.clock.now()), parts_.running, release))}};
  if (release) all["newest"] = release->describe();
  return all;
}

std::vector<Metric> ReceivedReleases::metrics() const {
  const ReleaseState now = state_on(day_of(parts_.clock.now()), parts_.running, newest());
  Metric metric{"yizhan_release_state", "1 for how the version that runs stands to the newest", {}};
  for (const auto& [state, text] : kStates) {
    metric.samples.push_back({{{"state", std::string(text)}}, state == now ? 1.0 : 0.0});
  }
  return {std::move(metric)};
}

}  // namespace yizhan
