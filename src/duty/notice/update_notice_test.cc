#include "duty/notice/update_notice.h"

#include <gtest/gtest.h>

#include "duty/notice/notice_cases_test.h"

namespace yizhan {
namespace {

TEST(UpdateNotice, ComesBackAsWrittenAndIsNamedByItsPath) {
  const UpdateNotice notice = openssl_notice();
  const UpdateNotice read = UpdateNotice::parse("notices/7.json", notice.json()).value();
  EXPECT_EQ(read.describe(), notice.describe());
  EXPECT_EQ(read.path(), "notices/7.json");
  EXPECT_EQ(Json::parse(text_of(notice.json())).count("number"), 0U);
}

TEST(UpdateNotice, HasAPathInTheOneWayOfWritingIt) {
  for (const char* path : {"notices/.json", "notices/07.json", "notices/0.json", "notices/-1.json",
                           "notices/7", "notices/a/7.json", "baselines/7.json", "notices/7.jso"}) {
    EXPECT_EQ(UpdateNotice::number_in(path).reason(), Reason::kMalformed) << path;
  }
}

// Whoever plans needs all of it.
TEST(UpdateNotice, LeavesNothingOut) {
  const Json whole = Json::parse(text_of(openssl_notice().json()));
  const auto parsed = [](const Json& json) {
    return UpdateNotice::parse("notices/7.json", bytes_of(json.dump()));
  };
  ASSERT_TRUE(parsed(whole));
  for (const auto& [name, value] : whole.items()) {
    Json less = whole;
    less.erase(name);
    EXPECT_EQ(parsed(less).reason(), Reason::kMalformed) << name;
  }
  for (const char* name : {"title", "vulnerability", "impact", "test"}) {
    Json empty = whole;
    empty[name] = "";
    EXPECT_EQ(parsed(empty).reason(), Reason::kMalformed) << name;
  }
  Json other = whole;
  other["issued"] = "2026-02-30";
  EXPECT_EQ(parsed(other).reason(), Reason::kMalformed);
  other = whole;
  other["references"] = Json::array({7});
  EXPECT_EQ(parsed(other).reason(), Reason::kMalformed);
  other = whole;
  other["format"] = "yizhan-update-notice-2";
  EXPECT_EQ(parsed(other).reason(), Reason::kUnknownFormat);
}

TEST(UpdateNotice, GivesAWeekForThePlan) {
  CLAUSE("五(二)1");
  const WorkingCalendar calendar = WorkingCalendar::load({}).value();
  const ObligationKind plan = obligation_kinds().at(kUpdatePlan);
  EXPECT_EQ(text_of(due_day(plan, day("2026-11-25"), calendar)), "2026-12-02");
  EXPECT_EQ(text_of(due_day(plan, day("2026-11-22"), calendar)), "2026-11-30") << "after a Sunday";
}

}  // namespace
}  // namespace yizhan
