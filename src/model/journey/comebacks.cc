#include "model/journey/comebacks.h"

#include <array>

#include "ground/base/base.h"
#include "ground/control/control.h"

namespace yizhan {

namespace {

// Evidence is stated a moment before it is durable, and by several clocks. Should the program have
// run for a while between its return and the first who finds it, that time is within this as well.
constexpr Milliseconds kDoubt = std::chrono::hours{1};

// Two copies of one instant that are brought back in turn count alike and forgot from the same
// moment on: readers tell them apart by this.
Milliseconds some_milliseconds() {
  constexpr std::uint32_t kBelow = 60'000;
  std::array<std::uint8_t, 4> octets{};
  fill_random(octets);
  std::uint32_t number = 0;
  for (const std::uint8_t octet : octets) number = number << 8 | octet;
  return Milliseconds{number % kBelow};
}

}  // namespace

Json describe(const Comeback& comeback) {
  return {{"count", comeback.count}, {"since", comeback.since.text()}};
}

void Comebacks::begin(Transaction& tx) {
  const std::lock_guard lock(mutex_);
  current_ = store_.last(tx);
  newest_at_start_ = EvidenceStore().newest(tx).value_or(Time() + kDoubt * 2);
  found_ = false;
}

Comeback Comebacks::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

bool Comebacks::note(Transaction& tx, std::int64_t known) {
  const Comeback last = store_.last(tx);
  if (known < last.count || known - last.count > kForgottenMax) return false;
  Comeback found{known + 1, Time()};
  {
    const std::lock_guard lock(mutex_);
    if (!upheld("one_comeback", !found_)) return false;
    found.since = newest_at_start_ - kDoubt - some_milliseconds();
  }
  store_.add(tx, found);
  tx.after_commit([this, found] {
    const std::lock_guard lock(mutex_);
    current_ = found;
    found_ = true;
  });
  return true;
}

}  // namespace yizhan
