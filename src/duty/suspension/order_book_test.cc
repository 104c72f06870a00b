#include <gtest/gtest.h>

#include "duty/suspension/order_cases_test.h"
#include "tests/support/clause.h"

namespace yizhan {
namespace {

constexpr auto kHour = std::chrono::hours{1};
constexpr auto kDay = std::chrono::hours{24};

class OrderBookTest : public ::testing::Test {
 protected:
  void put(const std::string& path, const Order& order) {
    const OrderName name = name_of(path);
    const Bytes content = order.json();
    book_.put({name, Order::parse(name, content).value(), content, sha256(content), kTestNow});
  }
  [[nodiscard]] OrderStanding standing(const std::string& path, Time now = kTestNow) const {
    return book_.standing_of(*book_.find(name_of(path)), exchange_.directory(), now);
  }
  [[nodiscard]] OrderState state(const std::string& path, Time now = kTestNow) const {
    return standing(path, now).state;
  }
  [[nodiscard]] bool is_suspended(Time now = kTestNow) const {
    return exchange_.directory().restricted(book_.restrictions(now)).find(exchange_.b.code)
               ->standing == Standing::kSuspended;
  }
  [[nodiscard]] bool is_registered(Time now, Time at) const {
    const Directory over = exchange_.directory().restricted(book_.restrictions(now));
    return find_registered(over.find(exchange_.b.code)->certificates, Purpose::kEncrypt,
                           encryption(), at)
        .ok();
  }
  [[nodiscard]] Sha256 encryption() const { return exchange_.b.encrypt.certificate().sha256(); }

  SmallExchange exchange_;
  OrderBook book_;
};

TEST_F(OrderBookTest, AnOrderIsInForceFromItsDay) {
  CLAUSE("十三");
  put("orders/1.json", suspend_b(kTestNow + kDay));
  EXPECT_EQ(state("orders/1.json"), OrderState::kWaiting);
  EXPECT_FALSE(is_suspended(kTestNow + kDay - Milliseconds{1}));
  EXPECT_TRUE(is_suspended(kTestNow + kDay));
  EXPECT_EQ(state("orders/1.json", kTestNow + kDay), OrderState::kInForce);
  EXPECT_TRUE(is_suspended(kTestNow + kDay * 365)) << "two officers': until it is resumed";
}

TEST_F(OrderBookTest, ALaterResumptionEndsIt) {
  CLAUSE("十三");
  put("orders/1.json", suspend_b());
  put("orders/2.json", resume_b("orders/1.json", kTestNow + kDay));
  EXPECT_TRUE(is_suspended(kTestNow + kDay - Milliseconds{1}));
  EXPECT_EQ(standing("orders/1.json").until, kTestNow + kDay);
  EXPECT_FALSE(is_suspended(kTestNow + kDay));
  EXPECT_EQ(state("orders/1.json", kTestNow + kDay), OrderState::kEnded);
  EXPECT_EQ(standing("orders/1.json", kTestNow + kDay).ended_by, name_of("orders/2.json"));
}

TEST_F(OrderBookTest, ItDoesNotMatterWhichOfThemCameFirst) {
  put("orders/2.json", resume_b("orders/1.json"));
  EXPECT_FALSE(is_suspended());
  put("orders/1.json", suspend_b());
  EXPECT_FALSE(is_suspended());
  EXPECT_EQ(state("orders/1.json"), OrderState::kEnded);
}

TEST_F(OrderBookTest, WhatIsResumedBeforeItsDayNeverComesIntoForce) {
  put("orders/1.json", suspend_b(kTestNow + kDay));
  put("orders/2.json", resume_b("orders/1.json", kTestNow + kHour));
  EXPECT_EQ(state("orders/1.json", kTestNow + kHour), OrderState::kEnded);
  EXPECT_FALSE(is_suspended(kTestNow + kDay * 2));
}

TEST_F(OrderBookTest, EachOfTwoSuspensionsIsEndedByItself) {
  put("orders/1.json", suspend_b());
  put("orders/CENTRE-1/1.json", suspend_b());
  put("orders/2.json", resume_b("orders/1.json"));
  EXPECT_TRUE(is_suspended()) << "the centre has not resumed";
  put("orders/CENTRE-1/2.json", resume_b("orders/CENTRE-1/1.json"));
  EXPECT_FALSE(is_suspended());
}

TEST_F(OrderBookTest, AResumptionOfAnotherAgencyEndsNothing) {
  put("orders/1.json", suspend_b());
  Order order = order_of(OrderKind::kResume, exchange_.c.code);
  order.supersedes = {name_of("orders/1.json")};
  put("orders/2.json", order);
  EXPECT_TRUE(is_suspended());
}

TEST_F(OrderBookTest, AResumptionIsNotUndoneButByANewSuspension) {
  put("orders/1.json", suspend_b());
  put("orders/2.json", resume_b("orders/1.json"));
  Order again = suspend_b(kTestNow + kHour);
  again.supersedes = {name_of("orders/2.json")};
  put("orders/3.json", again);
  EXPECT_FALSE(is_suspended());
  EXPECT_EQ(state("orders/1.json", kTestNow + kHour), OrderState::kEnded);
  EXPECT_TRUE(is_suspended(kTestNow + kHour)) << "by the new one alone";
}

TEST_F(OrderBookTest, WhatOneOfficerSaysLapsesAfterADay) {
  CLAUSE("十三");
  put("orders/emergency/1.json", suspend_b());
  EXPECT_TRUE(is_suspended(kTestNow + kDay - Milliseconds{1}));
  EXPECT_EQ(standing("orders/emergency/1.json").until, kTestNow + kDay);
  EXPECT_FALSE(is_suspended(kTestNow + kDay));
  EXPECT_EQ(state("orders/emergency/1.json", kTestNow + kDay), OrderState::kLapsed);
}

TEST_F(OrderBookTest, WhatTwoConfirmGoesOnWithoutAGap) {
  CLAUSE("十三");
  put("orders/emergency/1.json", suspend_b());
  Order confirmed = suspend_b(kTestNow + kHour);
  confirmed.supersedes = {name_of("orders/emergency/1.json")};
  put("orders/1.json", confirmed);
  for (const int hours : {0, 1, 23, 24, 25, 1000}) {
    EXPECT_TRUE(is_suspended(kTestNow + kHour * hours)) << hours;
  }
  EXPECT_EQ(state("orders/emergency/1.json", kTestNow + kHour), OrderState::kEnded);
  EXPECT_EQ(state("orders/1.json", kTestNow + kDay), OrderState::kInForce);
}

TEST_F(OrderBookTest, AConfirmationThatComesAfterTheDayLeavesTheGap) {
  put("orders/emergency/1.json", suspend_b());
  Order late = suspend_b(kTestNow + kDay + kHour);
  late.supersedes = {name_of("orders/emergency/1.json")};
  put("orders/1.json", late);
  EXPECT_FALSE(is_suspended(kTestNow + kDay));
  EXPECT_EQ(state("orders/emergency/1.json", kTestNow + kDay), OrderState::kLapsed);
  EXPECT_TRUE(is_suspended(kTestNow + kDay + kHour));
}

TEST_F(OrderBookTest, TwoOfficersEndWhatOneHasSaid) {
  put("orders/emergency/1.json", suspend_b());
  put("orders/1.json", resume_b("orders/emergency/1.json", kTestNow + kHour));
  EXPECT_FALSE(is_suspended(kTestNow + kHour));
}

TEST_F(OrderBookTest, ARevokedCertificateIsNotRegisteredFromThenOn) {
  CLAUSE("十三");
  put("orders/1.json", revoke(encryption(), kTestNow + kHour));
  EXPECT_TRUE(is_registered(kTestNow, kTestNow));
  EXPECT_FALSE(is_registered(kTestNow + kHour, kTestNow + kHour));
  EXPECT_TRUE(is_registered(kTestNow + kHour, kTestNow)) << "what it did before stands";
}

// Else what was refused for an hour would be good in retrospect.
TEST_F(OrderBookTest, WhatConfirmsARevocationDoesNotBringTheTimeBeforeBack) {
  put("orders/emergency/1.json", revoke(encryption()));
  Order confirmed = revoke(encryption(), kTestNow + kHour);
  confirmed.supersedes = {name_of("orders/emergency/1.json")};
  put("orders/1.json", confirmed);
  EXPECT_FALSE(is_registered(kTestNow + kDay * 2, kTestNow));
}

TEST_F(OrderBookTest, OfWhomIsNotHereOrNotTheirsItSaysSo) {
  put("orders/1.json", order_of(OrderKind::kSuspend, OrgCode::parse("X99999999X").value()));
  put("orders/2.json", revoke_b());
  put("orders/CENTRE-2/1.json", suspend_b());
  for (const char* path : {"orders/1.json", "orders/2.json", "orders/CENTRE-2/1.json"}) {
    EXPECT_EQ(state(path), OrderState::kIdle) << path;
  }
  EXPECT_FALSE(is_suspended());
}

TEST_F(OrderBookTest, KnowsWhenTimeAloneChangesSomething) {
  EXPECT_EQ(book_.next_change(kTestNow), std::nullopt);
  put("orders/emergency/1.json", suspend_b());
  EXPECT_EQ(book_.next_change(kTestNow), kTestNow + kDay);
  put("orders/1.json", suspend_b(kTestNow + kHour));
  EXPECT_EQ(book_.next_change(kTestNow), kTestNow + kHour);
  EXPECT_EQ(book_.next_change(kTestNow + kHour), kTestNow + kDay);
  EXPECT_EQ(book_.next_change(kTestNow + kDay), std::nullopt);
}

}  // namespace
}  // namespace yizhan
