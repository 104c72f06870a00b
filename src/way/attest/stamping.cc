#include "way/attest/stamping.h"

#include <algorithm>

namespace yizhan {

namespace {

constexpr Milliseconds kRetryLongest = std::chrono::minutes{10};
constexpr const char* kAnswerType = "application/timestamp-reply";

}  // namespace

Stamping::Stamping(Parts parts)
    : parts_(std::move(parts)), standings_(parts_.authorities.size()) {}

// The co-signed checkpoint, so that a stamp and the witnesses speak of the same; the last one where
// none has come to be co-signed since the last stamp.
std::optional<Stamping::Target> Stamping::target() const {
  const auto last = parts_.log.find_checkpoint();
  if (!last) return std::nullopt;
  const auto directory = parts_.directory.current();
  const auto cosigned = parts_.log.find_cosigned();
  const auto size_of = [](const SignedNote& note) {
    return Checkpoint::parse(note.text()).value().head.size;
  };
  std::uint64_t stamped = 0;
  for (const Standing& standing : standings_) stamped = std::max(stamped, standing.size);
  if (cosigned && size_of(*cosigned) > stamped) {
    const auto count = count_cosignatures(*cosigned, parts_.own, *directory);
    const auto least = std::max<std::int64_t>(1, directory->cosignatures_required(parts_.own));
    return Target{*cosigned, size_of(*cosigned), count && *count >= least};
  }
  return Target{*last, size_of(*last), false};
}

bool Stamping::work() {
  const auto now = parts_.clock.now();
  std::optional<Target> next;
  bool stamped = false;
  for (std::size_t i = 0; i < parts_.authorities.size(); ++i) {
    Standing standing;
    {
      const std::lock_guard lock(mutex_);
      standing = standings_[i];
    }
    if (now < standing.due) continue;
    if (!next) next = target();
    if (!next) return false;
    stamped = stamp(*next, parts_.authorities[i], standing) || stamped;
    const std::lock_guard lock(mutex_);
    standings_[i] = standing;
  }
  return stamped;
}

bool Stamping::stamp(const Target& target, const StampAuthority& authority, Standing& standing) {
  const Time now = parts_.clock.now();
  standing.due = now + parts_.interval;
  const bool known = parts_.database.read([&](Transaction& tx) {
    return StampStore().has(tx, target.size, authority.name);
  });
  if (known) return false;  // nothing was appended since
  const Result<TimeStamp> stamp = obtain(target, authority);
  if (stamp) {
    if (standing.told) parts_.alarm.stamps_missing(authority.name, std::nullopt);
    standing = {.stamped = stamp->at, .size = target.size, .due = standing.due};
    return true;
  }
  standing.why = stamp.refusal();
  if (!standing.failing) standing.failing = now;
  standing.due = now + BackOff{parts_.interval, std::max(parts_.interval, kRetryLongest)}.after(
                           standing.attempts++);
  tell_when_lasting(authority, standing);
  return false;
}

Result<TimeStamp> Stamping::obtain(const Target& target, const StampAuthority& authority) {
  const ByteView text = bytes_of(target.note.text());
  const Bytes query = make_timestamp_query(text);
  const Response answer = YZ_TRY(authority.ask(query));
  if (answer.status != 200 || answer.content_type != kAnswerType) {
    return Refusal{Reason::kUnavailable, "時戳機構回應 HTTP " + std::to_string(answer.status)};
  }
  const Bytes token = YZ_TRY(timestamp_token(answer.body, query));
  // What does not verify here is of use to nobody.
  TimeStamp stamp = YZ_TRY(verify_timestamp(token, text, authority.anchors));
  parts_.database.transact([&](Transaction& tx) {
    StampStore().add(tx, {target.size, authority.name, target.note.bytes(), target.witnessed, token,
                          parts_.clock.now()});
  });
  return stamp;
}

void Stamping::tell_when_lasting(const StampAuthority& authority, Standing& standing) {
  if (standing.told || parts_.clock.now() - *standing.failing < parts_.told_after) return;
  standing.told = true;
  parts_.alarm.stamps_missing(authority.name, standing.why);
}

Json Stamping::describe() const {
  Json items = Json::array();
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < standings_.size(); ++i) {
    const Standing& standing = standings_[i];
    Json item = {{"authority", parts_.authorities[i].name}, {"size", standing.size}};
    if (standing.stamped) item["stamped"] = standing.stamped->text();
    if (standing.failing) item["failing_since"] = standing.failing->text();
    if (standing.why) {
      item["why"] = {{"code", code_of(standing.why->reason)}, {"detail", standing.why->detail}};
    }
    items.push_back(std::move(item));
  }
  return items;
}

}  // namespace yizhan
