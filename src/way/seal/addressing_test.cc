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

// 機關公文電子交換作業辦法 7(4)
class SetApart : public AddressingTest {
 protected:
  void add(const std::string& code, const std::string& name) {
    facts_.recipients.push_back({code, "", name});
  }
  // Whom the exchange reaches, then those on paper with the cause.
  std::string told(const PaperChoice& choice, bool with_unlisted = true) {
    const ApartRecipients apart =
        set_apart(exchange_.directory(), facts_, {choice, with_unlisted, 3}, kTestNow);
    std::string all;
    for (const InspectedRecipient& each : apart.electronic.recipients) all += each.name;
    all += "|";
    for (const PaperRecipient& each : apart.paper) {
      EXPECT_EQ(each.pair, 3);
      all += each.name + "=" + std::string(text_of(each.cause)) + " ";
    }
    return all;
  }
};

TEST_F(SetApart, TellsWhomTheExchangeReachesAndWhoGetsItOnPaperAndWhy) {
  add("B02000000B", "乙");
  add("C03000000C", "丙");
  facts_.unlisted.push_back({"", "", "基金會", false, CopyKind::kCopy});
  EXPECT_EQ(told({}), "乙丙|基金會=unlisted ");
  const PaperChoice choice{{exchange_.b.addressee()}, false};
  EXPECT_EQ(told(choice), "丙|乙=chosen 基金會=unlisted ");
  EXPECT_EQ(told(choice, false), "丙|乙=chosen ") << "a resend";
}

TEST_F(SetApart, WhomTheExchangeCanNotReachOnlyWhereTheSenderSaysSo) {
  add("B02000000B", "乙");
  add("Z99000000Z", "無此機關");
  add("", "無代碼");
  exchange_.registered(exchange_.c).standing = Standing::kClosed;
  add("C03000000C", "丙");
  std::erase_if(exchange_.registered(exchange_.a).certificates,
                [](const auto& each) { return each.purpose == Purpose::kEncrypt; });
  add("A01000000A", "甲");
  EXPECT_EQ(told({}), "乙無此機關無代碼丙甲|");
  EXPECT_NE(codes().find("recipient_unknown@letter.sw"), std::string::npos) << codes();
  EXPECT_NE(codes().find("recipient_cannot_receive@letter.sw"), std::string::npos) << codes();
  EXPECT_EQ(told({{}, true}),
            "乙|無此機關=unknown 無代碼=unknown 丙=closed 甲=cannot_receive ");
}

TEST_F(SetApart, ACodeThatNoRosterNamesIsNoChoice) {
  const PaperChoice choice{{exchange_.b.addressee()}, false};
  add("C03000000C", "丙");
  const auto paper = set_apart(exchange_.directory(), facts_, {choice, true}, kTestNow).paper;
  const auto issues = check_choice(choice, paper);
  ASSERT_EQ(issues.size(), 1U);
  EXPECT_EQ(issues[0].code, "paper_recipient_unknown");
}

}  // namespace
}  // namespace yizhan
