#include "role/management/access.h"

#include <array>
#include <map>

#include "role/management/management_desks_test.h"

namespace yizhan {
namespace {

// Once more, by hand: who may ask what, role by role. C clerk, S supervisor, T terminal
// administrator, O centre operator, F centre security officer, M management officer, R release
// officer, A auditor, V observer; H the host's operator without a session; N nobody.
const std::map<std::string, std::string> kExpected = {
    {"POST /v1/session", "xxxxxxxxxxx"},
    {"POST /v1/session/certificate", "xxxxxxxxxxx"},
    {"POST /v1/recovery", "xxxxxxxxxxx"},
    {"GET /v1/session", "xxxxxxxxx.."},
    {"DELETE /v1/session", "xxxxxxxxx.."},
    {"POST /v1/password", "xxxxxxxxx.."},
    {"GET /v1/accounts", "..x.xx...x."},
    {"POST /v1/accounts", "..x.xx...x."},
    {"PUT /v1/accounts/{account}/roles", "..x.xx...x."},
    {"POST /v1/accounts/{account}/closing", "..x.xx...x."},
    {"POST /v1/accounts/{account}/recovery", "..x.xx...x."},
    {"PUT /v1/accounts/{account}/certificates/{sha256}", "..x.xx...x."},
    {"DELETE /v1/accounts/{account}/certificates/{sha256}", "..x.xx...x."},
    {"GET /v1/board", "xxxxxxxxxx."},
    {"GET /v1/notices", "xxxxxxxxxx."},
    {"GET /v1/certificates", "xxxxxxxxxx."},
    {"GET /v1/incidents", "xxxxxxxxxx."},
    {"POST /v1/incidents/{centre}/{incident}/review", "....xx....."},
    {"POST /v1/incidents/{centre}/{incident}/closing", "....xx....."},
    {"POST /v1/incidents/{centre}/{incident}/confirmation", "....xx....."},
    {"GET /v1/supervision", "xxxxxxxxxx."},
    {"GET /v1/grounds", "xxxxxxxxxx."},
    {"GET /v1/status", "xxxxxxxxxx."},
    {"GET /v1/staged", "xxxxxxxxxx."},
    {"GET /v1/staged/file", "xxxxxxxxxx."},
    {"POST /v1/staged/signatures", ".....x....."},
    {"POST /v1/staged/releases/signatures", "......x...."},
    {"GET /v1/requests", "xxxxxxxxxx."},
    {"GET /v1/requests/{case}", "xxxxxxxxxx."},
    {"POST /v1/requests", "xxx........"},
    {"POST /v1/requests/reviews", "...xxx....."},
    {"POST /v1/requests/{case}/proposals", ".....x....."},
    {"POST /v1/requests/{case}/approval", ".....x....."},
    {"POST /v1/requests/{case}/refusal", ".....x....."},
};
constexpr std::array<const char*, 9> kCodes = {"clerk",
                                               "supervisor",
                                               "terminal_administrator",
                                               "centre_operator",
                                               "centre_security_officer",
                                               "management_officer",
                                               "release_officer",
                                               "auditor",
                                               "observer"};
constexpr std::size_t kHost = 9;
constexpr std::size_t kNobody = 10;

class RouteTable : public ManagementDesks {
 protected:
  Result<Caller> enter(const Access& access, const Request& asked) {
    return admit(access, asked, *sessions_);
  }
  static std::string name_of_route(const Access& access) {
    return std::string(name_of(access.method)) + " " + std::string(access.pattern);
  }
  static Request to(const Access& access) {
    return request(access.method, std::string(access.pattern));
  }
};

TEST_F(RouteTable, LetsEveryRoleInWhereItMayAndNowhereElse) {
  std::vector<std::string> tokens;
  for (const char* code : kCodes) {
    std::string name = code;
    std::ranges::replace(name, '_', '.');
    tokens.push_back(log_in(name, {code}));
  }
  ASSERT_EQ(access_table().size(), kExpected.size());
  for (const Access& access : access_table()) {
    const std::string name = name_of_route(access);
    ASSERT_TRUE(kExpected.contains(name)) << name;
    const std::string& row = kExpected.at(name);
    ASSERT_EQ(row.size(), kNobody + 1) << name;
    for (std::size_t i = 0; i < kCodes.size(); ++i) {
      const auto entered = enter(access, with_token(to(access), tokens[i]));
      EXPECT_EQ(entered.ok(), row[i] == 'x') << name << " " << kCodes[i];
      if (entered) continue;
      EXPECT_EQ(entered.reason(), Reason::kRoleMissing) << name << " " << kCodes[i];
    }
    const auto host = enter(access, of_host(to(access)));
    EXPECT_EQ(host.ok(), row[kHost] == 'x') << name << " host";
    const auto nobody = enter(access, to(access));
    EXPECT_EQ(nobody.ok(), row[kNobody] == 'x') << name << " nobody";
    if (nobody) continue;
    EXPECT_EQ(nobody.reason(), Reason::kNotLoggedIn) << name;
  }
}

// The table is what stands before the handlers, not beside them.
TEST_F(RouteTable, StandsBeforeEveryHandler) {
  const std::string clerk = log_in("clerk", {"clerk"});
  for (const Access& access : access_table()) {
    if (access.door == Door::kAnybody) continue;
    std::string path(access.pattern);
    for (const auto& [name, value] :
         {std::pair("{account}", "wang"), {"{sha256}", "00"}, {"{case}", "00"}}) {
      const std::size_t at = path.find(name);
      if (at != std::string::npos) path.replace(at, std::string_view(name).size(), value);
    }
    const Request asked = request(access.method, path);
    EXPECT_EQ(code_of_answer(ask(asked)), "not_logged_in") << path;
    EXPECT_EQ(code_of_answer(ask(with_token(asked, "0000"))), "not_logged_in") << path;
    if (access.door == Door::kAct && !may({"clerk"}, access.act)) {
      EXPECT_EQ(code_of_answer(ask(with_token(asked, clerk))), "role_missing") << path;
    }
  }
}

TEST_F(RouteTable, OnTheHostASessionCountsAsElsewhere) {
  const std::string clerk = log_in("clerk", {"clerk"});
  const Request asked = of_host(request(Method::kGet, "/v1/accounts"));
  EXPECT_EQ(ask(asked).status, 200);
  EXPECT_EQ(code_of_answer(ask(with_token(asked, clerk))), "role_missing");
}

class AccountReach : public ManagementDesks {
 protected:
  Result<void> reach(const char* role, const std::string& own_scope,
                     const std::set<std::string>& roles, const std::string& scope) {
    return check_reach({"somebody", {role}, own_scope, "", ""}, {roles, scope},
                       exchange_.directory());
  }
  const std::string agency_ = exchange_.a.code.text();
  const std::string other_ = exchange_.d.code.text();  // of the second centre
};

TEST_F(AccountReach, NobodyGivesMoreThanTheirOwnLayerHas) {
  for (const RoleText& role : all_roles()) {
    const std::string code(role.code);
    const bool of_agencies = code == "clerk" || code == "supervisor" || code == "observer" ||
                             code == "terminal_administrator";
    const bool of_centres =
        of_agencies || code == "centre_operator" || code == "centre_security_officer";
    EXPECT_EQ(reach("terminal_administrator", agency_, {code}, agency_).ok(), of_agencies) << code;
    EXPECT_EQ(reach("centre_security_officer", "CENTRE-1", {code}, "CENTRE-1").ok(), of_centres)
        << code;
    EXPECT_TRUE(reach("management_officer", "", {code}, "")) << code;
    EXPECT_FALSE(reach("auditor", "", {code}, "")) << code;
  }
  EXPECT_FALSE(reach("terminal_administrator", agency_, {"clerk", "management_officer"}, agency_));
}

TEST_F(AccountReach, NobodyReachesBeyondTheirScope) {
  EXPECT_FALSE(reach("terminal_administrator", agency_, {"clerk"}, other_));
  EXPECT_FALSE(reach("terminal_administrator", agency_, {"clerk"}, ""));
  EXPECT_FALSE(reach("terminal_administrator", "", {"clerk"}, ""));
  EXPECT_TRUE(reach("centre_security_officer", "CENTRE-1", {"clerk"}, agency_));
  EXPECT_FALSE(reach("centre_security_officer", "CENTRE-1", {"clerk"}, other_));
  EXPECT_FALSE(reach("centre_security_officer", "CENTRE-1", {"clerk"}, "CENTRE-2"));
  EXPECT_FALSE(reach("centre_security_officer", "", {"clerk"}, ""));
  EXPECT_FALSE(reach("management_officer", "CENTRE-1", {"clerk"}, "CENTRE-1"))
      << "an officer of a part is none of the whole";
}

TEST_F(AccountReach, AWordThatIsNoRoleIsRefused) {
  EXPECT_EQ(reach("management_officer", "", {"root"}, "").reason(), Reason::kBadRequest);
}

}  // namespace
}  // namespace yizhan
