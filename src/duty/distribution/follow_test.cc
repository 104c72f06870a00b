#include "duty/distribution/distribution.h"

#include <gtest/gtest.h>

#include "tests/support/repository_cases.h"
#include "tests/support/small_exchange.h"
#include "tests/support/temporary_folder.h"

namespace yizhan {
namespace {

class RecordingAlarm final : public FollowAlarm {
 public:
  void stale(std::int64_t, const std::optional<Refusal>& why) override {
    told.push_back(why ? "stale " + std::string(code_of(why->reason)) : "back");
  }
  void refused(std::int64_t, const Refusal& why) override {
    told.push_back("refused " + std::string(code_of(why.reason)));
  }
  void applied(std::int64_t version, const Sha256&) override {
    told.push_back("directory " + std::to_string(version));
  }

  std::vector<std::string> told;
};

// A node with the first directory, and a repository that has the second.
class FollowingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    write_durably(folder_ / "directory.p7m", signed_version(1));
    directory_.emplace(folder_ / "directory.p7m", std::vector{exchange_.management.certificate()});
    repository_.found(text_of(signed_version(2)));
    begin();
  }

  Bytes signed_version(std::int64_t version) {
    return sign_directory(exchange_.directory(version), exchange_.management, kTestNow).value();
  }
  // Also as after a restart.
  void begin() {
    following_.emplace(Following::Parts{folder_ / "node",
                                        repository_.bytes_at(metadata_location(kRootRole, 1)),
                                        source_,
                                        *directory_,
                                        alarm_,
                                        clock_,
                                        std::chrono::minutes{15},
                                        {[this](TrustClient& client) { return apply(client); }}});
  }
  // Something else that a node takes from it.
  Result<void> apply(TrustClient& client) {
    EXPECT_TRUE(client.find_target(SmallRepository::kDirectory));
    ++applied_;
    return applies_;
  }
  std::vector<std::string> take_told() { return std::exchange(alarm_.told, {}); }
  using Told = std::vector<std::string>;

  SmallExchange exchange_;
  TestClock clock_;
  TemporaryFolder folder_;
  SmallRepository repository_{folder_ / "repository", kTestNow};
  FolderSource source_{folder_ / "repository"};
  RecordingAlarm alarm_;
  int applied_ = 0;
  Result<void> applies_;
  std::optional<DirectorySource> directory_;
  std::optional<Following> following_;
};

TEST_F(FollowingTest, TakesTheDirectoryThatTwoOfficersHandDown) {
  EXPECT_TRUE(following_->work());
  EXPECT_EQ(directory_->current()->version(), 2);
  EXPECT_EQ(take_told(), Told{"directory 2"});
  EXPECT_FALSE(following_->work()) << "nothing new";
  EXPECT_EQ(take_told(), Told{});
  EXPECT_EQ(following_->standing().version, 2);
}

TEST_F(FollowingTest, OneOfficerChangesNothing) {
  ASSERT_TRUE(following_->work());
  take_told();
  const Bytes third = signed_version(3);
  repository_.repository.put_target(SmallRepository::kDirectory, third);
  cases::next_directory(repository_,
                        [&](Json& json) {
                          json["targets"][SmallRepository::kDirectory] = {
                              {"length", third.size()},
                              {"hashes", {{"sha256", sha256(third).hex()}}}};
                        },
                        {&repository_.officers[0]});
  EXPECT_FALSE(following_->work());
  EXPECT_FALSE(following_->work());
  EXPECT_EQ(directory_->current()->version(), 2);
  EXPECT_EQ(take_told(), Told{"refused threshold_not_met"}) << "told once";
}

// Two signatures of officers do for nothing that management has not signed as a directory.
TEST_F(FollowingTest, ADirectoryOfAnotherSignerIsRefused) {
  const Bytes other = sign_directory(exchange_.directory(3), exchange_.a.sign, kTestNow).value();
  repository_.put(SmallRepository::kDirectory, text_of(other));
  EXPECT_FALSE(following_->work());
  EXPECT_EQ(directory_->current()->version(), 1);
  EXPECT_EQ(take_told(), Told{"refused certificate_untrusted"});
}

TEST_F(FollowingTest, AlarmsAfterAQuarterOfAnHourWithoutANewTimestamp) {
  ASSERT_TRUE(following_->work());
  take_told();
  clock_.pass(std::chrono::minutes{15} - Milliseconds{1});
  following_->work();
  EXPECT_EQ(take_told(), Told{});
  clock_.pass(Milliseconds{1});
  following_->work();
  EXPECT_TRUE(following_->standing().stale);
  EXPECT_EQ(take_told(), Told{"stale unavailable"});
  repository_.announce();
  following_->work();
  EXPECT_FALSE(following_->standing().stale);
  EXPECT_EQ(take_told(), Told{"back"});
}

TEST_F(FollowingTest, OnceItIsExpiredNothingRestsOnItUntilAnotherComes) {
  const Time until = kTestNow + std::chrono::hours{1};
  const auto announce_until = [&](Time expires, int version) {
    repository_.forge("timestamp",
                      [&](Json& json) {
                        json["version"] = version;
                        json["expires"] = expires.text().substr(0, 19) + "Z";
                      },
                      {&repository_.online});
  };
  EXPECT_TRUE(following_->check_open()) << "never seen one: as it was installed";
  announce_until(until, 7);
  ASSERT_TRUE(following_->work());
  EXPECT_TRUE(following_->check_open());
  clock_.pass(std::chrono::hours{1});
  EXPECT_FALSE(following_->work());
  EXPECT_EQ(following_->check_open().reason(), Reason::kMetadataExpired);
  begin();
  EXPECT_EQ(following_->check_open().reason(), Reason::kMetadataExpired) << "after a restart too";
  announce_until(until + std::chrono::hours{24}, 8);
  ASSERT_TRUE(following_->work());
  EXPECT_TRUE(following_->check_open());
}

TEST_F(FollowingTest, ATargetThatCameOnlyLaterIsTakenThen) {
  repository_.put(SmallRepository::kDirectory, text_of(signed_version(3)));
  const auto file = repository_.target_file(SmallRepository::kDirectory);
  const Bytes bytes = read_file(file, 1u << 20);
  std::filesystem::remove(file);
  EXPECT_FALSE(following_->work());
  EXPECT_EQ(directory_->current()->version(), 1);
  write_durably(file, bytes);
  EXPECT_TRUE(following_->work()) << "those below are told";
  EXPECT_EQ(directory_->current()->version(), 3);
}

// The timestamp came first, alone: the next look must not take it for nothing new.
TEST_F(FollowingTest, WhatWasCutOffAfterItsTimestampIsTakenThen) {
  ASSERT_TRUE(following_->work());
  repository_.put(SmallRepository::kDirectory, text_of(signed_version(3)));
  const auto file = repository_.file_of("snapshot");
  const Bytes bytes = read_file(file, 1u << 20);
  std::filesystem::remove(file);
  EXPECT_FALSE(following_->work());
  EXPECT_EQ(directory_->current()->version(), 2);
  write_durably(file, bytes);
  EXPECT_TRUE(following_->work());
  EXPECT_EQ(directory_->current()->version(), 3);
}

TEST_F(FollowingTest, AnOlderRepositoryChangesNothing) {
  const Bytes before = repository_.bytes_at(std::string(kTimestampLocation));
  repository_.put(SmallRepository::kDirectory, text_of(signed_version(3)));
  ASSERT_TRUE(following_->work());
  take_told();
  write_durably(folder_ / "repository" / kTimestampLocation, before);
  EXPECT_FALSE(following_->work());
  EXPECT_EQ(directory_->current()->version(), 3);
  EXPECT_EQ(take_told(), Told{"refused metadata_rolled_back"});
  EXPECT_TRUE(following_->standing().refused());
}

// Officers can hand down what they like, but not an older directory than the one in force.
TEST_F(FollowingTest, AnOlderDirectoryIsRefusedEvenFromTwoOfficers) {
  repository_.put(SmallRepository::kDirectory, text_of(signed_version(3)));
  ASSERT_TRUE(following_->work());
  take_told();
  repository_.put(SmallRepository::kDirectory, text_of(signed_version(2)));
  EXPECT_FALSE(following_->work());
  EXPECT_EQ(directory_->current()->version(), 3);
  EXPECT_EQ(take_told(), Told{"refused directory_stale"});
}

TEST_F(FollowingTest, AnotherReasonIsToldToo) {
  ASSERT_TRUE(following_->work());
  take_told();
  repository_.put(SmallRepository::kDirectory, text_of(signed_version(1)));
  following_->work();
  repository_.forge("timestamp", [](Json& json) { json["version"] = 1000; },
                    {&repository_.officers[0]});
  following_->work();
  following_->work();
  EXPECT_EQ(take_told(), (Told{"refused directory_stale", "refused threshold_not_met"}));
}

// Who starts anew every few minutes would else never notice that nothing comes any more.
TEST_F(FollowingTest, ARestartDoesNotMakeItYounger) {
  ASSERT_TRUE(following_->work());
  take_told();
  clock_.pass(std::chrono::minutes{10});
  begin();
  following_->work();
  EXPECT_EQ(take_told(), Told{});
  clock_.pass(std::chrono::minutes{5});
  begin();
  following_->work();
  EXPECT_TRUE(following_->standing().stale);
  EXPECT_EQ(following_->standing().describe(clock_.now()).at("age_seconds"), 900);
  EXPECT_EQ(take_told(), Told{"stale unavailable"});
}

TEST_F(FollowingTest, ThoseBelowFindAWholeRepository) {
  ASSERT_TRUE(following_->work());
  TrustedState state({}, repository_.bytes_at(metadata_location(kRootRole, 1)));
  FolderSource mirror(following_->mirror());
  TrustClient terminal(state, mirror);
  ASSERT_TRUE(terminal.refresh(clock_.now()));
  EXPECT_EQ(terminal.fetch_target(SmallRepository::kDirectory).value(), directory_->signed_bytes());
}

TEST_F(FollowingTest, WhatElseANodeTakesIsTakenOnceForEachTimestamp) {
  EXPECT_TRUE(following_->work());
  EXPECT_FALSE(following_->work());
  EXPECT_EQ(applied_, 1);
  repository_.put(SmallRepository::kDirectory, text_of(signed_version(3)));
  EXPECT_TRUE(following_->work());
  EXPECT_EQ(applied_, 2);
}

// Neither keeps the other from coming into force.
TEST_F(FollowingTest, WhatIsRefusedKeepsNothingElseOutAndIsTriedAgain) {
  applies_ = Reason::kUnavailable;
  EXPECT_FALSE(following_->work());
  EXPECT_EQ(directory_->current()->version(), 2) << "the directory came";
  EXPECT_EQ(following_->standing().why->reason, Reason::kUnavailable);
  applies_ = {};
  EXPECT_TRUE(following_->work()) << "those below are told";
  EXPECT_EQ(applied_, 2);
  repository_.put(SmallRepository::kDirectory, text_of(signed_version(1)));
  EXPECT_FALSE(following_->work());
  EXPECT_EQ(applied_, 3) << "the directory is refused, the rest is not";
}

}  // namespace
}  // namespace yizhan
