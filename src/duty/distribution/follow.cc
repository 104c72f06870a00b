#include "duty/distribution/follow.h"

#include "ground/files/files.h"

namespace yizhan {

namespace {

std::filesystem::path made(const std::filesystem::path& folder) {
  make_directory(folder);
  return folder;
}

}  // namespace

Json FollowStanding::describe() const {
  Json json = {{"version", version}, {"since", since.text()}, {"stale", stale}};
  if (expires) json["expires"] = expires->text();
  if (why) json["why"] = {{"code", code_of(why->reason)}, {"detail", why->detail}};
  return json;
}

Following::Following(Parts parts)
    : parts_(std::move(parts)),
      state_(made(parts_.folder) / "trusted.json", parts_.first_root),
      mirror_(parts_.folder / "mirror") {
  standing_.since = parts_.clock.now();
  // What was trusted before the restart bounds what may be relied on until we have looked.
  if (const auto trusted = TrustClient(state_, parts_.source).trusted_timestamp()) {
    standing_.version = trusted->head.version;
    standing_.expires = trusted->head.expires;
  }
}

FollowStanding Following::standing() const {
  const std::lock_guard lock(mutex_);
  return standing_;
}

Result<void> Following::check_open() const {
  const FollowStanding now = standing();
  if (!now.expires) return {};
  return check_expiry("派送", {now.version, *now.expires}, parts_.clock.now());
}

Result<void> Following::apply(TrustClient& client) {
  const Result<Bytes> snapshot = client.fetch_target(kDirectoryTarget);
  // A repository may not hold one yet.
  if (!snapshot && snapshot.reason() == Reason::kNotFound) return {};
  if (!snapshot) return snapshot.refusal();
  if (YZ_TRY(parts_.directory.adopt(*snapshot))) {
    parts_.alarm.applied(parts_.directory.current()->version(), sha256(*snapshot));
  }
  return {};
}

// The mirror before the directory: whoever is below can fetch what we refer to.
Result<bool> Following::follow() {
  TrustClient client(state_, parts_.source);
  const bool newer = YZ_TRY(client.refresh(parts_.clock.now()));
  {
    const std::lock_guard lock(mutex_);
    standing_.version = client.timestamp().head.version;
    standing_.expires = client.timestamp().head.expires;
  }
  if (!newer && whole_) return false;
  whole_ = false;
  YZ_TRY(mirror_.follow(client, state_, parts_.source));
  YZ_TRY(apply(client));
  whole_ = true;
  return newer;
}

void Following::note(const Result<bool>& looked) {
  const Time now = parts_.clock.now();
  std::optional<FollowStanding> turned;
  FollowStanding seen;
  {
    const std::lock_guard lock(mutex_);
    standing_.why = looked ? std::nullopt : std::optional(looked.refusal());
    if (looked && *looked) standing_.since = now;
    const bool stale = now - standing_.since >= parts_.stale_after;
    if (stale != standing_.stale) {
      standing_.stale = stale;
      turned = standing_;
    }
    seen = standing_;
  }
  if (turned) {
    const Refusal silent{Reason::kUnavailable, "久無新的 timestamp"};
    parts_.alarm.stale(seen.version,
                       seen.stale ? std::optional(seen.why.value_or(silent)) : std::nullopt);
  }
  const bool refused = !looked && looked.reason() != Reason::kUnavailable;
  if (refused && !told_refusal_) parts_.alarm.refused(seen.version, looked.refusal());
  if (refused || looked) told_refusal_ = refused;
}

bool Following::work() {
  const Result<bool> looked = follow();
  note(looked);
  return looked && *looked;
}

}  // namespace yizhan
