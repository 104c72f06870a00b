#include "role/terminal/routes_test.h"

namespace yizhan {
namespace {

class StatisticsRoutes : public TerminalApi {
 protected:
  StatisticsRoutes() {
    letter_ = sent_letter();
    seal();
    received_mail();
  }
  std::string letter_;
  std::string csv(const std::string& query) {
    const Response answer = ask(Method::kGet, "/api/v1/statistics?format=csv&" + query);
    EXPECT_EQ(answer.content_type, "text/csv");
    return std::string(text_of(answer.body));
  }
};

TEST_F(StatisticsRoutes, CountWhatWasSentAndReceivedByTheDayOfTaipei) {
  const Json all = get("/statistics?by=day,type,mode");
  EXPECT_EQ(all.at("until"), "2026-11-22");
  ASSERT_EQ(all.at("items").size(), 3U);
  const Json& sent = all.at("items").at(0);
  EXPECT_EQ(sent.at("direction"), "sent");
  EXPECT_EQ(sent.at("day"), "2026-11-22");
  EXPECT_EQ(sent.at("type"), "letter");
  EXPECT_EQ(sent.at("mode"), "electronic");
  EXPECT_EQ(sent.at("recipients"), sent.at("unconfirmed"));
  EXPECT_EQ(sent.at("unconfirmed_rate"), 1.0);
  EXPECT_EQ(sent.at("paper"), 0);
  EXPECT_EQ(all.at("items").at(1).at("mode"), "paper");
  EXPECT_EQ(all.at("items").at(1).at("recipients"), 0);
  EXPECT_EQ(all.at("items").at(1).at("paper"), 1) << "named in the letter, not in its roster";
  EXPECT_EQ(all.at("items").at(2).at("direction"), "received");
  EXPECT_TRUE(get("/statistics?from=2026-11-01&until=2026-11-21").at("items").empty());
}

TEST_F(StatisticsRoutes, NameTheAgencies) {
  const Json items = get("/statistics?by=agency").at("items");
  ASSERT_FALSE(items.empty());
  std::map<std::string, std::string> names;
  for (const Json& item : items) names[item.at("org_code")] = item.at("name");
  EXPECT_EQ(names.at("T37600000B"), "澤林縣政府");
}

TEST_F(StatisticsRoutes, AreATableForSpreadsheets) {
  database_.transact([&](Transaction& tx) {
    Sending sending = OutboxStore().find(tx, DocumentId::parse(letter_).value()).value();
    sending.type = "=cmd|\"x\"!A1";
    OutboxStore().save(tx, sending);
  });
  const std::string table = csv("by=type");
  EXPECT_TRUE(table.starts_with("\xef\xbb\xbf\"收發\",\"文別\",\"件數\"")) << table;
  EXPECT_NE(table.find("\"'=cmd|\"\"x\"\"!A1\""), std::string::npos)
      << "no formula comes out of it: " << table;
  EXPECT_TRUE(table.ends_with("\r\n"));
}

TEST_F(StatisticsRoutes, RefuseWhatTheyDoNotKnow) {
  for (const char* query : {"by=colour", "format=xlsx", "from=2026-13-01",
                            "from=2026-11-02&until=2026-11-01", "from=1990-01-01"}) {
    const Response refused = ask(Method::kGet, std::string("/api/v1/statistics?") + query);
    EXPECT_EQ(refused.status, 400) << query;
    EXPECT_EQ(json_of(refused).at("code"), "bad_request") << query;
  }
}

}  // namespace
}  // namespace yizhan
