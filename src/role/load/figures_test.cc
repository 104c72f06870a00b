#include "role/load/figures.h"

#include <gtest/gtest.h>

namespace yizhan {
namespace {

using std::chrono::seconds;

TEST(Latency, TakesTheNearestRank) {
  std::vector<std::uint32_t> microseconds;
  for (std::uint32_t i = 100; i >= 1; --i) microseconds.push_back(i * 1000);
  const Latency latency = Latency::of(microseconds);
  EXPECT_EQ(latency.count, 100);
  EXPECT_DOUBLE_EQ(latency.p50, 50);
  EXPECT_DOUBLE_EQ(latency.p90, 90);
  EXPECT_DOUBLE_EQ(latency.p99, 99);
  EXPECT_DOUBLE_EQ(latency.longest, 100);
}

TEST(Latency, OfOneValueIsThatValue) {
  const Latency latency = Latency::of({1500});
  EXPECT_DOUBLE_EQ(latency.p50, 1.5);
  EXPECT_DOUBLE_EQ(latency.p99, 1.5);
}

TEST(Latency, OfNothingIsNothing) {
  EXPECT_EQ(Latency::of({}).count, 0);
}

TEST(Rates, ShowWhereTheLastMinuteIsSlower) {
  const Stamp begin = Stamp{} + seconds{1000};
  std::vector<std::pair<Stamp, std::uint64_t>> closings;
  for (int second = 0; second < 180; ++second) {
    const int each = second < 120 ? 10 : 5;
    for (int i = 0; i < each; ++i) {
      closings.emplace_back(begin + seconds{second} + std::chrono::milliseconds{500}, 100);
    }
  }
  closings.emplace_back(begin + seconds{200}, 100);  // while it drained
  const Rates rates = Rates::of(closings, {begin, begin + seconds{180}});
  EXPECT_DOUBLE_EQ(rates.stretch_seconds, 60);
  EXPECT_NEAR(rates.documents, 1500.0 / 180, 1e-6);
  EXPECT_NEAR(rates.first, 10, 1e-6);
  EXPECT_NEAR(rates.last, 5, 1e-6);
  EXPECT_NEAR(rates.bytes, 150000.0 / 180, 1e-6);
}

TEST(Rates, OfAShortRunCompareItsHalves) {
  const Stamp begin = Stamp{} + seconds{1000};
  const std::vector<std::pair<Stamp, std::uint64_t>> closings = {
      {begin + seconds{1}, 1}, {begin + seconds{2}, 1}, {begin + seconds{9}, 1}};
  const Rates rates = Rates::of(closings, {begin, begin + seconds{10}});
  EXPECT_DOUBLE_EQ(rates.stretch_seconds, 5);
  EXPECT_NEAR(rates.first, 0.4, 1e-9);
  EXPECT_NEAR(rates.last, 0.2, 1e-9);
}

}  // namespace
}  // namespace yizhan
