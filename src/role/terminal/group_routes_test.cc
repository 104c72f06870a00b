#include "model/document/document.h"
#include "role/terminal/routes_test.h"

namespace yizhan {
namespace {

class Groups : public TerminalApi {
 protected:
  static constexpr const char* kCounty = "T37600000B";
  static constexpr const char* kCity = "T38100000C";
  static constexpr const char* kUnit = "T01000000AU010001";

  static Json wish(const std::vector<std::string>& members, int version = 0,
                   const std::string& owner = "") {
    return {{"name", "常用"}, {"owner", owner}, {"version", version}, {"members", members},
            {"person", "王小明"}};
  }
  Response save(const Json& group) { return post("/groups", group); }
  static std::string path(const std::string& rest = "") {
    return "/groups/%E5%B8%B8%E7%94%A8" + rest;  // 常用
  }
  std::string detail_of(const Response& refused) {
    return json_of(refused).at("detail").get<std::string>();
  }
};

TEST_F(Groups, KeepEachVersion) {
  EXPECT_EQ(json_of(save(wish({kCounty}))).at("version"), 1);
  EXPECT_EQ(json_of(save(wish({kCounty, kUnit}, 1))).at("version"), 2);
  const Json now = get(path());
  EXPECT_EQ(now.at("count"), 2);
  EXPECT_EQ(now.at("person"), "王小明");
  EXPECT_EQ(now.at("members").at(1).at("name"), "測試部 測試部資訊處");
  EXPECT_EQ(now.at("members").at(1).at("can_receive"), true);
  EXPECT_EQ(get(path("?version=1")).at("count"), 1);
  EXPECT_EQ(ask(Method::kGet, "/api/v1" + path("?version=3")).status, 404);
}

TEST_F(Groups, WhatSomebodyElseChangedIsNotOverwritten) {
  ASSERT_EQ(save(wish({kCounty})).status, 200);
  ASSERT_EQ(save(wish({kCity}, 1)).status, 200);
  EXPECT_EQ(save(wish({kCounty}, 1)).status, 409);
  EXPECT_EQ(save(wish({kCounty}, 0)).status, 409);
  EXPECT_EQ(get(path()).at("members").at(0).at("org_code"), kCity);
}

TEST_F(Groups, AreSharedOrOnesOwn) {
  ASSERT_EQ(save(wish({kCounty})).status, 200);
  ASSERT_EQ(save(wish({kCity}, 0, "王小明")).status, 200);
  EXPECT_EQ(get("/groups").at("items").size(), 1U);
  EXPECT_EQ(get("/groups?owner=%E7%8E%8B%E5%B0%8F%E6%98%8E").at("items").size(), 2U);
  EXPECT_EQ(get("/groups?owner=somebody").at("items").size(), 1U);
  EXPECT_EQ(get(path("?owner=%E7%8E%8B%E5%B0%8F%E6%98%8E")).at("members").at(0).at("org_code"),
            kCity);
}

TEST_F(Groups, AreRemovedButNotForgotten) {
  ASSERT_EQ(save(wish({kCounty})).status, 200);
  EXPECT_EQ(ask(Method::kDelete, "/api/v1" + path()).status, 400) << "by nobody";
  EXPECT_EQ(ask(Method::kDelete, "/api/v1" + path("?person=chen")).status, 204);
  EXPECT_EQ(ask(Method::kGet, "/api/v1" + path()).status, 404);
  EXPECT_TRUE(get("/groups").at("items").empty());
  EXPECT_EQ(get(path("?version=1")).at("count"), 1);
  EXPECT_EQ(json_of(save(wish({kCity}))).at("version"), 3) << "made anew";
}

TEST_F(Groups, TellAllThatIsWrongAtOnce) {
  const Response refused = save(wish({kCounty, "T99900000X", kCounty, "短", "T37600000BU999999"}));
  EXPECT_EQ(refused.status, 422);
  const std::string detail = detail_of(refused);
  for (const char* code : {"T99900000X", kCounty, "短", "T37600000BU999999"}) {
    EXPECT_NE(detail.find(code), std::string::npos) << code << ": " << detail;
  }
  EXPECT_EQ(save(wish({})).status, 400);
  Json nameless = wish({kCounty});
  nameless["name"] = "";
  EXPECT_EQ(save(nameless).status, 400);
  EXPECT_TRUE(get("/groups").at("items").empty()) << "and nothing is kept of it";
}

TEST_F(Groups, BecomeARosterWithTheNamesOfToday) {
  ASSERT_EQ(save(wish({kCounty, kUnit})).status, 200);
  const Response answer = ask(Method::kGet, "/api/v1" + path("/roster?copy=copy"));
  ASSERT_EQ(answer.status, 200);
  const Roster roster = parse_roster(answer.body).value.value();
  ASSERT_EQ(roster.entries.size(), 2U);
  EXPECT_EQ(roster.entries[0].name, "澤林縣政府");
  EXPECT_EQ(roster.entries[0].copy_kind, CopyForm::kCopy);
  EXPECT_EQ(roster.entries[1].unit_code, "U010001");
  EXPECT_EQ(roster.entries[1].kind, PartyKind::kUnit);
}

TEST_F(Groups, LeaveOutWhomTheClerkSaysAndNobodyElse) {
  ASSERT_EQ(save(wish({kCounty, kCity})).status, 200);
  const Response answer =
      ask(Method::kGet, "/api/v1" + path(std::string("/roster?except=") + kCity));
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(parse_roster(answer.body).value->entries.size(), 1U);
  const Response unknown = ask(Method::kGet, "/api/v1" + path("/roster?except=T39000000D"));
  EXPECT_EQ(unknown.status, 400);
  exchange_.agencies[2].standing = Standing::kClosed;
  ASSERT_TRUE(directory_.adopt(
      sign_directory(exchange_.directory(2), exchange_.management, kTestNow).value()).value());
  const Response closed = ask(Method::kGet, "/api/v1" + path("/roster"));
  EXPECT_EQ(closed.status, 422);
  EXPECT_NE(detail_of(closed).find(kCity), std::string::npos);
  EXPECT_EQ(get(path()).at("members").at(1).at("can_receive"), false);
}

TEST_F(Groups, GoIntoASpreadsheetWithTheAddressBooksColumns) {
  ASSERT_EQ(save(wish({kUnit})).status, 200);
  const Response csv = ask(Method::kGet, "/api/v1" + path("?format=csv"));
  EXPECT_EQ(std::string(text_of(csv.body)),
            "\xef\xbb\xbf\"機關代碼\",\"單位代碼\",\"名稱\",\"狀態\",\"可收文\",\"所屬交換中心\","
            "\"上級機關\"\r\n"
            "\"T01000000A\",\"U010001\",\"測試部 測試部資訊處\",\"active\",\"是\",\"CENTRE-1\",\"\"\r\n");
  const Response book = ask(Method::kGet, "/api/v1/address-book?format=csv");
  EXPECT_EQ(book.content_type, "text/csv");
  EXPECT_NE(text_of(book.body).find("T39000000D"), std::string_view::npos);
}

}  // namespace
}  // namespace yizhan
