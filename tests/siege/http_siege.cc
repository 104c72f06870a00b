#include "tests/siege/http_siege.h"

#include <algorithm>

namespace yizhan {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr int kRounds = 3;
constexpr int kRequests = 200;
constexpr milliseconds kUnnoticed{kSanitized ? 500 : 25};
constexpr int kFactorMax = kSanitized ? 6 : 2;

}  // namespace

std::size_t count_of(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

milliseconds HttpSiege::ask_honestly(RawConnection& connection) {
  const auto begun = steady_clock::now();
  EXPECT_TRUE(connection.send(kHonest));
  std::string answer = connection.read_some(seconds{20});
  const auto taken = steady_clock::now() - begun;
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 "))
      << answer.size() << " bytes after " << std::chrono::ceil<milliseconds>(taken).count()
      << " ms" << (connection.is_ended() ? ", hung up: " : ": ") << answer.substr(0, 100);
  connection.read_to_end(milliseconds{1});  // the body, should it have come apart
  return std::chrono::ceil<milliseconds>(taken);
}

milliseconds HttpSiege::honest_p99() const {
  milliseconds best = milliseconds::max();
  for (int round = 0; round < kRounds; ++round) {
    std::vector<milliseconds> times;
    RawConnection standing = a_.connect();
    for (int i = 0; i < kRequests; ++i) {
      if (i % 2 == 0) {
        times.push_back(ask_honestly(standing));
        continue;
      }
      const auto begun = steady_clock::now();
      RawConnection fresh = b_.connect();
      ask_honestly(fresh);
      times.push_back(std::chrono::ceil<milliseconds>(steady_clock::now() - begun));
    }
    std::ranges::sort(times);
    best = std::min(best, times[kRequests * 99 / 100 - 1]);
  }
  return best;
}

void HttpSiege::expect_at_most_doubled(milliseconds before, milliseconds with) {
  EXPECT_LE(with, std::max(before * kFactorMax, kUnnoticed));
}

}  // namespace yizhan
