#include "model/document/document.h"

#include <gtest/gtest.h>

#include "model/document/test_fixtures.h"

namespace yizhan {
namespace {

Document document_from(std::string_view path) {
  auto checked = parse_document(fixture(path));
  EXPECT_TRUE(checked.ok()) << path << ": " << codes_of(checked.issues);
  return checked.value.value();
}

Roster roster_from(std::string_view path) {
  auto checked = parse_roster(fixture(path));
  EXPECT_TRUE(checked.ok()) << path << ": " << codes_of(checked.issues);
  return checked.value.value();
}

TEST(Document, ReadsALetterWithAllItsParts) {
  const Document letter = document_from("valid/104_utf8/letter.di");
  EXPECT_EQ(letter.kind, DocumentKind::kLetter);
  EXPECT_EQ(letter.edition, Edition::k104);
  ASSERT_EQ(letter.senders.size(), 1U);
  EXPECT_EQ(letter.senders[0].name, "測試部");
  EXPECT_EQ(letter.senders[0].org_code, "T01000000A");
  EXPECT_EQ(letter.by_roster, "如正副本行文單位");
  EXPECT_EQ(send_mode_of(letter), SendMode::kMulti);
  EXPECT_EQ(letter.issue_date->seven_digits(), "1151002");
  EXPECT_EQ(letter.numbers[0].text(), "測資字第1150001234號");
  EXPECT_EQ(letter.urgency, DocumentUrgency::kFast);
  EXPECT_EQ(letter.secrecy, std::nullopt);
  EXPECT_EQ(letter.contact_lines.size(), 3U);
  EXPECT_EQ(letter.subject, "檢送「公文電子交換推動計畫」及作業須知各1份，請　查照並轉知所屬。");
  EXPECT_EQ(letter.attachments, (std::vector<DeclaredFile>{{"ATTCH1", "1150001234-ATTCH1.odt"},
                                                           {"ATTCH2", "1150001234-ATTCH2.pdf"}}));
  EXPECT_EQ(letter.roster, (DeclaredFile{"表單", "1150001234.sw"}));
  ASSERT_EQ(letter.sections.size(), 1U);
  EXPECT_EQ(letter.sections[0].name, "說明：");
  EXPECT_EQ(letter.sections[0].items[1].items[1].text,
            "附件以 ODF 或 PDF 格式為原則，其 A&B 兩類：");
  EXPECT_EQ(letter.sections[0].items[1].items[1].items[1].number, "2、");
  EXPECT_EQ(letter.originals.size(), 2U);
  ASSERT_EQ(letter.copies.size(), 2U);
  EXPECT_EQ(letter.copies[0].kind, PartyKind::kUnit);
  EXPECT_EQ(letter.copies[0].with_attachments, true);
  EXPECT_EQ(letter.copies[1].with_attachments, std::nullopt);
  EXPECT_EQ(letter.source.root.name, "函");
}

TEST(Document, ReadsTheRecipientOfASplitLetter) {
  const Document letter = document_from("valid/104_utf8/split.di");
  EXPECT_EQ(send_mode_of(letter), SendMode::kSplit);
  ASSERT_TRUE(letter.addressee.has_value());
  EXPECT_EQ(letter.addressee->name, "澤林縣政府");
  EXPECT_EQ(letter.addressee->org_code, "T37600000B");
  EXPECT_EQ(letter.addressee->with_attachments, true);
  EXPECT_EQ(letter.category, "書函");
  EXPECT_EQ(letter.numbers[0].text(), "測資字第1150001240-1號");
}

TEST(Document, EmptyUrgencyStaysEmptyButTheOldEditionDefaultsIt) {
  EXPECT_EQ(document_from("tolerated/no_urgency.di").urgency, std::nullopt);
  EXPECT_EQ(document_from("valid/104_utf8/split.di").urgency, std::nullopt);
  EXPECT_EQ(document_from("valid/99_utf8/split.di").urgency, DocumentUrgency::kNormal);
}

TEST(Document, ReadsMeetingsWithSeveralTimes) {
  const Document notice = document_from("valid/104_utf8/meeting.di");
  ASSERT_TRUE(notice.meeting.has_value());
  EXPECT_EQ(notice.subject, "研商公文電子交換推動事宜");
  ASSERT_EQ(notice.meeting->times.size(), 2U);
  EXPECT_EQ(notice.meeting->times[1].date.text(), "中華民國115年10月9日");
  ASSERT_EQ(notice.meeting->contacts.size(), 2U);
  EXPECT_EQ(notice.meeting->contacts[1].phone, "(02)5555-0101");
  EXPECT_EQ(notice.meeting->chairs[0].title, "部長");
  EXPECT_EQ(notice.meeting->attendees[2].kind, PartyKind::kPerson);
  EXPECT_EQ(notice.meeting->attendees[2].title, "教授");
  EXPECT_EQ(notice.meeting->remarks->text, "請攜帶本通知單與會。");
}

TEST(Document, ReadsMemosAndReviews) {
  const Document memo = document_from("valid/104_big5/memo.di");
  EXPECT_EQ(memo.senders[0].unit_code, "U010001");
  EXPECT_EQ(memo.handling, "1");
  EXPECT_EQ(memo.submit_to, (std::vector<Person>{{"張三", "處長"}, {"", "部長"}}));
  EXPECT_EQ(memo.numbers[0].text(), "第1150001340號");
  const Document slip = document_from("valid/104_utf8/coreview.di");
  ASSERT_EQ(slip.reviews.size(), 2U);
  EXPECT_EQ(slip.reviews[0].opinion.text, "經費於年度預算內勻支，無意見。");
  EXPECT_EQ(slip.reviews[1].finished_at, "下午5時");
  EXPECT_EQ(slip.case_unit, "資訊處");
}

TEST(Document, ReadsTheMessageOfADocumentSentAgain) {
  EXPECT_EQ(document_from("valid/104_utf8/resent.di").message,
            (DeclaredFile{"文書訊息表單", "1150001240.dm"}));
}

TEST(Document, SaysTheSameInBothEncodings) {
  for (const auto& path : fixtures_in("valid/104_utf8", ".di")) {
    Document utf8 = document_from("valid/104_utf8/" + path.filename().string());
    const Document big5 = document_from("valid/104_big5/" + path.filename().string());
    EXPECT_NE(utf8, big5);
    utf8.encoding = XmlEncoding::kBig5;
    EXPECT_EQ(utf8, big5) << path;
  }
}

TEST(Document, IsReadAgainFromWhatIsWritten) {
  int count = 0;
  for (const char* folder : {"valid", "tolerated"}) {
    for (const auto& path : fixtures_in(folder, ".di")) {
      const Document first =
          document_from(std::filesystem::relative(path, fixture_root()).string());
      const auto second = parse_document(write_document(first));
      ASSERT_TRUE(second.ok()) << path << ": " << codes_of(second.issues);
      EXPECT_EQ(*second.value, first) << path;
      ++count;
    }
  }
  EXPECT_GT(count, 30);
}

TEST(Document, MovesToBig5WithCharactersThatBig5LacksAsReferences) {
  Document letter = document_from("valid/104_utf8/letter.di");
  letter.encoding = XmlEncoding::kBig5;
  letter.subject = "測試難字𠀀與堃、喆🙂";
  const auto read = parse_document(write_document(letter));
  ASSERT_TRUE(read.ok()) << codes_of(read.issues);
  EXPECT_EQ(*read.value, letter);
}

TEST(Document, WritesTextThatLooksLikeMarkup) {
  Document letter = document_from("valid/104_utf8/letter.di");
  letter.subject = "<主旨>&amp; \"引號\" ]]> '單引'";
  letter.sections[0].name = "\"<&：";
  const auto read = parse_document(write_document(letter));
  ASSERT_TRUE(read.ok()) << codes_of(read.issues);
  EXPECT_EQ(*read.value, letter);
}

TEST(Document, RefusesToWriteAFileNameThatTheEncodingLacks) {
  Document letter = document_from("valid/104_utf8/letter.di");
  letter.encoding = XmlEncoding::kBig5;
  letter.attachments[0].file_name = "𠀀.odt";
  EXPECT_THROW(write_document(letter), std::invalid_argument);
}

TEST(Document, AcceptsWhatProducersDoThoughTheyShouldNot) {
  for (const auto& path : fixtures_in("tolerated", ".di")) {
    const auto checked = parse_document(bytes_of_file(path));
    EXPECT_TRUE(checked.ok()) << path << ": " << codes_of(checked.issues);
  }
  EXPECT_EQ(document_from("tolerated/folded_text.di").subject,
            "所報計畫書，同意備查，請　查照 A B。");
  EXPECT_EQ(document_from("tolerated/leading_space_in_names.di").attachments[0].entity, "ATTCH1");
  EXPECT_EQ(document_from("tolerated/other_entity_names.di").attachments[0].entity, "附件一");
  EXPECT_EQ(document_from("tolerated/attachment_as_di.di").attachments.size(), 2U);
  EXPECT_EQ(document_from("tolerated/cp950_as_big5.di").address, "100001 銹墻里恒街€1號");
}

TEST(Roster, BeginsARecipientAtEachName) {
  const Roster roster = roster_from("valid/104_utf8/letter.sw");
  ASSERT_EQ(roster.entries.size(), 3U);
  EXPECT_EQ(roster.entries[1].name, "雲岫市政府");
  EXPECT_EQ(roster.entries[1].org_code, "T38100000C");
  EXPECT_EQ(roster.entries[1].copy_kind, CopyForm::kOriginal);
  EXPECT_EQ(roster.entries[2].unit_code, "U010001");
  EXPECT_EQ(roster.entries[2].copy_kind, CopyForm::kCopy);
  EXPECT_EQ(roster.entries[2].with_attachments, true);
  EXPECT_EQ(roster.lines[2], 10);
  const Roster persons = roster_from("valid/99_big5/person.sw");
  ASSERT_EQ(persons.entries.size(), 2U);
  EXPECT_EQ(persons.entries[0].title, "教授");
  EXPECT_EQ(persons.entries[0].copy_kind, CopyForm::kTranscript);
  EXPECT_EQ(persons.entries[0].portable_copy, "1150001234-copy.pdf");
  EXPECT_EQ(persons.entries[1].title, "");
}

TEST(Roster, IsReadAgainFromWhatIsWritten) {
  for (const char* folder : {"valid", "tolerated"}) {
    for (const auto& path : fixtures_in(folder, ".sw")) {
      const auto first = parse_roster(bytes_of_file(path));
      ASSERT_TRUE(first.ok()) << path << ": " << codes_of(first.issues);
      const auto second = parse_roster(write_roster(*first.value));
      ASSERT_TRUE(second.ok()) << path << ": " << codes_of(second.issues);
      EXPECT_EQ(*second.value, *first.value) << path;
    }
  }
}

TEST(Roster, GivesCopiesNoAttachmentsUnlessItSaysSo) {
  RosterEntry entry;
  EXPECT_TRUE(gets_attachments(entry));
  entry.copy_kind = CopyForm::kCopy;
  EXPECT_FALSE(gets_attachments(entry));
  entry.with_attachments = true;
  EXPECT_TRUE(gets_attachments(entry));
}

TEST(Roster, AndDocumentAreNotTakenForEachOther) {
  EXPECT_EQ(codes_of(parse_roster(fixture("trap/roster_is_letter.sw")).issues),
            "wrong_kind_of_file");
  EXPECT_EQ(codes_of(parse_document(fixture("valid/104_utf8/letter.sw")).issues),
            "wrong_kind_of_file");
  EXPECT_EQ(codes_of(parse_roster(fixture("valid/104_utf8/message.dm")).issues),
            "wrong_kind_of_file");
}

}  // namespace
}  // namespace yizhan
