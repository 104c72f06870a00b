#include "model/inspection/inspection.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>


namespace yizhan {
namespace {

using namespace std::string_literals;

std::filesystem::path source_root() {
  const char* root = std::getenv("YIZHAN_SOURCE");
  return root == nullptr ? std::filesystem::current_path() : std::filesystem::path(root);
}

std::string fixture(const std::string& name) {
  const Bytes bytes = read_file(source_root() / "tests/fixtures/documents" / name, 8U << 20);
  return std::string(text_of(bytes));
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

// The parts of one package, in memory.
struct Files {
  std::vector<Part> parts;
  std::vector<FileHandle> files;

  Files& add(const std::string& name, PartKind kind, const std::string& content) {
    files.push_back(memory_file("part"));
    files.back().append(bytes_of(content));
    parts.push_back({name, "", kind, content.size(), {}});
    return *this;
  }
};

Files letter(const std::string& di, const std::string& sw = fixture("valid/104_utf8/letter.sw")) {
  Files files;
  files.add("1150001234.di", PartKind::kDi, di).add("1150001234.sw", PartKind::kSw, sw);
  files.add("1150001234-ATTCH1.odt", PartKind::kAttachment, "odt");
  files.add("1150001234-ATTCH2.pdf", PartKind::kAttachment, "pdf");
  return files;
}

SealedClaims claims() {
  return {.sender = OrgCode::parse("T01000000A").value(),
          .urgency = Urgency::kFast,
          .with_attachments = true,
          .recipient = std::nullopt};
}

class Inspection : public ::testing::Test {
 protected:
  [[nodiscard]] Result<DocumentInspection> ask(
      const Files& files, std::optional<SealedClaims> claimed = claims()) const {
    return Inspector(*nursery_).inspect_document(
        {.parts = files.parts, .files = files.files, .claims = std::move(claimed)});
  }
  [[nodiscard]] std::string codes(
      const Files& files, std::optional<SealedClaims> claimed = claims()) const {
    const Result<DocumentInspection> inspection = ask(files, std::move(claimed));
    if (!inspection) return std::string(code_of(inspection.reason()));
    std::string all;
    for (const InspectionIssue& issue : inspection->issues) {
      all += (all.empty() ? "" : " ") + issue.code;
    }
    return all;
  }

  static void SetUpTestSuite() {
    nursery_ = std::make_unique<Nursery>(Nursery::start(inspection_jobs(), 2));
  }
  static void TearDownTestSuite() { nursery_.reset(); }
  static std::unique_ptr<Nursery> nursery_;
};

std::unique_ptr<Nursery> Inspection::nursery_;

TEST_F(Inspection, TellsWhatALetterSays) {
  const auto inspection = ask(letter(fixture("valid/104_utf8/letter.di")));
  ASSERT_TRUE(inspection.ok()) << inspection.refusal().detail;
  ASSERT_TRUE(inspection->issues.empty()) << inspection->issues.front().message;
  const DocumentFacts& facts = *inspection->facts;
  EXPECT_EQ(facts.type, "letter");
  EXPECT_EQ(facts.sender_codes, std::vector{"T01000000A"s});
  EXPECT_EQ(facts.sender_names, std::vector{"測試部"s});
  EXPECT_TRUE(facts.subject.starts_with("檢送「公文電子交換推動計畫」"));
  EXPECT_EQ(facts.number, "測資字第1150001234號");
  EXPECT_EQ(facts.numbers, (std::vector<InspectedNumber>{{"115", "測資字第1150001234號"}}));
  EXPECT_EQ(facts.urgency, Urgency::kFast);
  EXPECT_EQ(facts.secrecy, "");
  EXPECT_EQ(facts.attachments,
            (std::vector{"1150001234-ATTCH1.odt"s, "1150001234-ATTCH2.pdf"s}));
  ASSERT_EQ(facts.recipients.size(), 3U);
  EXPECT_EQ(facts.recipients[0], (InspectedRecipient{"T37600000B", "", "澤林縣政府", false,
                                                     CopyKind::kOriginal, true}));
  EXPECT_EQ(facts.recipients[2], (InspectedRecipient{"T01000000A", "U010001", "測試部資訊處",
                                                     false, CopyKind::kCopy, true}));
  EXPECT_EQ(facts.unlisted, (std::vector<InspectedRecipient>{
                                {"", "", "霧峽鎮公所", false, CopyKind::kCopy, false}}));
}

TEST_F(Inspection, ReadsEveryKindOfValidDocument) {
  const auto root = source_root() / "tests/fixtures/documents/valid";
  int read = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".di") continue;
    Files files;
    files.add("a.di", PartKind::kDi, std::string(text_of(read_file(entry.path(), 1U << 20))));
    const auto inspection = ask(files, std::nullopt);
    ASSERT_TRUE(inspection.ok()) << entry.path() << inspection.refusal().detail;
    EXPECT_TRUE(inspection->facts.has_value()) << entry.path();
    ++read;
  }
  EXPECT_GT(read, 20);
}

TEST_F(Inspection, NamesTheRecipientOfADocumentWithoutRoster) {
  Files files;
  files.add("a.di", PartKind::kDi, fixture("valid/104_utf8/split.di"));
  files.add("1150001240-ATTCH1.pdf", PartKind::kAttachment, "pdf");
  const auto inspection = ask(files, std::nullopt);
  ASSERT_TRUE(inspection.ok());
  ASSERT_TRUE(inspection->facts.has_value());
  ASSERT_EQ(inspection->facts->recipients.size(), 1U);
  EXPECT_EQ(inspection->facts->recipients[0].org_code, "T37600000B");
  EXPECT_EQ(inspection->facts->urgency, std::nullopt);
}

TEST_F(Inspection, HoldsTheDocumentAgainstWhatStandsInClear) {
  const Files files = letter(fixture("valid/104_utf8/letter.di"));
  EXPECT_EQ(codes(files), "");
  SealedClaims other = claims();
  other.sender = OrgCode::parse("T37600000B").value();
  EXPECT_EQ(codes(files, other), "sender_mismatch");
  other = claims();
  other.urgency = std::nullopt;
  EXPECT_EQ(codes(files, other), "urgency_mismatch");
  other = claims();
  other.recipient = {{OrgCode::parse("T38100000C").value(), {}}, CopyKind::kOriginal};
  EXPECT_EQ(codes(files, other), "");
  other.recipient->copy_kind = CopyKind::kCopy;
  EXPECT_EQ(codes(files, other), "recipient_mismatch");
  other.recipient->addressee.org = OrgCode::parse("T99900000Z").value();
  EXPECT_EQ(codes(files, other), "recipient_mismatch");
}

TEST_F(Inspection, AsksForNoAttachmentsWhereThePackageCarriesNone) {
  Files files;
  files.add("1150001234.di", PartKind::kDi, fixture("valid/104_utf8/letter.di"));
  files.add("1150001234.sw", PartKind::kSw, fixture("valid/104_utf8/letter.sw"));
  EXPECT_EQ(codes(files), "attachment_missing attachment_missing");
  SealedClaims without = claims();
  without.with_attachments = false;
  EXPECT_EQ(codes(files, without), "");
  EXPECT_EQ(codes(letter(fixture("valid/104_utf8/letter.di")), without),
            "attachments_unexpected");
}

TEST_F(Inspection, SaysWhichFileAnIssueIsAbout) {
  const auto inspection = ask(letter(fixture("valid/104_utf8/letter.di"),
                                     replaced(fixture("valid/104_utf8/letter.sw"),
                                              "<全銜>澤林縣政府", "<全銜>澤林縣議會")),
                              std::nullopt);
  ASSERT_EQ(inspection->issues.size(), 1U);
  EXPECT_EQ(inspection->issues[0].file, "1150001234.sw");
  EXPECT_EQ(inspection->issues[0].line, 4);
}

TEST_F(Inspection, WantsARenditionOnlyWhereItsRecipientIs) {
  const std::string sw = replaced(fixture("valid/104_utf8/letter.sw"),
                                  "<機關代碼>T37600000B</機關代碼>\n",
                                  "<機關代碼>T37600000B</機關代碼>\n"
                                  "  <內含本文與附件之可攜式文件檔名>a.pdf"
                                  "</內含本文與附件之可攜式文件檔名>\n");
  Files files = letter(fixture("valid/104_utf8/letter.di"), sw);
  EXPECT_EQ(codes(files, std::nullopt), "rendition_missing");
  EXPECT_EQ(codes(files, claims()), "") << "another package carries it";
  files.add("a.pdf", PartKind::kRendition, "pdf");
  EXPECT_EQ(codes(files, claims()), "");
  EXPECT_EQ(ask(files, claims())->facts->recipients.at(0).rendition, "a.pdf");
}

TEST_F(Inspection, RefusesClassifiedDocumentsUnlessAllowed) {
  const Files files = letter(replaced(fixture("valid/104_utf8/letter.di"), "<密等/>",
                                      "<密等 代碼=\"機密\"/>"));
  EXPECT_EQ(codes(files), "classified");
  const auto allowed = Inspector(*nursery_).inspect_document(
      {.parts = files.parts, .files = files.files, .claims = {}, .classified_allowed = true});
  ASSERT_TRUE(allowed.ok());
  EXPECT_TRUE(allowed->issues.empty());
  EXPECT_EQ(allowed->facts->secrecy, "機密");
}

TEST_F(Inspection, ReadsTheMessageOfAResentDocument) {
  const auto resent = [](const std::string& dm) {
    Files files;
    files.add("a.di", PartKind::kDi, fixture("valid/104_utf8/resent.di"));
    files.add("1150001240-ATTCH1.pdf", PartKind::kAttachment, "pdf");
    files.add("1150001240.dm", PartKind::kDm, dm);
    files.add("1150001240.sw", PartKind::kSw, fixture("valid/104_utf8/split.sw"));
    return files;
  };
  EXPECT_EQ(codes(resent(fixture("valid/104_utf8/message.dm")), std::nullopt), "");
  EXPECT_EQ(codes(resent(fixture("valid/104_utf8/split.sw")), std::nullopt),
            "wrong_kind_of_file");
  const auto inspection = ask(resent(fixture("valid/104_utf8/split.sw")), std::nullopt);
  EXPECT_EQ(inspection->issues.at(0).file, "1150001240.dm");
  EXPECT_EQ(inspection->facts->file, "a.di");
  EXPECT_EQ(inspection->facts->recipients_file, "1150001240.sw");
  EXPECT_NE(codes(resent("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>"), std::nullopt), "");
}

TEST_F(Inspection, SurvivesEveryAttackOfOurCollection) {
  const auto root = source_root() / "tests/fixtures/documents/attack";
  int attacks = 0;
  for (const auto& entry : std::filesystem::directory_iterator(root)) {
    Files files;
    files.add("a.di", PartKind::kDi, std::string(text_of(read_file(entry.path(), 8U << 20))));
    const auto inspection = ask(files, std::nullopt);
    ++attacks;
    EXPECT_TRUE(!inspection || !inspection->issues.empty()) << entry.path();
  }
  EXPECT_GT(attacks, 30);
}

TEST_F(Inspection, TellsTheIssuesOfWhatItCannotRead) {
  const auto inspection = ask(letter("<函/>"));
  ASSERT_TRUE(inspection.ok());
  EXPECT_FALSE(inspection->facts.has_value());
  ASSERT_FALSE(inspection->issues.empty());
  EXPECT_EQ(inspection->issues.front().code, "doctype_missing");
  EXPECT_FALSE(inspection->issues.front().remedy.empty());
  Files twice = letter(fixture("valid/104_utf8/letter.di"));
  twice.add("b.sw", PartKind::kSw, fixture("valid/104_utf8/letter.sw"));
  EXPECT_EQ(codes(twice), "file_repeated");
}

TEST_F(Inspection, JudgesPartsByNameAndContent) {
  const Inspector inspector(*nursery_);
  FileHandle file = memory_file("part");
  file.append(bytes_of("公文附件"));
  const auto facts = inspector.inspect_part("附件.txt", file, {});
  ASSERT_TRUE(facts.ok()) << facts.refusal().detail;
  EXPECT_EQ(facts->kind, ContentKind::kText);
  EXPECT_EQ(inspector.inspect_part("附件.pdf", file, {}).reason(), Reason::kAttachmentType);
  EXPECT_EQ(inspector.inspect_part("../附件.txt", file, {}).reason(), Reason::kAttachmentName);
}

// More parts than one child is handed.
Files large_package() {
  Files files = letter(fixture("valid/104_utf8/letter.di"));
  for (int i = 0; i < 20; ++i) {
    const std::string number = std::to_string(i);
    files.add(number + (i % 3 == 0 ? ".pdf" : ".txt"), PartKind::kAttachment, "text " + number);
  }
  files.add("../a.txt", PartKind::kAttachment, "text");
  return files;
}

std::string said(const Result<ContentFacts>& facts) {
  return facts ? facts->mime : std::string(code_of(facts.reason()));
}

std::vector<std::string> together(const Inspector& inspector, const Files& files,
                                  const std::string& compartment = {}) {
  const PackageInspection found = inspector.inspect_package(
      {.parts = files.parts, .files = files.files, .claims = claims(), .compartment = compartment},
      {});
  std::vector<std::string> all = {found.document ? found.document->facts->subject : ""};
  for (const InspectionIssue& issue : found.document->issues) all.push_back(issue.code);
  for (const auto& facts : found.parts) all.push_back(said(facts));
  return all;
}

std::vector<std::string> each_alone(const Inspector& inspector, const Files& files) {
  const auto document = inspector.inspect_document(
      {.parts = files.parts, .files = files.files, .claims = claims()});
  std::vector<std::string> all = {document->facts->subject};
  for (const InspectionIssue& issue : document->issues) all.push_back(issue.code);
  for (std::size_t i = 0; i < files.parts.size(); ++i) {
    all.push_back(said(inspector.inspect_part(files.parts[i].name, files.files[i], {})));
  }
  return all;
}

TEST_F(Inspection, JudgesAPackageTogetherAsItWouldEachPartAlone) {
  const Inspector inspector(*nursery_);
  const Files files = large_package();
  const auto found = together(inspector, files);
  EXPECT_EQ(found, each_alone(inspector, files));
  EXPECT_GE(found.size(), files.parts.size() + 1);
  const std::size_t last = found.size();
  EXPECT_EQ(found.at(last - 21), "attachment_type");
  EXPECT_EQ(found.at(last - 20), "text/plain");
  EXPECT_EQ(found.at(last - 1), "attachment_name");
}

Bytes die(ByteView, std::span<const int>) { std::abort(); }
Bytes answer_nonsense(ByteView, std::span<const int>) {
  return copy_of(bytes_of(R"({"document":{"issues":[]},"parts":[{}]})"));
}

TEST(PackageTogether, IsJudgedPartByPartWhenItsChildFails) {
  for (const auto& broken : {die, answer_nonsense}) {
    std::vector<ConfinedJob> jobs = inspection_jobs();
    for (ConfinedJob& job : jobs) {
      if (job.name == "package") job.run = broken;
    }
    Nursery nursery = Nursery::start(std::move(jobs), 1);
    const Inspector inspector(nursery);
    const Files files = large_package();
    EXPECT_EQ(together(inspector, files), each_alone(inspector, files));
  }
}

// Says as the document's subject who it is; with "issue" in the DI, something is wrong.
Bytes say_who(ByteView question, std::span<const int> descriptors) {
  FileHandle file(descriptors[0], "part");
  const bool wrong = text_of(file.read_at(0, 100)).starts_with("issue");
  static_cast<void>(file.release());
  const Json asked = parse_json(question).value();
  Json parts = Json::array();
  for (std::size_t i = 0; i < asked.at("parts").size(); ++i) {
    ContentFacts xml;
    xml.mime = "text/xml";
    xml.extension = "di";
    parts.push_back(describe_judged(xml));
  }
  Json issues = Json::array();
  const Json issue = {{"code", "wrong"}, {"part", "di"},    {"element", ""},
                      {"line", 0},       {"message", ""}, {"remedy", ""}};
  if (wrong) issues.push_back(issue);
  const Json facts = {{"type", "letter"},
                      {"sender_codes", Json::array()},
                      {"sender_names", Json::array()},
                      {"subject", std::to_string(getpid())},
                      {"number", ""},
                      {"numbers", Json::array()},
                      {"urgency", ""},
                      {"secrecy", ""},
                      {"recipients", Json::array()},
                      {"unlisted", Json::array()},
                      {"attachments", Json::array()}};
  return canonical_json(
      {{"document", {{"issues", issues}, {"document", facts}}}, {"parts", parts}});
}

TEST(Compartment, HasAChildToItselfUntilSomethingIsWrong) {
  std::vector<ConfinedJob> jobs = inspection_jobs();
  for (ConfinedJob& job : jobs) {
    if (job.name == "package") job.run = say_who;
  }
  Nursery nursery = Nursery::start(std::move(jobs), 1);
  const Inspector inspector(nursery);
  const auto child_of = [&](const std::string& compartment, const std::string& di = "") {
    Files files;
    files.add("a.di", PartKind::kDi, di);
    const PackageInspection found = inspector.inspect_package({.parts = files.parts,
                                                               .files = files.files,
                                                               .claims = claims(),
                                                               .compartment = compartment},
                                                              {});
    return found.document.ok() ? found.document->facts->subject : found.document.refusal().detail;
  };
  const std::string of_a = child_of("A");
  EXPECT_EQ(child_of("A"), of_a);
  EXPECT_NE(child_of("B"), of_a);
  EXPECT_EQ(child_of("A"), of_a);
  EXPECT_NE(child_of(""), of_a);
  EXPECT_NE(child_of(""), child_of(""));
  EXPECT_EQ(child_of("A", "issue"), of_a);
  EXPECT_NE(child_of("A"), of_a);
}

TEST(Compartment, IsJudgedAsEachPartAloneAndAgainWhenItsChildDies) {
  for (const bool dies : {false, true}) {
    std::vector<ConfinedJob> jobs = inspection_jobs();
    for (ConfinedJob& job : jobs) {
      if (dies && job.name == "package") job.run = die;
    }
    Nursery nursery = Nursery::start(std::move(jobs), 1);
    const Inspector inspector(nursery);
    const Files files = large_package();
    for (int turn = 0; turn < 3; ++turn) {
      EXPECT_EQ(together(inspector, files, "A"), each_alone(inspector, files));
    }
  }
}

// What a child could answer that a hostile document has taken over.
Bytes forged_answer(ByteView, std::span<const int> descriptors) {
  FileHandle file(descriptors[0], "part");
  const Bytes answer = file.read_at(0, 1U << 20);
  static_cast<void>(file.release());
  return answer;
}

TEST(ForgedInspection, IsNoInspection) {
  Nursery nursery = Nursery::start({{"document", forged_answer}}, 1);
  const Inspector inspector(nursery);
  const std::string facts =
      R"("attachments":[],"number":"","numbers":[],"recipients":[],"secrecy":"",)"
      R"("sender_codes":[],"sender_names":[],"subject":"","type":"letter","unlisted":[])";
  const auto answer_of = [&](const std::string& bytes) {
    Files files;
    files.add("a.di", PartKind::kDi, bytes);
    const auto inspection = inspector.inspect_document(
        {.parts = files.parts, .files = files.files, .claims = std::nullopt});
    return inspection ? "ok"s : std::string(code_of(inspection.reason()));
  };
  EXPECT_EQ(answer_of(R"({"document":{)" + facts + R"(,"urgency":""},"issues":[]})"), "ok");
  for (const std::string& forged :
       {""s, "{}"s, "null"s, R"({"issues":[]})"s, R"({"issues":[],"document":{}})"s,
        R"({"document":{)" + facts + R"(,"urgency":"later"},"issues":[]})",
        R"({"document":{)" + facts + R"(,"urgency":"","more":1},"issues":[]})",
        R"({"document":{)" + facts + R"(,"urgency":""},"issues":[{"code":"A b"}]})"}) {
    EXPECT_EQ(answer_of(forged), "scan_incomplete") << forged;
  }
}

}  // namespace
}  // namespace yizhan
