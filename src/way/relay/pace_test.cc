#include "way/relay/pace.h"

#include <gtest/gtest.h>

#include "tests/support/small_exchange.h"

namespace yizhan {
namespace {

class PaceTest : public ::testing::Test {
 protected:
  // One round: as many as may be under way, all of which reach the centre.
  int round() {
    int count = 0;
    while (pace_.begin(clock_.now())) ++count;
    for (int i = 0; i < count; ++i) pace_.end_reached();
    return count;
  }
  void fail() {
    clock_.pass(std::chrono::minutes{1});
    ASSERT_TRUE(pace_.begin(clock_.now()));
    pace_.end_failed(clock_.now());
  }

  TestClock clock_;
  Pace pace_{8};
};

TEST_F(PaceTest, BeginsWithOneAndDoublesUpToTheMost) {
  EXPECT_EQ(round(), 1);
  EXPECT_EQ(round(), 2);
  EXPECT_EQ(round(), 4);
  EXPECT_EQ(round(), 8);
  EXPECT_EQ(round(), 8);
}

TEST_F(PaceTest, AFailureTakesItBackToOneAndItGrowsSlowlyWhereItFailed) {
  while (round() < 8) continue;
  fail();
  clock_.pass(std::chrono::minutes{1});
  EXPECT_EQ(round(), 1);
  EXPECT_EQ(round(), 2);
  EXPECT_EQ(round(), 4);
  // Half of what it was when it failed: from here on one more a round.
  EXPECT_EQ(round(), 5);
  EXPECT_EQ(round(), 6);
}

TEST_F(PaceTest, PausesLongerAfterEachFailureAndNeverForEver) {
  fail();
  EXPECT_FALSE(pace_.begin(clock_.now()));
  clock_.pass(std::chrono::milliseconds{500});
  EXPECT_TRUE(pace_.begin(clock_.now()));
  pace_.end_idle();
  for (int i = 0; i < 20; ++i) fail();
  clock_.pass(std::chrono::seconds{14});
  EXPECT_FALSE(pace_.begin(clock_.now()));
  clock_.pass(std::chrono::seconds{17});
  EXPECT_TRUE(pace_.begin(clock_.now()));
}

TEST_F(PaceTest, KnowsSinceWhenNothingIsReached) {
  EXPECT_FALSE(pace_.failing_since());
  fail();
  const Time since = clock_.now();
  fail();
  EXPECT_EQ(pace_.failing_since(), since);
  clock_.pass(std::chrono::minutes{1});
  EXPECT_EQ(round(), 1);
  EXPECT_FALSE(pace_.failing_since());
}

}  // namespace
}  // namespace yizhan
