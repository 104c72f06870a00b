#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Instants are UTC, in milliseconds since 1970. ROC (民國) dates exist only at the edge
// (model/document). Durations are std::chrono.

namespace yizhan {

using Milliseconds = std::chrono::milliseconds;

class Time {
 public:
  constexpr Time() = default;
  static constexpr Time from_ms(std::int64_t ms) { return Time(ms); }
  // RFC 3339 in UTC with "Z": "2026-11-22T03:04:05Z" or with exactly three decimals.
  static std::optional<Time> parse(std::string_view rfc3339);

  [[nodiscard]] constexpr std::int64_t ms() const { return ms_; }
  // "2026-11-22T03:04:05.678Z"
  [[nodiscard]] std::string text() const;

  constexpr auto operator<=>(const Time&) const = default;
  friend constexpr Time operator+(Time t, Milliseconds d) { return Time(t.ms_ + d.count()); }
  friend constexpr Time operator-(Time t, Milliseconds d) { return Time(t.ms_ - d.count()); }
  friend constexpr Milliseconds operator-(Time a, Time b) { return Milliseconds(a.ms_ - b.ms_); }

 private:
  constexpr explicit Time(std::int64_t ms) : ms_(ms) {}
  std::int64_t ms_ = 0;
};

// Where the time comes from; tests bring their own.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Time now() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override;
};

}  // namespace yizhan
