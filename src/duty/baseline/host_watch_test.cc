#include "duty/baseline/host_watch.h"

#include <gtest/gtest.h>

#include "duty/baseline/baseline_cases_test.h"
#include "tests/support/small_exchange.h"
#include "tests/support/test_database.h"

namespace yizhan {

extern const std::span<const EmbeddedFile> kMigrations;

namespace {

class HostWatchTest : public ::testing::Test {
 protected:
  HostWatchTest() { migrate(database_, kMigrations, kTestNow); }
  void leave(const HostFindings& findings) {
    write_durably(file_, findings.json());
    watch_.look();
  }
  std::int64_t entries() {
    return database_.read([&](Transaction& tx) {
      return std::ranges::count(JournalStore(tx).unsealed(1000), "host_checked",
                                &JournalEntry::event);
    });
  }

  TestClock clock_;
  TestDatabase place_{Engine::kSqlite};
  Database database_{place_.config()};
  Journal journal_{"CENTRE-1"};
  const std::filesystem::path file_ = place_.directory() / "findings.json";
  HostWatch watch_{{file_, "CENTRE-1", database_, journal_, clock_}};
  const HostFindings kept_{"CENTRE-1", 3, on_day("2026-11-22")};
};

TEST_F(HostWatchTest, ANewLookIsEnteredOnceAndSaidUpwards) {
  CLAUSE("五(一)4");
  EXPECT_EQ(watch_.standing(), HostStanding::kUnchecked);
  EXPECT_EQ(watch_.word(), HostWord{});
  leave(kept_);
  EXPECT_EQ(watch_.standing(), HostStanding::kKept);
  HostFindings deviating = kept_;
  deviating.deviations = {{"port:tcp/22", "不得對外開放"}};
  leave(deviating);
  leave(deviating);
  EXPECT_EQ(watch_.standing(), HostStanding::kDeviates);
  EXPECT_EQ(entries(), 2);
  EXPECT_EQ(watch_.word(), (HostWord{3, "2026-11-22", 1, {"port:tcp/22"}}));
  EXPECT_EQ(watch_.describe().at("findings").at("deviations").size(), 1U);
}

// 五(一)7 says it of sensors: who is silent may be blind.
TEST_F(HostWatchTest, AnOldLookIsNone) {
  leave(kept_);
  clock_.pass(std::chrono::hours{24 * 2});
  EXPECT_EQ(watch_.standing(), HostStanding::kKept);
  clock_.pass(std::chrono::hours{24});
  EXPECT_EQ(watch_.standing(), HostStanding::kUnchecked);
  EXPECT_EQ(standing_of(on_day("2026-11-23"), false, on_day("2026-11-22")),
            HostStanding::kUnchecked)
      << "of tomorrow";
}

TEST_F(HostWatchTest, WhatIsOfAnotherHostOrUnreadableIsNone) {
  HostFindings other = kept_;
  other.node = "CENTRE-2";
  leave(other);
  EXPECT_EQ(watch_.standing(), HostStanding::kUnchecked);
  write_durably(file_, bytes_of("{"));
  watch_.look();
  EXPECT_EQ(watch_.standing(), HostStanding::kUnchecked);
  EXPECT_EQ(entries(), 0);
}

TEST_F(HostWatchTest, NamesAFewOfMany) {
  HostFindings many = kept_;
  for (int i = 0; i < 40; ++i) {
    many.deviations.push_back({"port:tcp/" + std::to_string(1000 + i), "不得對外開放"});
  }
  leave(many);
  EXPECT_EQ(watch_.word().deviations, 40);
  EXPECT_EQ(watch_.word().which.size(), HostWord::kNamedMax);
}

}  // namespace
}  // namespace yizhan
