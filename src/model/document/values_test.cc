#include "model/document/values.h"

#include <gtest/gtest.h>

namespace yizhan {
namespace {

TEST(RocDate, ReadsBothWritings) {
  const RocDate date = *RocDate::parse("中華民國115年10月2日");
  EXPECT_EQ(date.seven_digits(), "1151002");
  EXPECT_EQ(date.year(), 115);
  EXPECT_EQ(*RocDate::parse("1151002"), date);
  EXPECT_EQ(*RocDate::parse(" 中華民國 115年\n10月02日 "), date);
  EXPECT_EQ(RocDate::parse("0991231")->text(), "中華民國99年12月31日");
  EXPECT_EQ(RocDate::parse("0010101")->day(),
            std::chrono::sys_days(std::chrono::year(1912) / 1 / 1));
  EXPECT_EQ(RocDate::of(date.day()), date);
  EXPECT_TRUE(RocDate::parse("1130229").ok());  // 2024, a leap year
}

TEST(RocDate, RefusesDaysThatNeverWere) {
  for (const char* text : {"0990229", "中華民國99年2月29日", "1151301", "1151032", "0000101",
                           "中華民國115年10月0日", "中華民國115年10月2日上午", "115年10月2日", "",
                           "115100", "中華民國1150年1月1日", "11510 2"}) {
    const auto date = RocDate::parse(text);
    ASSERT_FALSE(date.ok()) << text;
    EXPECT_EQ(date.reason(), Reason::kMalformed);
    EXPECT_NE(date.refusal().detail.find(text), std::string::npos);
  }
}

TEST(DocumentNumber, IsPrintedAsPeopleWriteIt) {
  DocumentNumber number{.word = "澤社", .year = "115", .serial = "0001234"};
  EXPECT_EQ(number.text(), "澤社字第1150001234號");
  number.word = "澤社字";
  number.branch = "2";
  EXPECT_EQ(number.text(), "澤社字第1150001234-2號");
  number.free_text = "如文";
  EXPECT_EQ(number.text(), "如文");
  EXPECT_TRUE(DocumentNumber{}.empty());
}

TEST(Codes, HaveTheirLengthAndAlphabet) {
  EXPECT_TRUE(is_org_code("A15000000E"));
  EXPECT_FALSE(is_org_code("A15000000e"));
  EXPECT_FALSE(is_org_code("A15000000"));
  EXPECT_FALSE(is_org_code("A1500-000E"));
  EXPECT_TRUE(is_unit_code("U022000"));
  EXPECT_FALSE(is_unit_code("U0220000"));
}

TEST(Text, IsFoldedWithoutGapsBetweenCharacters) {
  EXPECT_EQ(fold_text("\n   第一行\n   第二行 "), "第一行第二行");
  EXPECT_EQ(fold_text("one\n  two"), "one two");
  EXPECT_EQ(fold_text("採用\n  ODF 格式"), "採用ODF 格式");
  EXPECT_EQ(fold_text("請　鑒核  二"), "請　鑒核  二");
  EXPECT_EQ(fold_text(" \n "), "");
}

}  // namespace
}  // namespace yizhan
