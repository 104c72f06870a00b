#include "role/cli/text.h"

#include <gtest/gtest.h>

#include <sstream>

namespace yizhan {
namespace {

TEST(DisplayWidth, CountsAChineseCharacterAsTwoColumns) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("測試部"), 6U);
  EXPECT_EQ(display_width("（Ａ）"), 6U);
  EXPECT_EQ(display_width("𠮷"), 2U);  // outside the basic plane
}

TEST(DisplayWidth, CountsWhatCombinesAsNothing) {
  EXPECT_EQ(display_width("e\u0301"), 1U);
  EXPECT_EQ(display_width("a\u200Bb"), 2U);
}

TEST(ShownText, LetsNoControlReachTheScreen) {
  EXPECT_EQ(shown_text("主旨\x1b[2Jx\n"), "主旨�[2Jx�");
  EXPECT_EQ(shown_text("a\u202Etxt.exe"), "a�txt.exe");
  EXPECT_EQ(shown_text("\xff壞"), "�壞");
}

TEST(RocTime, ShowsTheYearOfTheRepublicAndTheHourOfTaipei) {
  EXPECT_EQ(roc_time("2026-11-22T03:04:05.678Z"), "115-11-22 11:04:05");
  EXPECT_EQ(roc_time("2025-12-31T20:00:00Z"), "115-01-01 04:00:00");
  EXPECT_EQ(roc_time(""), "");
}

TEST(SizeText, ChoosesTheUnit) {
  EXPECT_EQ(size_text(0), "0 B");
  EXPECT_EQ(size_text(1536), "1.5 KiB");
  EXPECT_EQ(size_text(std::uint64_t{1} << 30), "1.0 GiB");
}

TEST(TextTable, AlignsColumnsByTheirWidthOnTheScreen) {
  TextTable table({"受文者", "狀態"});
  table.add({"測試部", "已收取"});
  table.add({"abc", "掃描中"});
  std::ostringstream out;
  table.print(out);
  EXPECT_EQ(out.str(), "受文者  狀態\n測試部  已收取\nabc     掃描中\n");
}

TEST(ReasonText, SaysWhatAndHowToMendIt) {
  EXPECT_EQ(
      reason_text({{"title", "掃毒服務無法使用"}, {"detail", ""}, {"remedy", "將自動續辦。"}}),
      "掃毒服務無法使用；將自動續辦。");
  EXPECT_EQ(reason_text(Json()), "");
}

}  // namespace
}  // namespace yizhan
