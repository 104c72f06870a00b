#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <span>

namespace yizhan {

// What became of something whose bytes were changed one after the other.
struct Tally {
  std::map<std::string, int> outcomes;

  void expect_only(const std::vector<std::string>& allowed, const char* what) const {
    EXPECT_FALSE(outcomes.empty()) << what;
    for (const auto& [outcome, count] : outcomes) {
      EXPECT_EQ(std::ranges::count(allowed, outcome), 1)
          << what << ": " << outcome << ", " << count << " times";
    }
  }
};

#if defined(__SANITIZE_ADDRESS__)
inline constexpr std::size_t kStep = 3;  // slow: every byte is for the build without
#else
inline constexpr std::size_t kStep = 1;
#endif

// `tried` says what became of the whole with one byte changed.
inline Tally change_each(std::span<std::uint8_t> bytes, const std::function<std::string()>& tried) {
  Tally tally;
  for (std::size_t i = 0; i < bytes.size(); i += kStep) {
    const auto kept = bytes[i];
    bytes[i] = static_cast<std::uint8_t>(kept ^ 1U << i % 8);
    ++tally.outcomes[tried()];
    bytes[i] = kept;
  }
  return tally;
}

}  // namespace yizhan
