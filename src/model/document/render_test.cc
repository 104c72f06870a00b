#include <gtest/gtest.h>

#include "model/document/test_fixtures.h"

namespace yizhan {
namespace {

Document read(std::string_view path) { return parse_document(fixture(path)).value.value(); }

TEST(Render, ShowsALetterAsItStandsOnPaper) {
  EXPECT_EQ(render_text(read("valid/104_utf8/letter.di")), R"(檔　　號：
保存年限：

測試部　函

地址：100001 測試市中正路1號
承辦人：王小明
電話：(02)5555-0100 轉 123
電子信箱：ming@moth.example

受文者：如正副本行文單位
發文日期：中華民國115年10月2日
發文字號：測資字第1150001234號
速別：速件
密等及解密條件或保密期限：
附件：如說明三
　・1150001234-ATTCH1.odt
　・1150001234-ATTCH2.pdf

主旨：檢送「公文電子交換推動計畫」及作業須知各1份，請　查照並轉知所屬。
說明：
　一、依據本部115年9月15日會議決議辦理。
　二、本計畫自115年11月1日起施行，重點如下：
　　（一）各機關收文後，應於次一工作日前確認。
　　（二）附件以 ODF 或 PDF 格式為原則，其 A&B 兩類：
　　　1、可編輯者用 ODF。
　　　2、不可編輯者用 PDF。
　三、檢附計畫書及作業須知各1份。

正本：澤林縣政府、雲岫市政府
副本：測試部資訊處（含附件）、霧峽鎮公所

部長　林大同
)");
}

TEST(Render, ShowsWhenAndWhereOneMeets) {
  const std::string text = render_text(read("valid/104_utf8/inspection.di"));
  EXPECT_NE(text.find("測試部　會勘通知單\n"), std::string::npos);
  EXPECT_NE(text.find("會勘時間：中華民國115年10月8日（星期四）上午9時30分\n"), std::string::npos);
  EXPECT_NE(text.find("聯絡人及電話：王小明科員　(02)5555-0100\n"), std::string::npos);
  EXPECT_NE(text.find("出席者：澤林縣政府、雲岫市政府、陳一心教授\n"), std::string::npos);
}

TEST(Render, ShowsWhatThePartsOfEachKindAre) {
  EXPECT_NE(render_text(read("valid/104_utf8/notice.di")).find("公告事項：\n　一、閱覽期間"),
            std::string::npos);
  EXPECT_NE(render_text(read("valid/104_utf8/memo.di")).find("敬陳：張三處長、部長\n"),
            std::string::npos);
  EXPECT_NE(render_text(read("valid/104_utf8/coreview.di")).find("受會單位：法制處\n"),
            std::string::npos);
  EXPECT_NE(render_text(read("valid/104_utf8/order.di")).find("測試部　令\n"), std::string::npos);
  EXPECT_NE(render_text(read("valid/104_utf8/split.di")).find("測試部　書函\n"), std::string::npos);
}

TEST(Render, CallsANumberWhatItsKindCallsIt) {
  EXPECT_NE(render_text(read("valid/104_utf8/memo.di")).find("\n文號：第1150001340號\n"),
            std::string::npos);
  EXPECT_NE(render_text(read("valid/104_utf8/coreview.di")).find("\n收文字號：測資字第"),
            std::string::npos);
}

TEST(Describe, LeavesUnstatedThingsNull) {
  const auto json = describe(read("valid/104_utf8/split.di"));
  EXPECT_EQ(json["kind"], "letter");
  EXPECT_EQ(json["send_mode"], "split");
  EXPECT_TRUE(json["urgency"].is_null());
  EXPECT_TRUE(json["secrecy"].is_null());
  EXPECT_FALSE(json.contains("by_roster"));
  EXPECT_EQ(json["addressee"]["org_code"], "T37600000B");
  EXPECT_EQ(json["numbers"][0]["text"], "測資字第1150001240-1號");
  EXPECT_EQ(json["attachments"][0]["file_name"], "1150001240-ATTCH1.pdf");
}

TEST(Describe, TellsRosterAndIssue) {
  const auto roster = describe(parse_roster(fixture("valid/99_utf8/letter.sw")).value.value());
  EXPECT_EQ(roster["edition"], "99");
  EXPECT_EQ(roster["entries"][2]["kind"], "unit");
  EXPECT_EQ(roster["entries"][2]["copy_kind"], "副本");
  const auto issue =
      describe(parse_document(fixture("trap/section_without_colon.di")).issues.at(0));
  EXPECT_EQ(issue["code"], "section_name_colon");
  EXPECT_GT(issue["line"], 1);
}

}  // namespace
}  // namespace yizhan
