#include "role/management/people_routes.h"

#include "role/management/management_desks_test.h"
#include "tests/support/authenticator.h"
#include "tests/support/clause.h"

namespace yizhan {
namespace {

using enum Method;

constexpr const char* kPassword = "Correct-horse-8";
const Json kWang = {{"name", "wang.daming"},
                    {"person", "王大明"},
                    {"scope", ""},
                    {"roles", {"management_officer"}}};

class PeopleAtManagement : public ManagementDesks {
 protected:
  // The host's operator opens the first account; its owner chooses a password.
  void begin() {
    const Response opened = ask(of_host(request(kPost, "/v1/accounts", kWang)));
    ASSERT_EQ(opened.status, 201) << text_of(opened.body);
    renew(json_of(opened).at("recovery"));
  }
  void renew(const std::string& token) {
    const Response renewed =
        ask(request(kPost, "/v1/recovery", {{"token", token}, {"new_password", kPassword}}));
    ASSERT_EQ(renewed.status, 200) << text_of(renewed.body);
    app_ = secret_in_uri(json_of(renewed).at("authenticator").get<std::string>());
  }
  std::string code() {
    clock_.pass(std::chrono::seconds{30});
    return totp_code(app_, totp_step_at(clock_.now()));
  }
  Response enter(const std::string& password, const std::string& code) {
    return ask(request(kPost, "/v1/session",
                       {{"name", "wang.daming"}, {"password", password}, {"code", code}}));
  }
  std::string token() { return json_of(enter(kPassword, code())).at("token"); }

  SecretBytes app_;
};

TEST_F(PeopleAtManagement, BeginWithTheHostsOperatorAndTheirOwnPasswordAndApp) {
  begin();
  const Response entered = enter(kPassword, code());
  ASSERT_EQ(entered.status, 200) << text_of(entered.body);
  const std::string token = json_of(entered).at("token");
  const Response who = ask(with_token(request(kGet, "/v1/session"), token));
  EXPECT_EQ(json_of(who).at("account").at("person"), "王大明");
  EXPECT_EQ(count("account_opened"), 1);
  EXPECT_EQ(count("logged_in"), 1);
}

TEST_F(PeopleAtManagement, NeitherPasswordNorCodeAloneLetsAnybodyIn) {
  begin();
  EXPECT_EQ(code_of_answer(enter("Wrong-horse-9", code())), "log_in_refused");
  EXPECT_EQ(code_of_answer(enter(kPassword, "000000")), "log_in_refused");
  EXPECT_EQ(count("log_in_refused"), 2);
}

TEST_F(PeopleAtManagement, LogOutAndAreOut) {
  begin();
  const std::string mine = token();
  EXPECT_EQ(ask(with_token(request(kDelete, "/v1/session"), mine)).status, 200);
  EXPECT_EQ(code_of_answer(ask(with_token(request(kGet, "/v1/board"), mine))), "not_logged_in");
}

TEST_F(PeopleAtManagement, ChangeTheirPasswordWithTheOldOne) {
  begin();
  const auto change = [this](const std::string& mine, const char* old_password) {
    return ask(
        with_token(request(kPost, "/v1/password",
                           {{"old_password", old_password}, {"new_password", "Another-mare-9"}}),
                   mine));
  };
  EXPECT_EQ(code_of_answer(change(token(), "Wrong-horse-9")), "log_in_refused");
  EXPECT_EQ(change(token(), kPassword).status, 200);
  EXPECT_EQ(enter("Another-mare-9", code()).status, 200);
  EXPECT_EQ(code_of_answer(enter(kPassword, code())), "log_in_refused");
}

TEST_F(PeopleAtManagement, AnAdministratorOpensChangesRecoversAndCloses) {
  begin();
  const std::string mine = token();
  const Json lin = {
      {"name", "lin"}, {"person", "林小華"}, {"scope", "CENTRE-1"}, {"roles", {"centre_operator"}}};
  const auto act = [&](Method method, const std::string& path, const Json& body = nullptr) {
    return ask(with_token(request(method, path, body), mine));
  };
  ASSERT_EQ(act(kPost, "/v1/accounts", lin).status, 201);
  EXPECT_EQ(code_of_answer(act(kPost, "/v1/accounts", lin)), "conflict") << "a name is one's own";
  EXPECT_EQ(act(kPut, "/v1/accounts/lin/roles", {{"roles", {"auditor"}}}).status, 200);
  EXPECT_EQ(
      json_of(act(kPost, "/v1/accounts/lin/recovery")).at("recovery").get<std::string>().size(),
      64U);
  EXPECT_EQ(act(kPost, "/v1/accounts/lin/closing").status, 200);
  const Json items = json_of(act(kGet, "/v1/accounts")).at("items");
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items[0].at("roles"), Json{"auditor"});
  EXPECT_TRUE(items[0].contains("closed"));
  EXPECT_EQ(code_of_answer(act(kPost, "/v1/accounts/nobody/closing")), "not_found");
}

TEST_F(PeopleAtManagement, NobodyKeepsAccountsBeyondTheirReach) {
  begin();
  const std::string mine =
      log_in("agency.admin", {"terminal_administrator"}, exchange_.a.code.text());
  const auto act = [&](Method method, const std::string& path, const Json& body = nullptr) {
    return code_of_answer(ask(with_token(request(method, path, body), mine)));
  };
  EXPECT_EQ(act(kPost, "/v1/accounts", kWang), "role_missing");
  EXPECT_EQ(act(kPost, "/v1/accounts/wang.daming/recovery"), "role_missing");
  EXPECT_EQ(act(kPost, "/v1/accounts/wang.daming/closing"), "role_missing");
  EXPECT_EQ(act(kPut, "/v1/accounts/agency.admin/roles", {{"roles", {"management_officer"}}}),
            "role_missing");
  const Json seen = json_of(ask(with_token(request(kGet, "/v1/accounts"), mine))).at("items");
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].at("name"), "agency.admin");
}

TEST_F(PeopleAtManagement, ACardLetsInWhomItIsRegisteredFor) {
  begin();
  const std::string mine = token();
  const SoftwareKey card = exchange_.authority.issue({.subject = "wang"});
  Request asked = request(kPost, "/v1/session/certificate");
  EXPECT_EQ(code_of_answer(ask(asked)), "bad_request");
  asked.peer.certificate = card.certificate();
  EXPECT_EQ(code_of_answer(ask(asked)), "log_in_refused");
  const std::string path =
      "/v1/accounts/wang.daming/certificates/" + card.certificate().sha256().hex();
  ASSERT_EQ(ask(with_token(request(kPut, path), mine)).status, 200);
  EXPECT_EQ(ask(asked).status, 200);
  asked.peer.certificate = TestAuthority().issue({.subject = "wang"}).certificate();
  EXPECT_EQ(code_of_answer(ask(asked)), "certificate_untrusted");
}

TEST_F(PeopleAtManagement, OneAddressMayTryOnlySoOften) {
  Attempts few(3, clock_);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(few.take("192.0.2.9"));
  EXPECT_EQ(few.take("192.0.2.9").reason(), Reason::kTooManyRequests);
  EXPECT_TRUE(few.take("192.0.2.8"));
  clock_.pass(std::chrono::minutes{1});
  EXPECT_TRUE(few.take("192.0.2.9"));
}

TEST_F(PeopleAtManagement, OfficersBringTheirSignaturesAndTheJournalNamesWho) {
  const std::string officer = log_in("officer", {"management_officer"});
  ASSERT_TRUE(stage_target(repository_.repository,
                           {SmallRepository::kDirectory, signed_directory(3)}, {}, clock_.now()));
  const auto act = [&](Method method, const std::string& path) {
    return with_token(request(method, path), officer);
  };
  const Json staged = json_of(ask(act(kGet, "/v1/staged"))).at("items");
  ASSERT_EQ(staged.size(), 1U);
  EXPECT_EQ(staged[0].at("missing").size(), 3U);
  const Response file = ask(act(kGet, "/v1/staged/file?role=directory"));
  for (const std::size_t one : {0U, 1U}) {
    SignedMetadata copy = SignedMetadata::parse(file.body).value();
    ASSERT_TRUE(copy.sign(repository_.officers[one]));
    Request brought = act(kPost, "/v1/staged/signatures?role=directory");
    brought.body = copy.bytes();
    EXPECT_EQ(json_of(ask(brought)).at("signed_by").size(), one + 1);
  }
  EXPECT_EQ(count("role_signed"), 2);
  Request releases = act(kPost, "/v1/staged/signatures?role=releases");
  EXPECT_EQ(code_of_answer(ask(releases)), "role_missing") << "that is the release officers'";
}

TEST_F(PeopleAtManagement, SeeTheBoard) {
  const std::string observer = log_in("observer", {"observer"}, "CENTRE-1");
  const Json board = json_of(ask(with_token(request(kGet, "/v1/board"), observer)));
  EXPECT_EQ(board.at("items").size(), 4U) << "of their centre";
  const Json wanting = json_of(ask(with_token(request(kGet, "/v1/board?only=wanting"), observer)));
  const Json ending = json_of(ask(with_token(request(kGet, "/v1/certificates"), observer)));
  EXPECT_TRUE(ending.at("items").empty()) << "nobody's ends within 90 days";
  const Json all = json_of(ask(with_token(request(kGet, "/v1/certificates?all=true"), observer)));
  for (const Json& item : all.at("items")) EXPECT_EQ(item.at("centre"), "CENTRE-1");
  EXPECT_FALSE(all.at("items").empty());
  EXPECT_EQ(wanting.at("items").size(), 4U) << "nobody has reported";
  EXPECT_EQ(code_of_answer(ask(with_token(request(kGet, "/v1/board?only=x"), observer))),
            "bad_request");
}

TEST_F(PeopleAtManagement, SeeWhatThoseBelowThemOwe) {
  CLAUSE("五(五)");
  const std::string above = exchange_.c.code.text(), below = exchange_.a.code.text();
  exchange_.registered(exchange_.a).supervisor = exchange_.c.code;
  ASSERT_TRUE(directory_->adopt(signed_directory(2)));
  database_.transact([&](Transaction& tx) {
    for (const OrgCode& code : {exchange_.a.code, exchange_.b.code}) {
      const std::string party = party_of(code);
      obligations_.open_on(tx, {"update_plan", "notices/1", kTestNow}, {party, party}, kTestNow);
    }
  });
  clock_.pass(std::chrono::hours{24 * 10});
  EXPECT_EQ(supervision_->tend().size(), 3U) << "two are late, and one has a supervisor";
  EXPECT_EQ(count("obligation_escalated"), 1);
  const std::string ministry = log_in("ministry", {"observer"}, above);
  const auto see = [&](const std::string& query) {
    return json_of(ask(with_token(request(kGet, "/v1/supervision" + query), ministry)));
  };
  const Json seen = see("");
  ASSERT_EQ(seen.at("items").size(), 2U) << seen;
  EXPECT_EQ(seen.at("total").at("late"), 1);
  EXPECT_EQ(seen.at("late")[0].at("owner"), "agency/" + below);
  EXPECT_EQ(seen.at("late")[0].at("escalated_to"), "agency/" + above);
  EXPECT_EQ(see("?under=" + below).at("items").size(), 1U);
  EXPECT_EQ(see("?since=2027-01-01").at("total").at("late"), 0);
  const auto refusal = [&](const std::string& query) {
    return code_of_answer(
        ask(with_token(request(kGet, "/v1/supervision" + query), ministry)));
  };
  EXPECT_EQ(refusal("?under=NOBODY"), "not_found");
  EXPECT_EQ(refusal("?since=yesterday"), "bad_request");
}

}  // namespace
}  // namespace yizhan
