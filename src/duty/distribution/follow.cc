#include "duty/distribution/follow.h"

#include "ground/control/control.h"
#include "ground/files/files.h"

namespace yizhan {

namespace {

constexpr const char* kCameFile = "came";  // when the last new timestamp did
constexpr std::size_t kCameBytesMax = 64;

std::filesystem::path made(const std::filesystem::path& folder) {
  make_directory(folder);
  return folder;
}

}  // namespace

Json FollowStanding::describe(Time now) const {
  Json json = {{"version", version},
               {"since", since.text()},
               {"age_seconds", (now - since).count() / 1000},
               {"stale", stale},
               {"expired", expired(now)}};
  if (expires) json["expires"] = expires->text();
  if (why) {
    const ReasonText& text = yizhan::describe(why->reason);
    json["reason"] = {{"code", text.code},
                      {"title", text.title},
                      {"detail", why->detail},
                      {"remedy", text.remedy}};
  }
  return json;
}

Following::Following(Parts parts)
    : parts_(std::move(parts)),
      state_(made(parts_.folder) / "trusted.json", parts_.first_root),
      mirror_(parts_.folder / "mirror") {
  standing_.since = parts_.clock.now();
  recall();
}

// What was trusted before the restart bounds what may be relied on until we have looked, and
// whoever starts again and again must not look young.
void Following::recall() {
  const auto trusted = TrustClient(state_, parts_.source).trusted_timestamp();
  if (!trusted) return;
  standing_.version = trusted->head.version;
  standing_.expires = trusted->head.expires;
  const auto came = find_file(parts_.folder / kCameFile, kCameBytesMax);
  const auto when = came ? Time::parse(text_of(*came)) : std::nullopt;
  if (when) standing_.since = std::min(*when, standing_.since);
}

void Following::came(const MetadataHead& timestamp) {
  const Time now = parts_.clock.now();
  if (standing().version != timestamp.version) {
    write_durably(parts_.folder / kCameFile, bytes_of(now.text()));
  }
  const std::lock_guard lock(mutex_);
  if (standing_.version != timestamp.version) standing_.since = now;
  standing_.version = timestamp.version;
  standing_.expires = timestamp.expires;
}

FollowStanding Following::standing() const {
  const std::lock_guard lock(mutex_);
  return standing_;
}

Result<void> Following::check_open() const {
  const FollowStanding now = standing();
  if (!now.expires) return {};
  return upheld("distribution_expiry",
                check_expiry("派送", {now.version, *now.expires}, parts_.clock.now()));
}

Result<void> Following::apply(TrustClient& client) {
  Result<void> all;
  for (const Applied& applied : parts_.applied) {
    const Result<void> done = applied(client);
    if (!done && all) all = done;
  }
  const Result<void> directory = apply_directory(client);
  return all ? directory : all;
}

Result<void> Following::apply_directory(TrustClient& client) {
  const Result<TargetFile> listed = client.find_target(kDirectoryTarget);
  // A repository may not hold one yet.
  if (!listed && listed.reason() == Reason::kNotFound) return {};
  if (!listed) return listed.refusal();
  const Bytes snapshot = YZ_TRY(client.fetch_target(kDirectoryTarget));
  if (YZ_TRY(parts_.directory.adopt(snapshot))) {
    parts_.alarm.applied(parts_.directory.current()->version(), listed->sha256);
  }
  return {};
}

// The mirror before the directory: whoever is below can fetch what we refer to.
Result<bool> Following::follow() {
  TrustClient client(state_, parts_.source);
  YZ_TRY(client.refresh(parts_.clock.now()));
  const MetadataHead& timestamp = client.timestamp().head;
  came(timestamp);
  if (whole_ == timestamp.version) return false;
  YZ_TRY(mirror_.follow(client, state_, parts_.source));
  YZ_TRY(apply(client));
  whole_ = timestamp.version;
  return true;
}

void Following::note(const Result<bool>& looked) {
  const Time now = parts_.clock.now();
  bool turned = false;
  FollowStanding seen;
  {
    const std::lock_guard lock(mutex_);
    standing_.why = looked ? std::nullopt : std::optional(looked.refusal());
    const bool stale = now - standing_.since >= parts_.stale_after;
    turned = std::exchange(standing_.stale, stale) != stale;
    seen = standing_;
  }
  if (turned) {
    const Refusal silent{Reason::kUnavailable, "久無新的 timestamp"};
    parts_.alarm.stale(seen.version,
                       seen.stale ? std::optional(seen.why.value_or(silent)) : std::nullopt);
  }
  if (looked) return told_.clear();
  // Silence has its own alarm.
  if (!seen.refused() || !told_.insert(looked.reason()).second) return;
  parts_.alarm.refused(seen.version, looked.refusal());
}

bool Following::work() {
  const Result<bool> looked = follow();
  note(looked);
  return looked && *looked;
}

}  // namespace yizhan
