#include "duty/release/received_releases.h"

#include <gtest/gtest.h>

#include "duty/release/release_cases_test.h"
#include "tests/support/test_database.h"

namespace yizhan {

extern const std::span<const EmbeddedFile> kMigrations;

namespace {

TEST(ReleaseState, IsLateBelowTheMinimumOnceTheDayOfGraceIsOver) {
  const ReleaseVersion running = version("1.1.0");
  Release newest = release_of("1.4.0");
  EXPECT_EQ(state_on(day("2026-12-01"), running, std::nullopt), ReleaseState::kNone);
  EXPECT_EQ(state_on(day("2026-12-01"), version("1.4.0"), newest), ReleaseState::kCurrent);
  EXPECT_EQ(state_on(day("2026-12-01"), running, newest), ReleaseState::kNewer);
  newest.minimum = ReleaseMinimum{version("1.2.0"), day("2026-12-31")};
  EXPECT_EQ(state_on(day("2026-12-31"), running, newest), ReleaseState::kOld);
  EXPECT_EQ(state_on(day("2027-01-01"), running, newest), ReleaseState::kLate);
  EXPECT_EQ(state_on(day("2027-01-01"), version("1.2.0"), newest), ReleaseState::kNewer);
}

class ReceivedReleasesTest : public ::testing::Test {
 protected:
  ReceivedReleasesTest() { migrate(database_, kMigrations, kTestNow); }
  void take() {
    ASSERT_TRUE(repository_.look(
        kTestNow, [this](TrustClient& client) { return releases_.take(client); }));
  }
  std::int64_t count(std::string_view event) {
    return database_.read([&](Transaction& tx) {
      return std::ranges::count(JournalStore(tx).unsealed(1000), event, &JournalEntry::event);
    });
  }

  TestClock clock_;
  TestDatabase place_{Engine::kSqlite};
  Database database_{place_.config()};
  Journal journal_{"CENTRE-1"};
  FollowedRepository repository_{place_.directory() / "repository"};
  ReceivedReleases releases_{
      {Layer::kExchange, version("1.1.0"), database_, journal_, clock_}};
};

TEST_F(ReceivedReleasesTest, WhatHoldsIsSaidAndWaitsForWhoInstalls) {
  CLAUSE("五(二)2");
  take();
  EXPECT_EQ(releases_.describe(), (Json{{"running", "1.1.0"}, {"state", "none"}}));
  put(repository_, release_of("1.4.0"));
  take();
  take();
  EXPECT_EQ(releases_.verified(), "1.4.0");
  EXPECT_EQ(releases_.describe().at("state"), "newer");
  EXPECT_EQ(releases_.describe().at("newest").at("notes"), "修正排程");
  EXPECT_EQ(count("release_verified"), 1);
  EXPECT_NE(exposition(releases_.metrics()).find("yizhan_release_state{state=\"newer\"} 1"),
            std::string::npos);
}

TEST_F(ReceivedReleasesTest, ATamperedOneIsToldOnceAndChangesNothing) {
  CLAUSE("五(二)2");
  put(repository_, release_of("1.4.0"));
  take();
  const Release tampered = release_of("1.5.0");
  put(repository_, tampered);
  repository_.put(tampered.packages[0].path, "something else");
  take();
  take();
  EXPECT_EQ(releases_.verified(), "1.4.0");
  EXPECT_EQ(count("release_refused"), 1);
}

}  // namespace
}  // namespace yizhan
