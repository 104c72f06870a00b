#include <gtest/gtest.h>

#include "model/document/test_fixtures.h"

namespace yizhan {
namespace {

// A letter, its roster and its files, all in order; each test spoils one thing.
class CrossCheck : public ::testing::Test {
 protected:
  void use(const std::string& name) {
    bytes_ = fixture("valid/104_utf8/" + name + ".di");
    letter_ = parse_document(bytes_).value.value();
    roster_ = parse_roster(fixture("valid/104_utf8/" + name + ".sw")).value.value();
    files_.clear();
    for (const DeclaredFile& file : letter_.attachments) files_.push_back({file.file_name, 10});
  }
  void SetUp() override { use("letter"); }

  std::string codes() { return codes_of(check()); }
  std::vector<Issue> check() {
    auto issues = cross_check(letter_, &roster_, files_, policy_);
    for (const Issue& issue : issues) {
      EXPECT_FALSE(issue.message_zh.empty());
      EXPECT_FALSE(issue.remedy_zh.empty());
    }
    return issues;
  }

  Bytes bytes_;
  Document letter_;
  Roster roster_;
  std::vector<AttachmentFact> files_;
  CheckPolicy policy_;
};

TEST_F(CrossCheck, FindsNothingWhereAllAgrees) {
  EXPECT_EQ(codes(), "");
  use("split");
  EXPECT_EQ(codes(), "");
}

TEST_F(CrossCheck, WantsEachAttachmentOnce) {
  files_.pop_back();
  const auto issues = check();
  ASSERT_EQ(codes_of(issues), "attachment_missing");
  EXPECT_EQ(issues[0].found, "1150001234-ATTCH2.pdf");
  EXPECT_EQ(issues[0].line, line_with(bytes_, "<附件檔名"));
  files_.push_back({"1150001234-ATTCH2.pdf", 0});
  EXPECT_EQ(codes(), "attachment_empty");
  files_.push_back({"1150001234-ATTCH2.pdf", 5});
  EXPECT_EQ(codes(), "attachment_repeated");
}

TEST_F(CrossCheck, WantsNoFileThatNothingNames) {
  files_.push_back({"stray.pdf", 10});
  EXPECT_EQ(codes(), "attachment_unused");
  files_.pop_back();
  letter_.unused.push_back({"ATTCH9", "other.pdf"});
  EXPECT_EQ(codes(), "entity_unused");
}

TEST_F(CrossCheck, WantsAFileForEachName) {
  letter_.attachments[1].file_name = letter_.attachments[0].file_name;
  files_.pop_back();
  EXPECT_EQ(codes(), "attachment_shared");
}

TEST_F(CrossCheck, WantsTheMessageOfADocumentSentAgainBesideIt) {
  letter_.message = DeclaredFile{"文書訊息表單", "1150001234.dm"};
  EXPECT_EQ(codes(), "message_missing");
  files_.push_back({"1150001234.dm", 10});
  EXPECT_EQ(codes(), "message_missing attachment_unused") << "an attachment is no message";
  files_.back().role = FileRole::kMessage;
  EXPECT_EQ(codes(), "");
  files_.back().name = "other.dm";
  EXPECT_EQ(codes(), "message_missing");
  letter_.message.reset();
  EXPECT_EQ(codes(), "message_undeclared");
}

TEST_F(CrossCheck, WantsTheRenditionsThatRecipientsAreToGet) {
  roster_.entries[0].portable_copy = "1150001234-copy.pdf";
  EXPECT_EQ(codes(), "rendition_missing");
  files_.push_back({"1150001234-copy.pdf", 10, FileRole::kRendition});
  EXPECT_EQ(codes(), "");
  files_.push_back({"nobody.pdf", 10, FileRole::kRendition});
  EXPECT_EQ(codes(), "rendition_unused");
}

TEST_F(CrossCheck, MissesTheRosterThatIsReferredTo) {
  EXPECT_EQ(codes_of(cross_check(letter_, nullptr, files_)), "roster_missing");
  use("split");
  EXPECT_EQ(codes_of(cross_check(letter_, nullptr, files_)), "");
}

TEST_F(CrossCheck, WantsRosterAndLetterToNameTheSame) {
  roster_.entries[0].name = "澤林縣議會";
  const auto issues = check();
  ASSERT_EQ(codes_of(issues), "recipient_not_listed");
  EXPECT_EQ(issues[0].line, 4);
  EXPECT_NE(issues[0].message_zh.find("澤林縣議會"), std::string::npos);
}

TEST_F(CrossCheck, WantsTheCopyKindToAgree) {
  roster_.entries[0].copy_kind = CopyForm::kCopy;
  EXPECT_EQ(codes(), "recipient_not_listed");
  roster_.entries[0].copy_kind = std::nullopt;
  EXPECT_EQ(codes(), "");
}

TEST_F(CrossCheck, LetsAGroupStandForItsMembers) {
  letter_.originals = {{.kind = PartyKind::kGroup, .name = "各縣市政府"}};
  EXPECT_EQ(codes(), "");
}

TEST_F(CrossCheck, FindsDuplicates) {
  letter_.originals.push_back(letter_.originals[0]);
  roster_.entries.push_back(roster_.entries[0]);
  EXPECT_EQ(codes(), "recipient_twice recipient_twice");
}

TEST_F(CrossCheck, TakesTwoPersonsOfOneAgencyForTwo) {
  roster_ = parse_roster(fixture("valid/104_utf8/person.sw")).value.value();
  letter_.originals = {{.kind = PartyKind::kPerson, .name = "陳一心", .title = "教授"},
                       {.kind = PartyKind::kPerson, .name = "吳二思"}};
  files_.push_back({"1150001234-copy.pdf", 10, FileRole::kRendition});
  EXPECT_EQ(codes(), "");
}

TEST_F(CrossCheck, WantsTheAttachmentMarksToAgree) {
  roster_.entries[2].with_attachments = std::nullopt;
  EXPECT_EQ(codes(), "with_attachments_mismatch");
  use("letter");
  letter_.attachments.clear();
  files_.clear();
  EXPECT_EQ(codes(), "with_attachments_without_files");
}

TEST_F(CrossCheck, WantsASplitLetterToHaveOneRecipient) {
  use("split");
  roster_.entries[0].org_code = "T37600000X";
  EXPECT_EQ(codes(), "split_mismatch");
  roster_.entries.push_back(roster_.entries[0]);
  roster_.entries[1].org_code = "T38100000C";
  EXPECT_EQ(codes(), "split_with_many");
}

TEST_F(CrossCheck, LooksAtMeetingsAttendeesInsteadOfOriginals) {
  letter_ = parse_document(fixture("valid/104_utf8/meeting.di")).value.value();
  files_ = {{"1150001320-ATTCH1.odt", 10}};
  roster_.entries.resize(2);
  EXPECT_EQ(codes(), "");
  letter_.meeting->attendees.erase(letter_.meeting->attendees.begin());
  EXPECT_EQ(codes(), "recipient_not_listed");
}

TEST_F(CrossCheck, StopsClassifiedDocumentsUnlessPolicyAllows) {
  letter_.secrecy = Secrecy::kConfidential;
  const auto issues = check();
  ASSERT_EQ(codes_of(issues), "classified");
  EXPECT_EQ(issues[0].line, line_with(bytes_, "<密等/>"));
  policy_.classified_allowed = true;
  EXPECT_EQ(codes(), "");
}

TEST_F(CrossCheck, WantsANumber) {
  letter_.numbers.clear();
  EXPECT_EQ(codes(), "number_missing");
}

}  // namespace
}  // namespace yizhan
