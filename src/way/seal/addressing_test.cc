#include "way/seal/addressing.h"

#include <gtest/gtest.h>

#include "tests/support/small_exchange.h"

namespace yizhan {
namespace {

class AddressingTest : public ::testing::Test {
 protected:
  AddressingTest() {
    facts_.sender_codes = {exchange_.a.code.text()};
    facts_.file = "letter.di";
    facts_.recipients_file = "letter.sw";
  }

  void add_person(const std::string& name, const std::string& rendition = "") {
    facts_.recipients.push_back({.org_code = exchange_.b.code.text(),
                                 .unit_code = "",
                                 .name = name,
                                 .is_person = true,
                                 .copy_kind = CopyKind::kOriginal,
                                 .with_attachments = false,
                                 .rendition = rendition});
  }
  std::string codes() {
    std::string all;
    for (const InspectionIssue& issue :
         check_against(exchange_.directory(), exchange_.a.code, facts_, kTestNow)) {
      all += issue.code + "@" + issue.file + " ";
    }
    return all;
  }

  SmallExchange exchange_;
  DocumentFacts facts_;
};

TEST_F(AddressingTest, PersonsOfOneAgencyAreReachedThroughItOnce) {
  add_person("陳一心教授", "one.pdf");
  add_person("吳二思");
  EXPECT_EQ(codes(), "");
  const auto groups = group_recipients(facts_, 0, false);
  ASSERT_EQ(groups.size(), 1U);
  ASSERT_EQ(groups[0].recipients.size(), 1U);
  EXPECT_EQ(groups[0].recipients[0].name, "陳一心教授、吳二思");
  EXPECT_EQ(groups[0].renditions, std::set<std::string>{"one.pdf"});
}

TEST_F(AddressingTest, TheSamePersonTwiceIsOneTooMany) {
  add_person("吳二思");
  add_person("吳二思");
  EXPECT_EQ(codes(), "recipient_twice@letter.sw ");
}

TEST_F(AddressingTest, AnIssueAboutTheSenderIsAboutTheInstance) {
  add_person("吳二思");
  facts_.sender_codes = {exchange_.c.code.text()};
  EXPECT_EQ(codes(), "sender_differs@letter.di ");
}

}  // namespace
}  // namespace yizhan
