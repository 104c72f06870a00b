#include "way/relay/pace.h"

#include <algorithm>

#include "ground/loop/loop.h"

namespace yizhan {

namespace {

constexpr BackOff kRetry{std::chrono::milliseconds{500}, std::chrono::seconds{30}};

// Somewhere in the second half: who failed together does not come back together.
Milliseconds with_jitter(Milliseconds pause) {
  Bytes random(2);
  fill_random(random);
  const std::int64_t share = random[0] * 256 + random[1];
  return pause / 2 + pause / 2 * share / 65536;
}

}  // namespace

bool Pace::begin(Time now) {
  const std::lock_guard lock(mutex_);
  if (under_way_ >= limit_ || now < next_try_) return false;
  ++under_way_;
  return true;
}

void Pace::end_reached() {
  const std::lock_guard lock(mutex_);
  --under_way_;
  failures_ = 0;
  failing_since_.reset();
  next_try_ = Time();
  const bool slow = limit_ >= slow_from_;
  if (slow && ++reached_ < limit_) return;
  reached_ = 0;
  limit_ = std::min(limit_ + 1, most_);
}

void Pace::end_failed(Time now) {
  const std::lock_guard lock(mutex_);
  --under_way_;
  // What was under way beside the first that failed says nothing new.
  if (failures_ > 0 && now < next_try_) return;
  if (failures_ == 0) slow_from_ = std::max(limit_ / 2, 1);
  if (!failing_since_) failing_since_ = now;
  limit_ = 1;
  reached_ = 0;
  next_try_ = now + with_jitter(kRetry.after(failures_++));
}

void Pace::end_idle() {
  const std::lock_guard lock(mutex_);
  --under_way_;
}

std::optional<Time> Pace::failing_since() const {
  const std::lock_guard lock(mutex_);
  return failing_since_;
}

int Pace::limit() const {
  const std::lock_guard lock(mutex_);
  return limit_;
}

}  // namespace yizhan
