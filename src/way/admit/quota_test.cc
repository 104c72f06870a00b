#include "way/admit/quota.h"

#include <gtest/gtest.h>

namespace yizhan {
namespace {

using std::chrono::hours;

class SendingQuotaTest : public testing::Test {
 protected:
  // Booked and kept.
  bool send(const OrgCode& agency, std::int64_t recipients, Time now) {
    auto booking = quota_.book(agency, recipients, now);
    if (!booking) return false;
    booking->keep();
    return true;
  }

  const OrgCode many_ = OrgCode::parse("376550000A").value();
  const OrgCode few_ = OrgCode::parse("376550000B").value();
  const OrgCode free_ = OrgCode::parse("376550000C").value();
  const Time noon_ = Time::parse("2026-11-30T04:00:00Z").value();
  SendingQuota quota_{QuotaPlan{.recipients = 100, .exceptions = {{many_, 4000}, {free_, 0}}}};
};

TEST_F(SendingQuotaTest, CountsRecipientsOfEachAgency) {
  EXPECT_TRUE(send(few_, 60, noon_));
  EXPECT_FALSE(send(few_, 41, noon_));
  EXPECT_TRUE(send(few_, 40, noon_));
  EXPECT_FALSE(send(few_, 1, noon_));
  EXPECT_TRUE(send(many_, 4000, noon_)) << "an exception, and another agency's account";
  EXPECT_TRUE(send(free_, 1'000'000, noon_)) << "0: as many as it likes";
}

TEST_F(SendingQuotaTest, SaysHowManyAndWhenThereIsRoomAgain) {
  ASSERT_TRUE(send(few_, 30, noon_));
  ASSERT_TRUE(send(few_, 70, noon_ + hours{3}));
  const auto refused = quota_.check(few_, 20, noon_ + hours{4});
  ASSERT_EQ(refused.reason(), Reason::kQuotaReached);
  const std::string room = (noon_ + hours{24}).text();
  EXPECT_NE(refused.refusal().detail.find(room), std::string::npos) << refused.refusal().detail;
  EXPECT_NE(refused.refusal().detail.find("100"), std::string::npos);
  EXPECT_FALSE(quota_.check(few_, 20, noon_ + hours{24} - Milliseconds{1}));
  EXPECT_TRUE(quota_.check(few_, 20, noon_ + hours{24}));
  EXPECT_FALSE(quota_.check(few_, 31, noon_ + hours{24}));
}

TEST_F(SendingQuotaTest, OneDocumentBeyondTheWholeQuotaIsToBeSplit) {
  const auto refused = quota_.check(few_, 101, noon_);
  ASSERT_EQ(refused.reason(), Reason::kQuotaReached);
  EXPECT_NE(refused.refusal().detail.find("分批"), std::string::npos);
}

TEST_F(SendingQuotaTest, WhatIsNotEnteredIsGivenBack) {
  { const auto booking = quota_.book(few_, 100, noon_); EXPECT_TRUE(booking); }
  EXPECT_TRUE(send(few_, 100, noon_));
}

TEST_F(SendingQuotaTest, KnowsWhoseDocumentsWait) {
  ASSERT_TRUE(send(few_, 100, noon_));
  EXPECT_FALSE(quota_.check(few_, 1, noon_));
  EXPECT_EQ(quota_.waiting(noon_), std::set{few_});
  EXPECT_TRUE(quota_.waiting(noon_ + hours{1}).empty()) << "it has given up";
  EXPECT_FALSE(quota_.check(few_, 1, noon_ + hours{23}));
  EXPECT_TRUE(send(few_, 1, noon_ + hours{24}));
  EXPECT_TRUE(quota_.waiting(noon_ + hours{24}).empty()) << "it was let through";
}

TEST(QuotaPlan, ReadsItsExceptions) {
  const QuotaPlan plan = QuotaPlan::parse(5, {"376550000A=400", "376550000B=0"}).value();
  EXPECT_EQ(plan.of(OrgCode::parse("376550000A").value()), 400);
  EXPECT_EQ(plan.of(OrgCode::parse("376550000B").value()), 0);
  EXPECT_EQ(plan.of(OrgCode::parse("376550000C").value()), 5);
  for (const char* wrong : {"376550000A", "376550000A=", "376550000A=-1", "376550000A=4x", "=4",
                            "x y=4", "376550000A=99999999999999999999"}) {
    EXPECT_EQ(QuotaPlan::parse(5, {wrong}).reason(), Reason::kBadRequest) << wrong;
  }
}

}  // namespace
}  // namespace yizhan
