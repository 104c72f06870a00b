#include <gtest/gtest.h>

#include "model/document/test_fixtures.h"

// Mistakes that real producers make. Each must be named, with its line and a remedy.

namespace yizhan {
namespace {

struct Trap {
  const char* name;
  const char* code;
  const char* line_of;  // text that stands on the line; empty: no line asked for
  const char* message;  // part of it
  const char* remedy;   // part of it
};

void PrintTo(const Trap& trap, std::ostream* out) { *out << trap.name; }

class Traps : public ::testing::TestWithParam<Trap> {};

TEST_P(Traps, AreNamedWithLineAndRemedy) {
  const Trap& trap = GetParam();
  const Bytes bytes = fixture(std::string("trap/") + trap.name + ".di");
  const auto checked = parse_document(bytes);
  EXPECT_FALSE(checked.ok());
  ASSERT_FALSE(checked.issues.empty());
  const Issue& issue = checked.issues.front();
  EXPECT_EQ(issue.code, trap.code) << describe(issue).dump();
  if (!std::string_view(trap.line_of).empty()) {
    EXPECT_EQ(issue.line, line_with(bytes, trap.line_of)) << describe(issue).dump();
  }
  EXPECT_NE(issue.message_zh.find(trap.message), std::string::npos) << issue.message_zh;
  EXPECT_NE(issue.remedy_zh.find(trap.remedy), std::string::npos) << issue.remedy_zh;
}

constexpr Trap kTraps[] = {
    {"secrecy_as_text", "content_forbidden", "普通</密等>", "〈密等〉應為空元素", "<密等/>"},
    {"address_before_contacts", "element_unexpected", "<地址>", "此處應為〈聯絡人及電話〉",
     "沒有 <地址>"},
    {"several_originals", "element_unexpected", "  <正本>\n    <全銜>雲岫",
     "出現〈正本〉，此處應為〈副本〉或〈署名〉", "只能有一個"},
    {"number_missing", "element_unexpected", "<速別", "此處應為〈發文字號〉", "補齊"},
    {"inspection_as_meeting", "type_definition_mismatch", "<!DOCTYPE",
     "〈會勘通知單〉不能使用「104_4_utf8.dtd」", "104_B_utf8.dtd"},
    {"old_roster_entity", "roster_entity_old", "交換表單=\"名單\"", "「名單」為 91 版", "「表單」"},
    {"roster_as_attachment", "roster_is_attachment", "<交換表 ", "同時列為交換表單與附件", "移除"},
    {"upper_case_sw", "roster_file_name", "", "1150001234.SW", ".sw"},
    {"entity_undeclared", "entity_undeclared", "附件名=", "「ATTCH1」未於 DOCTYPE 宣告", "宣告"},
    {"section_without_colon", "section_name_colon", "段名=\"說明\"", "缺少冒號", "「說明：」"},
    {"addressee_as_text", "text_unexpected", "<受文者>", "〈受文者〉之內不得直接填寫文字",
     "<交換表"},
    {"doctype_dropped", "doctype_missing", "<函>", "缺少 DOCTYPE", "重新匯出"},
    {"annotated_copy", "name_annotated", "(含附件)", "不得註記", "<含附件>"},
    {"chair_without_name", "element_unexpected", "<主持人>", "此處應為〈姓名〉", "<姓名>"},
    {"empty_originals", "element_missing", "<正本>", "〈正本〉內容不完整", "<總稱>"},
    {"sdi", "doctype_missing", "<公文>", "缺少 DOCTYPE", "重新匯出"},
    {"unregistered_type", "doctype_unregistered", "<!DOCTYPE", "104_cdx1_utf8.dtd", "104_2"},
    {"impossible_date", "date_invalid", "99年2月29日", "99年2月29日", "存在之日期"},
    {"bad_org_code", "org_code_invalid", "T0100<", "「T0100」有誤", "10 碼"},
    {"subject_after_sections", "element_unexpected", "<段落 段名", "此處應為〈主旨〉", "順序"},
    {"unescaped_ampersand", "entity_reference", "A&B", "不得有「&B", "&amp;"},
    {"tag_mismatch", "tag_mismatch", "地止", "〈地址〉與結束標籤〈地止〉", "〈/地址〉"},
    {"unknown_element", "element_unknown", "<住址>", "沒有〈住址〉", "名稱"},
    {"urgency_not_in_list", "attribute_value", "急件",
     "〈速別〉之「代碼=急件」有誤，應為〈普通件〉或〈速件〉或〈最速件〉", "規定之代碼"},
    {"notation_missing", "notation_undeclared", "", "「_X」未宣告", "<!NOTATION"},
    {"two_times_in_99", "element_unexpected", "10月9日", "此處應為〈開會地點〉", "次數"},
    {"utf8_called_big5", "encoding_broken", "", "編碼", "UTF-8"},
};
INSTANTIATE_TEST_SUITE_P(Documents, Traps, ::testing::ValuesIn(kTraps),
                         [](const auto& trap) { return std::string(trap.param.name); });

TEST(TrapFixtures, AreAllTested) {
  for (const auto& path : fixtures_in("trap", ".di")) {
    EXPECT_TRUE(std::any_of(std::begin(kTraps), std::end(kTraps), [&](const Trap& trap) {
      return path.stem() == trap.name;
    })) << path;
  }
}

TEST(TrapFixtures, RosterUnitWithoutItsCode) {
  const Bytes bytes = fixture("trap/unit_code_missing.sw");
  const auto checked = parse_roster(bytes);
  ASSERT_EQ(codes_of(checked.issues), "element_unexpected");
  EXPECT_EQ(checked.issues[0].found, "含附件");
  EXPECT_EQ(checked.issues[0].expected, std::vector<std::string>{"單位代碼"});
  EXPECT_EQ(checked.issues[0].line, line_with(bytes, "<含附件>"));
}

}  // namespace
}  // namespace yizhan
