#include "duty/suspension/suspension.h"

#include <gtest/gtest.h>

#include "duty/suspension/order_cases_test.h"
#include "tests/support/clause.h"

namespace yizhan {
namespace {

TEST(OrderNameTest, SaysWhoseOrderItIs) {
  EXPECT_EQ(name_of("orders/7.json").series(), OrderSeries::kOrdinary);
  EXPECT_EQ(name_of("orders/emergency/7.json").series(), OrderSeries::kEmergency);
  const OrderName of_centre = name_of("orders/CENTRE-1/12.json");
  EXPECT_EQ(of_centre.series(), OrderSeries::kCentre);
  EXPECT_EQ(of_centre.centre()->text(), "CENTRE-1");
  EXPECT_EQ(of_centre.number(), 12);
  EXPECT_EQ(of_centre.path(), "orders/CENTRE-1/12.json");
  EXPECT_EQ(of_centre.text(), "orders/CENTRE-1/12");
}

TEST(OrderNameTest, HasOneWayOfBeingWritten) {
  for (const char* path :
       {"orders/0.json", "orders/07.json", "orders/-7.json", "orders/+7.json", "orders/7",
        "orders/7.JSON", "orders/.json", "orders/x.json", "orders/7 .json", "orders/7.json.json",
        "orders/9007199254740992.json", "orders/Emergency/7.json", "orders/centre-1/7.json",
        "orders/emergency/7/1.json", "orders//7.json", "order/7.json", "7.json", ""}) {
    EXPECT_EQ(OrderName::parse(path).reason(), Reason::kMalformed) << path;
  }
}

TEST(OrderTest, IsReadAsItWasWritten) {
  Order order = suspend_b();
  order.supersedes = {name_of("orders/emergency/4.json"), name_of("orders/CENTRE-1/2.json")};
  const Order read = Order::parse(name_of("orders/7.json"), order.json()).value();
  EXPECT_EQ(read.json(), order.json());
  EXPECT_EQ(read.kind, OrderKind::kSuspend);
  EXPECT_EQ(text_of(read.subject), "B02000000B");
  EXPECT_EQ(read.ground->printed(), "十三(一)");
  EXPECT_EQ(read.supersedes, order.supersedes);
}

TEST(OrderTest, NamesOneOfTheNineGrounds) {
  CLAUSE("十三");
  int found = 0;
  for (const char* number : {"一", "二", "三", "四", "五", "六", "七", "八", "九", "十"}) {
    const auto ground = Ground::find("十三(" + std::string(number) + ")");
    found += ground.has_value() && !ground->words().empty() ? 1 : 0;
  }
  EXPECT_EQ(found, 9);
  for (const char* other : {"十二(一)", "十三", "一", "十三(0)", ""}) {
    EXPECT_FALSE(Ground::find(other)) << other;
  }
}

struct Changed {
  const char* name;
  std::function<void(Json&)> change;
  Reason reason = Reason::kMalformed;
};

class OrderContent : public ::testing::TestWithParam<Changed> {};

TEST_P(OrderContent, IsRefused) {
  Json json = Json::parse(text_of(suspend_b().json()));
  ASSERT_TRUE(Order::parse(name_of("orders/7.json"), canonical_json(json)));
  GetParam().change(json);
  EXPECT_EQ(Order::parse(name_of("orders/7.json"), canonical_json(json)).reason(),
            GetParam().reason);
}

const Changed kChanges[] = {
    {"OfAnotherFormat", [](Json& j) { j["format"] = "yizhan-order-2"; }, Reason::kUnknownFormat},
    {"OfAnUnknownKind", [](Json& j) { j["kind"] = "pardon"; }},
    {"WithAnUnknownMember", [](Json& j) { j["number"] = 7; }},
    {"WithoutAGround", [](Json& j) { j.erase("ground"); }},
    {"OnAGroundThatTheRegulationDoesNotKnow", [](Json& j) { j["ground"] = "十三(十)"; }},
    {"WithoutAReason", [](Json& j) { j["reason"] = ""; }},
    {"WithAReasonWithoutEnd", [](Json& j) { j["reason"] = std::string(2'001, 'x'); }},
    {"WithoutNotice", [](Json& j) { j.erase("noticed"); }},
    {"InForceBeforeItsNotice", [](Json& j) { j["effective"] = "2020-01-01T00:00:00Z"; }},
    {"WithoutSupersedes", [](Json& j) { j.erase("supersedes"); }},
    {"OfNobody", [](Json& j) { j["subject"] = Json::object(); }},
    {"OfTwo", [](Json& j) { j["subject"]["centre"] = "CENTRE-1"; }, Reason::kMalformed},
    {"OfABadCode", [](Json& j) { j["subject"]["agency"] = "B02"; }, Reason::kUnknownAgency},
    {"SuspendingACertificate",
     [](Json& j) { j["subject"] = {{"certificate", std::string(64, 'a')}}; }},
    {"RevokingAnAgency", [](Json& j) { j["kind"] = "revoke"; }},
    {"ResumingOnAGround",
     [](Json& j) { j["kind"] = "resume", j["supersedes"] = {"orders/6.json"}; }},
    {"ResumingNothing", [](Json& j) { j["kind"] = "resume", j.erase("ground"); }},
    {"SupersedingItself", [](Json& j) { j["supersedes"] = {"orders/7.json"}; }},
    {"SupersedingWhatComesLater", [](Json& j) { j["supersedes"] = {"orders/8.json"}; }},
    {"SupersedingTwice",
     [](Json& j) { j["supersedes"] = {"orders/6.json", "orders/6.json"}; }},
    {"SupersedingWhatIsNoOrder",
     [](Json& j) { j["supersedes"] = {"directory/directory.p7m"}; }},
    {"SupersedingANumber", [](Json& j) { j["supersedes"] = {6}; }},
};

INSTANTIATE_TEST_SUITE_P(Order, OrderContent, ::testing::ValuesIn(kChanges),
                         [](const auto& each) { return std::string(each.param.name); });

// What each role may say: the path decides, whatever the content claims.
TEST(OrderAuthority, TwoOfficersOfManagementSayAnything) {
  CLAUSE("十三");
  for (const Order& order : {suspend_b(), resume_b("orders/1.json"), suspend_second(),
                             revoke_b(), resume_b("orders/emergency/1.json"),
                             resume_b("orders/CENTRE-1/1.json")}) {
    EXPECT_TRUE(Order::parse(name_of("orders/7.json"), order.json())) << text_of(order.json());
  }
}

TEST(OrderAuthority, OneOfficerMaySuspendAndRevoke) {
  const OrderName name = name_of("orders/emergency/7.json");
  for (const Order& order : {suspend_b(), suspend_second(), revoke_b()}) {
    EXPECT_TRUE(Order::parse(name, order.json())) << text_of(order.json());
  }
}

TEST(OrderAuthority, OneOfficerResumesNothing) {
  CLAUSE("十三");
  const OrderName name = name_of("orders/emergency/7.json");
  // A resume must name what it ends; its own earlier one is the least of it.
  EXPECT_EQ(Order::parse(name, resume_b("orders/emergency/6.json").json()).reason(),
            Reason::kForbidden);
  EXPECT_EQ(Order::parse(name, resume_b("orders/3.json").json()).reason(), Reason::kForbidden);
}

// A second order that takes the place of the first could be one about another day.
TEST(OrderAuthority, OneOfficerTakesNoOrdersPlace) {
  const OrderName name = name_of("orders/emergency/7.json");
  for (const char* other : {"orders/emergency/6.json", "orders/3.json", "orders/CENTRE-1/1.json"}) {
    Order order = suspend_b();
    order.supersedes = {name_of(other)};
    EXPECT_EQ(Order::parse(name, order.json()).reason(), Reason::kForbidden) << other;
  }
}

TEST(OrderAuthority, ACentresOfficersOrderAgenciesAndNoCentre) {
  CLAUSE("十三");
  const OrderName name = name_of("orders/CENTRE-1/7.json");
  EXPECT_TRUE(Order::parse(name, suspend_b().json()));
  EXPECT_TRUE(Order::parse(name, revoke_b().json()));
  EXPECT_EQ(Order::parse(name, suspend_second().json()).reason(), Reason::kForbidden);
}

TEST(OrderAuthority, ACentresOfficersEndTheirOwnOrdersAndNoOthers) {
  const OrderName name = name_of("orders/CENTRE-1/7.json");
  EXPECT_TRUE(Order::parse(name, resume_b("orders/CENTRE-1/6.json").json()));
  for (const char* other :
       {"orders/3.json", "orders/emergency/1.json", "orders/CENTRE-2/1.json"}) {
    EXPECT_EQ(Order::parse(name, resume_b(other).json()).reason(), Reason::kForbidden) << other;
    Order order = suspend_b();
    order.supersedes = {name_of(other)};
    EXPECT_EQ(Order::parse(name, order.json()).reason(), Reason::kForbidden) << other;
  }
}

}  // namespace
}  // namespace yizhan
