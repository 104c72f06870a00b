#include "role/terminal/routes_test.h"

#include <set>

namespace yizhan {
namespace {

using std::chrono::hours;

// The letters are sealed on a Sunday in Taipei, 2026-11-22.
class Worklist : public TerminalApi {
 protected:
  std::string sealed_letter() {
    const std::string id = sent_letter();
    seal();
    EXPECT_EQ(get("/documents/" + id).at("state"), "sealed");
    return id;
  }
  Json items(const std::string& query = "") { return get("/worklist" + query).at("items"); }
  Response note(const std::string& document, const Json& wish) {
    return post("/documents/" + document + "/follow-ups", wish);
  }
  static Json phoned() {
    return {{"org_code", "T37600000B"}, {"kind", "phoned"}, {"person", "王小明"},
            {"note", "承辦人出差"}};
  }
  void recipient_confirms(const std::string& document) {
    const std::string message =
        get("/documents/" + document).at("packages").at(0).at("message_id");
    database_.transact([&](Transaction& tx) {
      OutboxStore outbox;
      for (OutgoingRecipient& recipient :
           outbox.recipients_of(tx, MessageId::parse(message).value())) {
        recipient.state = RecipientState::kConfirmed;
        outbox.save(tx, recipient);
      }
    });
  }
};

TEST_F(Worklist, ShowsWhatWasNotConfirmedByTheNextWorkingDay) {
  const std::string id = sealed_letter();
  EXPECT_TRUE(items().empty()) << "not before the next working day";
  clock_.pass(hours{24});
  const Json list = get("/worklist");
  EXPECT_EQ(list.at("day"), "2026-11-23");
  EXPECT_EQ(list.at("working_day"), "2026-11-23");
  EXPECT_TRUE(list.at("calendar_known"));
  std::set<std::string> codes;
  for (const Json& item : list.at("items")) {
    codes.insert(item.at("org_code"));
    EXPECT_EQ(item.at("document_id"), id);
    EXPECT_EQ(item.at("due"), "2026-11-23");
    EXPECT_EQ(item.at("state"), "waiting");
    EXPECT_FALSE(item.at("expires_soon"));
  }
  EXPECT_TRUE(codes.contains("T37600000B"));
  recipient_confirms(id);
  EXPECT_LT(items().size(), list.at("items").size());
}

TEST_F(Worklist, WaitsOverHolidaysAndKnowsTheAgencysOwn) {
  sealed_letter();
  make_directory(folder_.path / "working_days");
  write_durably(folder_.path / "working_days/typhoon.csv",
                bytes_of("西元日期,星期,是否放假,備註\n20261123,一,2,颱風\n20261124,二,2,颱風\n"));
  clock_.pass(hours{24});
  EXPECT_TRUE(items().empty()) << "a day off";
  EXPECT_TRUE(items("?day=2026-11-24").empty()) << "another";
  ASSERT_FALSE(items("?day=2026-11-25").empty());
  EXPECT_EQ(items("?day=2026-11-25").at(0).at("due"), "2026-11-25");
}

TEST_F(Worklist, TellsWhoKeepsItsTablesWhichOneIsNone) {
  make_directory(folder_.path / "working_days");
  write_durably(folder_.path / "working_days/2027.csv", bytes_of("<html>"));
  const Response refused = ask(Method::kGet, "/api/v1/worklist");
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(json_of(refused).at("detail").get<std::string>().find("2027.csv"), std::string::npos);
}

TEST_F(Worklist, ShowsOneWhoWasPhonedAgainOnTheNextWorkingDay) {
  const std::string id = sealed_letter();
  clock_.pass(hours{24});
  const std::size_t before = items().size();
  ASSERT_EQ(note(id, phoned()).status, 200);
  EXPECT_EQ(note(id, phoned()).status, 200) << "the same again is the same";
  EXPECT_EQ(items().size(), before - 1);
  clock_.pass(hours{24});
  ASSERT_EQ(items().size(), before);
  const Json follow_ups = get("/documents/" + id).at("packages").at(0).at("follow_ups");
  ASSERT_EQ(follow_ups.size(), 1U);
  EXPECT_EQ(follow_ups.at(0).at("kind"), "phoned");
  EXPECT_EQ(follow_ups.at(0).at("note"), "承辦人出差");
}

TEST_F(Worklist, GivesThePaperListWhatWasPostedWithItsMark) {
  const std::string id = sealed_letter();
  clock_.pass(hours{24});
  const std::size_t before = items().size();
  Json paper = phoned();
  paper["kind"] = "paper";
  ASSERT_EQ(note(id, paper).status, 200);
  clock_.pass(hours{24 * 5});
  EXPECT_EQ(items().size(), before - 1) << "settled";
  const Json list = get("/paper").at("items");
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list.at(0).at("org_code"), "T37600000B");
  EXPECT_EQ(list.at(0).at("mark"), "已電子交換未確認");
  EXPECT_EQ(list.at(0).at("cause"), "unconfirmed");
  EXPECT_EQ(list.at(1).at("name"), "霧峽鎮公所") << "named in the letter, not in its roster";
  EXPECT_EQ(list.at(1).at("document_id"), id);
  EXPECT_EQ(list.at(1).at("mark"), "");
  EXPECT_EQ(list.at(1).at("cause"), "unlisted");
  EXPECT_EQ(get("/paper?limit=1").at("items").size(), 1U);
  EXPECT_TRUE(get("/paper?since=2026-11-25").at("items").empty());
}

TEST_F(Worklist, IsSettledByAResendForThoseItIsSentTo) {
  const std::string id = sealed_letter();
  const std::string message = get("/documents/" + id).at("packages").at(0).at("message_id");
  clock_.pass(hours{24});
  const std::size_t before = items().size();
  Json order = letter_order();
  order["resend"] = {{"of", message}, {"reason", "6"}};
  const Response again = post("/drafts/" + letter_draft() + "/sending", order, "key-2");
  ASSERT_EQ(again.status, 202) << text_of(again.body);
  seal();
  ASSERT_EQ(get("/documents/" + json_of(again).at("id").get<std::string>()).at("state"), "sealed");
  for (const Json& item : items()) EXPECT_NE(item.at("message_id"), message);
  EXPECT_LT(items().size(), before);
  const Json follow_ups = get("/documents/" + id).at("packages").at(0).at("follow_ups");
  ASSERT_FALSE(follow_ups.empty());
  EXPECT_EQ(follow_ups.at(0).at("kind"), "resent");
}

TEST_F(Worklist, SaysWhatExpiresBeforeTheNextWorkingDayIsOver) {
  sealed_letter();
  const Json first = items("?day=2026-11-23").at(0);
  const Time expires = *Time::parse(first.at("expires").get<std::string>());
  clock_.pass(expires - clock_.now() - hours{20});
  for (const Json& item : items()) EXPECT_TRUE(item.at("expires_soon"));
}

TEST_F(Worklist, RefusesWhatItCanNotNote) {
  const std::string id = sealed_letter();
  const auto code_of = [&](const std::string& document, Json wish, const Json& change) {
    wish.update(change);
    return json_of(note(document, wish)).at("code").get<std::string>();
  };
  EXPECT_EQ(code_of(id, phoned(), {{"kind", "resent"}}), "bad_request");
  EXPECT_EQ(code_of(id, phoned(), {{"kind", "forgotten"}}), "bad_request");
  EXPECT_EQ(code_of(id, phoned(), {{"org_code", "T39000000D"}, {"unit_code", "U019999"}}),
            "not_found");
  EXPECT_EQ(code_of(id, phoned(), {{"note", std::string(1001, 'x')}}), "bad_request");
  EXPECT_EQ(code_of("0198f0d2-7d3e-7000-8000-000000000000", phoned(), Json::object()),
            "not_found");
  EXPECT_EQ(json_of(ask(Method::kGet, "/api/v1/worklist?day=yesterday")).at("code"),
            "bad_request");
  recipient_confirms(id);
  EXPECT_EQ(code_of(id, phoned(), Json::object()), "step_not_allowed");
}

}  // namespace
}  // namespace yizhan
