#include "model/person/person.h"

#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <map>
#include <sstream>

namespace yizhan {
namespace {

// Once more, by hand: who may what, role by role in the order of the columns. x: may.
// C clerk, S supervisor, T terminal administrator, O centre operator, F centre security officer,
// M management officer, R release officer, A auditor, V observer.
constexpr const char* kColumns = "CSTOFMRAV";
const std::map<std::string, std::string> kExpected = {
    {"handle_documents", "x........"},
    {"see_unconfirmed", "xx......."},
    {"request_change", "xxx......"},
    {"approve_request", ".x......."},
    {"manage_terminal", "..x......"},
    {"run_centre", "...x....."},
    {"review_change", "...xxx..."},
    {"propose_quarantine_release", "...xx...."},
    {"confirm_quarantine_release", "....x...."},
    {"approve_exception", "....xx..."},
    {"propose_directory_change", ".....x..."},
    {"confirm_directory_change", ".....x..."},
    {"publish_notice", ".....x..."},
    {"propose_release", "......x.."},
    {"confirm_release", "......x.."},
    {"propose_suspension", "....xx..."},
    {"confirm_suspension", ".....x..."},
    {"answer_duty", "xxxxxxx.."},
    {"report_incident", "xxxxxxx.."},
    {"review_incident", "....xx..."},
    {"fill_self_assessment", ".xx.xx..."},
    {"confirm_self_assessment", ".x..xx..."},
    {"conduct_audit", ".......x."},
    {"answer_audit", ".xx.xx..."},
    {"manage_accounts", "..x.xx..."},
    {"read_journal", "....xx.x."},
    {"read_personal_fields", "....xx..."},
    {"see_board", "xxxxxxxxx"},
    {"see_directory", "xxxxxxxxx"},
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

TEST(RoleTable, IsTheOneExpectedInEveryCell) {
  ASSERT_EQ(std::string(kColumns).size(), kCodes.size());
  ASSERT_EQ(all_acts().size(), kExpected.size());
  for (const ActText& text : all_acts()) {
    ASSERT_TRUE(kExpected.contains(std::string(text.code))) << text.code;
    const std::string& row = kExpected.at(std::string(text.code));
    ASSERT_EQ(row.size(), kCodes.size());
    for (std::size_t i = 0; i < kCodes.size(); ++i) {
      EXPECT_EQ(may({kCodes[i]}, text.act), row[i] == 'x') << kCodes[i] << " " << text.code;
    }
  }
}

TEST(RoleTable, RolesAddUpAndStrangeOnesCountForNothing) {
  EXPECT_TRUE(may({"observer", "clerk"}, Act::kHandleDocuments));
  for (const ActText& text : all_acts()) {
    EXPECT_FALSE(may({}, text.act)) << text.code;
    EXPECT_FALSE(may({"Clerk", "root", ""}, text.act)) << text.code;
  }
}

TEST(Roles, EachStandsAtItsPlaceUnderItsCode) {
  ASSERT_EQ(all_roles().size(), kCodes.size());
  for (std::size_t i = 0; i < kCodes.size(); ++i) {
    const RoleText& text = all_roles()[i];
    EXPECT_EQ(text.code, kCodes[i]);
    EXPECT_EQ(static_cast<std::size_t>(text.role), i);
    EXPECT_EQ(find_role(text.code), text.role);
  }
  EXPECT_EQ(find_role("root"), std::nullopt);
  for (const ActText& text : all_acts()) {
    EXPECT_EQ(&describe(text.act), &text) << text.code;
    EXPECT_EQ(find_act(text.code), text.act);
  }
  EXPECT_EQ(find_act("do_anything"), std::nullopt);
}

TEST(Roles, StandInTheGlossary) {
  const char* source = std::getenv("YIZHAN_SOURCE");
  std::ifstream file(std::string(source == nullptr ? "." : source) + "/regulation/glossary.md");
  std::stringstream page;
  page << file.rdbuf();
  for (const RoleText& text : all_roles()) {
    const std::string row = "| " + std::string(text.title) + " |";
    EXPECT_NE(page.str().find(row), std::string::npos) << row;
    EXPECT_NE(page.str().find("| `" + std::string(text.code) + "` |"), std::string::npos);
  }
}

}  // namespace
}  // namespace yizhan
