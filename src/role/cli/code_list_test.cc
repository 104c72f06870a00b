#include "role/cli/code_list.h"

#include <gtest/gtest.h>

namespace yizhan {
namespace {

using Codes = std::vector<std::string>;

TEST(CodeList, ReadsTheColumnsOfTheAddressBook) {
  EXPECT_EQ(codes_in_csv("\xef\xbb\xbf\"機關代碼\",\"單位代碼\",\"名稱\"\r\n"
                         "\"T37600000B\",\"\",\"澤林縣政府\"\r\n"
                         "\"T01000000A\",\"U010001\",\"測試部, \"\"資訊處\"\"\r\n二樓\"\r\n")
                .value(),
            (Codes{"T37600000B", "T01000000AU010001"}));
}

TEST(CodeList, ReadsColumnsInAnyOrderAndSkipsEmptyLines) {
  EXPECT_EQ(codes_in_csv("名稱, 機關代碼 ,電話\n縣府,T37600000B,1\n,,\n\n市府, T38100000C,2").value(),
            (Codes{"T37600000B", "T38100000C"}));
}

TEST(CodeList, ReadsAPlainList) {
  EXPECT_EQ(codes_in_csv("T37600000B\nT01000000AU010001\n").value(),
            (Codes{"T37600000B", "T01000000AU010001"}));
  EXPECT_TRUE(codes_in_csv("")->empty());
}

TEST(CodeList, NamesTheLineThatIsNone) {
  for (const char* text : {"機關代碼\nT37600000B\n縣府\n", "T37600000B\nx\ny\n"}) {
    const auto codes = codes_in_csv(text);
    ASSERT_EQ(codes.reason(), Reason::kMalformed);
    const bool third = std::string_view(text).starts_with("機");
    EXPECT_NE(codes.refusal().detail.find(third ? "第 3 列" : "第 2 列"), std::string::npos)
        << codes.refusal().detail;
  }
}

}  // namespace
}  // namespace yizhan
