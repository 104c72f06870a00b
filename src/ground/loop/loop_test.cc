#include "ground/loop/loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>

#include "ground/subject/subject.h"

namespace yizhan {
namespace {

bool comes_true(const std::function<bool()>& condition) {
  for (int i = 0; i < 500 && !condition(); ++i) std::this_thread::sleep_for(Milliseconds{10});
  return condition();
}

TEST(Loop, WorksWhileThereIsWorkAndThenSleepsUntilWoken) {
  std::atomic<int> rows = 3, done = 0;
  Loop loop({.name = "test",
             .work =
                 [&] {
                   if (rows == 0) return false;
                   --rows;
                   ++done;
                   return true;
                 },
             .look_again = std::chrono::hours{1},
             .on_accident = {}});
  EXPECT_TRUE(comes_true([&] { return done == 3; }));
  rows = 1;
  loop.wake();
  EXPECT_TRUE(comes_true([&] { return done == 4; }));
}

TEST(Loop, SaysWhetherItSleptWhenWoken) {
  std::atomic<bool> work = true, begun = false, end = false;
  Loop loop({.name = "test",
             .work =
                 [&] {
                   if (!work.exchange(false)) return false;
                   begun = true;
                   while (!end) std::this_thread::yield();
                   return true;
                 },
             .look_again = std::chrono::hours{1},
             .on_accident = {}});
  EXPECT_TRUE(comes_true([&] { return begun.load(); }));
  EXPECT_FALSE(loop.wake());  // at work
  end = true;
  bool slept = false;
  EXPECT_TRUE(comes_true([&] { return slept = slept || loop.wake(); }));
}

TEST(Loop, GathersWhatComesWhileItWasAtWork) {
  std::atomic<int> rows = 0, rounds = 0;
  Loop loop({.name = "test",
             .work =
                 [&] {
                   if (rows == 0) return false;
                   rows = 0;
                   ++rounds;
                   return true;
                 },
             .look_again = std::chrono::hours{1},
             .gather = Milliseconds{300},
             .on_accident = {}});
  for (int i = 0; i < 10; ++i) {
    ++rows;
    loop.wake();
    std::this_thread::sleep_for(Milliseconds{10});
  }
  EXPECT_TRUE(comes_true([&] { return rows == 0; }));
  EXPECT_LE(rounds, 3);
}

TEST(Loop, TellsOfAnAccidentAndGoesOn) {
  std::atomic<int> calls = 0, accidents = 0;
  Loop loop({.name = "test",
             .work = [&]() -> bool {
               if (++calls == 1) throw std::runtime_error("disk");
               return false;
             },
             .look_again = Milliseconds{10},
             .on_accident =
                 [&](const std::string& name, const std::string& what) {
                   EXPECT_EQ(name + what, "testdisk");
                   ++accidents;
                 }});
  EXPECT_TRUE(comes_true([&] { return calls > 1; }));
  EXPECT_EQ(accidents, 1);
}

// For the log: over which document the accident came. And the next round begins with none.
TEST(Loop, KnowsOverWhichDocumentAnAccidentCame) {
  std::atomic<int> calls = 0;
  std::string over, then = "?";
  Loop loop({.name = "test",
             .work = [&]() -> bool {
               if (++calls > 1) {
                 if (calls == 2) then = worked_on().message;
                 return false;
               }
               work_on({"A12345678B", "0198"});
               throw std::runtime_error("disk");
             },
             .look_again = Milliseconds{10},
             .on_accident = [&](const std::string&,
                                const std::string&) { over = worked_on().message; }});
  EXPECT_TRUE(comes_true([&] { return calls > 2; }));
  loop.stop();
  EXPECT_EQ(over, "0198");
  EXPECT_EQ(then, "");
}

TEST(Loop, StopsAfterTheWorkAtHand) {
  std::atomic<bool> inside = false, finished = false;
  Loop loop({.name = "test",
             .work =
                 [&] {
                   inside = true;
                   std::this_thread::sleep_for(Milliseconds{50});
                   finished = true;
                   return false;
                 },
             .on_accident = {}});
  EXPECT_TRUE(comes_true([&] { return inside.load(); }));
  loop.stop();
  EXPECT_TRUE(finished);
}

TEST(BackOff, DoublesWithEachFailureUpToTheLongest) {
  constexpr BackOff kRetry{std::chrono::seconds{1}, std::chrono::minutes{1}};
  EXPECT_EQ(kRetry.after(0), std::chrono::seconds{1});
  EXPECT_EQ(kRetry.after(1), std::chrono::seconds{2});
  EXPECT_EQ(kRetry.after(5), std::chrono::seconds{32});
  EXPECT_EQ(kRetry.after(6), std::chrono::minutes{1});
  EXPECT_EQ(kRetry.after(std::numeric_limits<std::int64_t>::max()), std::chrono::minutes{1});
}

}  // namespace
}  // namespace yizhan
