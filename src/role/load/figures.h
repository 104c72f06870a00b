#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ground/json/json.h"

// What a run measured and found, for people and for machines.

namespace yizhan {

using Stamp = std::chrono::steady_clock::time_point;

// From the intended time on, as the sender sees it.
enum class Stage { kAccepted, kConsigned, kHandedOver, kConfirmed };
inline constexpr std::size_t kStages = 4;
std::string_view text_of(Stage stage);  // "A.1", "D.1", "E.1", "F"

// What must not be.
enum class Fault {
  kUnsealed,        // did not even leave its sender
  kRefused,         // the centre did not take the document
  kUnanswered,      // nobody knows whether it did
  kNoAcceptance,    // taken, but without exactly one A.1
  kLost,            // not received by a recipient
  kTwice,           // consigned or received more than once
  kAltered,         // other bytes than those sent
  kNoFinal,         // no final evidence
  kSeveralFinals,   // more than one
  kNotHandedOver,   // the final is not E.1
  kUnconfirmed,     // no F
  kStranger,        // nobody sent it
};
inline constexpr std::size_t kFaults = 12;
std::string_view code_of(Fault fault);   // "lost"
std::string_view title_of(Fault fault);  // "未收到"

struct Span {
  Stamp begin;
  Stamp end;  // of sending
};

struct Latency {
  std::int64_t count = 0;
  double p50 = 0, p90 = 0, p99 = 0, longest = 0;  // milliseconds

  // Nearest rank; the values are put in order.
  static Latency of(std::vector<std::uint32_t> microseconds);
  [[nodiscard]] Json describe() const;
};

struct Progress {
  std::int64_t sent = 0;
  std::int64_t accepted = 0;
  std::int64_t closed = 0;
  std::int64_t received = 0;  // by recipients
  std::int64_t troubles = 0;
};

// Documents a second that were decided for all recipients.
struct Rates {
  double documents = 0, first = 0, last = 0;
  double bytes = 0;
  double stretch_seconds = 0;  // of first and last: a minute, or half of a shorter run

  static Rates of(std::span<const std::pair<Stamp, std::uint64_t>> closings, const Span& span);
};

struct Report {
  Progress counts;
  std::int64_t recipients = 0;  // of accepted documents
  std::int64_t finals = 0;
  std::int64_t confirmed = 0;
  double seconds = 0;
  Rates rates;
  std::array<Latency, kStages> latencies;
  std::map<std::string, std::int64_t> troubles;
  std::array<std::int64_t, kFaults> faults{};
  std::vector<std::string> examples;  // of faults, some

  void add(Fault fault, const std::string& what);
  // Nothing is wrong, and something was sent.
  [[nodiscard]] bool is_right() const;
  [[nodiscard]] Json describe() const;
  [[nodiscard]] std::string text() const;
};

}  // namespace yizhan
