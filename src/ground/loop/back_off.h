#pragma once

#include <algorithm>
#include <cstdint>

#include "ground/base/base.h"

namespace yizhan {

// How long to wait after an attempt that failed: twice as long each time, never longer than
// `longest`, so that what is down is asked soon and not without end.
struct BackOff {
  Milliseconds first;
  Milliseconds longest;

  // `attempts` that have failed so far.
  [[nodiscard]] constexpr Milliseconds after(std::int64_t attempts) const {
    constexpr std::int64_t kDoublingsMax = 16;  // far beyond any `longest`, far below overflow
    const auto doublings = std::clamp(attempts, std::int64_t{0}, kDoublingsMax);
    return std::min(first * (std::int64_t{1} << doublings), longest);
  }
};

}  // namespace yizhan
