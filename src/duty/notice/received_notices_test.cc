#include "duty/notice/received_notices.h"

#include <gtest/gtest.h>

#include "duty/notice/notice_cases_test.h"
#include "ground/files/files.h"

namespace yizhan {
namespace {

using Kind = NoticeAnswer::Kind;

class RecordingAlarm final : public NoticeAlarm {
 public:
  void received(const UpdateNotice& notice, const Sha256&) override {
    told.push_back("received " + notice.path());
  }
  void answered(const NoticeAnswer& answer) override {
    told.push_back(std::string(text_of(answer.kind)) + " " + text_of(answer.day));
  }
  void refused(const std::string& path, const Refusal&) override {
    told.push_back("refused " + path);
  }

  std::vector<std::string> told;
};

class ReceivedNoticesTest : public ::testing::Test {
 protected:
  using Told = std::vector<std::string>;

  ReceivedNoticesTest() { start(); }
  // Also as after a restart.
  void start() {
    notices_.emplace(ReceivedNotices::Parts{
        folder_ / "notices.json", exchange_.first.code,
        std::make_shared<SoftwareKey>(exchange_.first.evidence),
        WorkingCalendar::load({}).value(), clock_});
  }
  void take() {
    ASSERT_TRUE(repository_.look(clock_.now(), [this](TrustClient& client) {
      return notices_->take(client, alarm_);
    }));
  }
  Result<Json> answer(Kind kind, std::string_view on, std::int64_t number = 7) {
    return notices_->answer(number, {kind, day(on), "林維運", "分兩批"}, alarm_);
  }
  std::string state() { return notices_->describe().at("items").at(0).at("state"); }
  Told take_told() { return std::exchange(alarm_.told, {}); }
  Result<int> hand_up() {
    return notices_->hand_up([this](ByteView cms) -> Result<void> {
      if (refusal_) return *refusal_;
      handed_.push_back(open_answer(cms).value());
      return {};
    });
  }

  SmallExchange exchange_;
  TestClock clock_;
  TemporaryFolder folder_;
  FollowedRepository repository_{folder_ / "repository"};
  RecordingAlarm alarm_;
  std::optional<ReceivedNotices> notices_;
  std::optional<Refusal> refusal_;
  std::vector<SignedNoticeAnswer> handed_;
};

TEST_F(ReceivedNoticesTest, ANoticeIsPlannedWithinTheWeekAndThenDone) {
  CLAUSE("五(二)1");
  put(repository_, openssl_notice());
  take();
  EXPECT_EQ(take_told(), Told{"received notices/7.json"});
  const Json item = notices_->describe().at("items").at(0);
  EXPECT_EQ(item.at("plan_by"), "2026-11-30");
  EXPECT_EQ(item.at("vulnerability"), "CVE-2026-0001");
  EXPECT_EQ(state(), "unplanned");
  EXPECT_EQ(answer(Kind::kPlanned, "2026-12-05").value().at("state"), "planned");
  clock_.pass(std::chrono::hours{24 * 14});
  EXPECT_EQ(state(), "overdue");
  EXPECT_TRUE(answer(Kind::kDone, "2026-12-06"));
  EXPECT_EQ(state(), "done");
  EXPECT_EQ(take_told(), (Told{"planned 2026-12-05", "done 2026-12-06"}));
}

TEST_F(ReceivedNoticesTest, WhoHasSaidNothingByThenIsLate) {
  CLAUSE("五(二)1");
  put(repository_, openssl_notice());
  take();
  clock_.pass(std::chrono::hours{24 * 8});  // Monday 30 November
  EXPECT_EQ(state(), "unplanned");
  clock_.pass(std::chrono::hours{24});
  EXPECT_EQ(state(), "late");
  EXPECT_EQ(notices_->counts().at(NoticeState::kLate), 1);
}

TEST_F(ReceivedNoticesTest, NobodyPlansForYesterdayOrHasDoneItTomorrow) {
  put(repository_, openssl_notice());
  take();
  take_told();
  EXPECT_EQ(answer(Kind::kPlanned, "2026-11-21").reason(), Reason::kBadRequest);
  EXPECT_EQ(answer(Kind::kDone, "2026-11-23").reason(), Reason::kBadRequest);
  EXPECT_EQ(answer(Kind::kPlanned, "2026-12-05", 8).reason(), Reason::kNotFound);
  EXPECT_EQ(notices_->answer(7, {Kind::kPlanned, day("2026-12-05"), "", ""}, alarm_).reason(),
            Reason::kMalformed)
      << "by nobody";
  EXPECT_EQ(state(), "unplanned");
  EXPECT_EQ(take_told(), Told{});
}

TEST_F(ReceivedNoticesTest, IsKeptOverARestart) {
  put(repository_, openssl_notice());
  take();
  ASSERT_TRUE(answer(Kind::kPlanned, "2026-12-05"));
  take_told();
  start();
  EXPECT_EQ(state(), "planned");
  take();
  EXPECT_EQ(take_told(), Told{}) << "told once";
  write_durably(folder_ / "notices.json", bytes_of("{"));
  EXPECT_THROW(start(), std::runtime_error);
}

TEST_F(ReceivedNoticesTest, AWithdrawnNoticeNeedsNoAnswerAndAnotherContentANewOne) {
  put(repository_, openssl_notice());
  take();
  ASSERT_TRUE(answer(Kind::kPlanned, "2026-12-05"));
  UpdateNotice other = openssl_notice();
  other.impact = "須重新啟動";
  put(repository_, other);
  take();
  EXPECT_EQ(state(), "unplanned");
  repository_.withdraw(other.path());
  take();
  EXPECT_TRUE(notices_->describe().at("items").empty());
}

TEST_F(ReceivedNoticesTest, WhatIsNoNoticeIsToldOnceAndKeepsNoOtherOut) {
  repository_.put("notices/x.json", "{}");
  repository_.put("notices/8.json", "{}");
  put(repository_, openssl_notice());
  take();
  Told told = take_told();
  std::ranges::sort(told);
  EXPECT_EQ(told, (Told{"received notices/7.json", "refused notices/8.json",
                        "refused notices/x.json"}));
  take();
  EXPECT_EQ(take_told(), Told{});
}

TEST_F(ReceivedNoticesTest, TheLastWordIsHandedUpUntilItIsTakenOrRefused) {
  put(repository_, openssl_notice());
  take();
  EXPECT_EQ(hand_up().value(), 0);
  ASSERT_TRUE(answer(Kind::kPlanned, "2026-12-05"));
  refusal_ = Refusal{Reason::kUnavailable, ""};
  EXPECT_EQ(hand_up().reason(), Reason::kUnavailable);
  ASSERT_TRUE(answer(Kind::kPlanned, "2026-12-07"));
  refusal_.reset();
  EXPECT_EQ(hand_up().value(), 1);
  EXPECT_EQ(handed_.at(0).answer.day, day("2026-12-07"));
  EXPECT_EQ(hand_up().value(), 0) << "once";
  start();
  EXPECT_EQ(hand_up().value(), 1) << "management may have lost it since";
  start();
  refusal_ = Refusal{Reason::kNotFound, ""};
  EXPECT_EQ(hand_up().value(), 0);
  refusal_.reset();
  EXPECT_EQ(hand_up().value(), 0) << "it was refused, and is not offered again";
}

}  // namespace
}  // namespace yizhan
