#include <gtest/gtest.h>

#include "role/cli/session.h"

// What `centre status` and `doctor` say of what management handed down.

namespace yizhan {
namespace {

TEST(DistributionNote, SaysHowOldItIsAndThatAnAwayCentreIsNoAlarmYet) {
  const Json handed = {{"version", 42},
                       {"age_seconds", 130},
                       {"stale", false},
                       {"expired", false},
                       {"expires", "2026-11-29T06:00:00Z"},
                       {"reason", {{"code", "unavailable"}, {"title", "暫時無法提供服務"}}}};
  EXPECT_TRUE(is_followed(handed));
  EXPECT_EQ(distribution_note(handed).find("第 42 版，2 分鐘前取得，效期至 115-11-29 14:00:00"), 0U)
      << distribution_note(handed);
  EXPECT_NE(distribution_note(handed).find("暫時無法提供服務"), std::string::npos);
}

TEST(DistributionNote, SaysThatManagementHasBeenSilentForTooLong) {
  Json handed = {{"version", 42}, {"age_seconds", 86'400}, {"stale", true}, {"expired", false}};
  EXPECT_FALSE(is_followed(handed));
  EXPECT_NE(distribution_note(handed).find("久無新的派送"), std::string::npos);
  handed["expired"] = true;
  EXPECT_FALSE(is_followed(handed));
  EXPECT_NE(distribution_note(handed).find("已逾效期，暫停收發"), std::string::npos);
}

TEST(DistributionNote, SaysWhatDoesNotHold) {
  const Json handed = {{"version", 42},
                       {"age_seconds", 5},
                       {"reason", {{"code", "threshold_not_met"}, {"title", "簽署人數不足"}}}};
  EXPECT_FALSE(is_followed(handed));
  EXPECT_NE(distribution_note(handed).find("簽署人數不足"), std::string::npos);
}

}  // namespace
}  // namespace yizhan
