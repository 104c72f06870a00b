#pragma once

#include <mutex>
#include <optional>

#include "ground/base/base.h"

namespace yizhan {

// How many hand-overs to one centre are under way at a time. It begins with one, doubles with each
// round that succeeds up to half of where it last failed, then grows by one a round; a failure
// takes it back to one, after a pause that doubles too and is never twice the same. So a centre
// that comes back after an outage is not run over by what has waited. Several threads.
class Pace {
 public:
  explicit Pace(int most) : most_(most), slow_from_(most) {}

  // false: enough are under way, or it is too early to try again.
  bool begin(Time now);
  void end_reached();
  void end_failed(Time now);
  void end_idle();  // there was nothing to do

  // Since when every attempt has failed.
  [[nodiscard]] std::optional<Time> failing_since() const;
  [[nodiscard]] int limit() const;

 private:
  const int most_;
  mutable std::mutex mutex_;
  int limit_ = 1;
  int slow_from_;  // from here on it grows by one a round
  int under_way_ = 0;
  int reached_ = 0;  // in this round
  int failures_ = 0;
  std::optional<Time> failing_since_;
  Time next_try_;
};

}  // namespace yizhan
