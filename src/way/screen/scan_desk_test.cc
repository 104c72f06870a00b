#include "way/screen/scan_desk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/clause.h"
#include "tests/support/scanning_suite.h"
#include "tests/support/zip_maker.h"

namespace yizhan {
namespace {

using namespace std::chrono_literals;

std::string odt_with(const std::string& content) {
  return std::string(text_of(zip_of({stored("mimetype", "application/vnd.oasis.opendocument.text"),
                                     packed("content.xml", content)})));
}

std::string zip_with(const std::string& name, const std::string& content) {
  return std::string(text_of(zip_of({packed(name, content)})));
}

const std::string kPdf =
    "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

class Scanning : public ScanningSuite<::testing::Test> {
 protected:
  TestScanner& scanner(ScanPolicy policy = test_policy(), Time lists_from = kTestNow) {
    scanner_ = std::make_unique<TestScanner>(exchange_, *nursery_, clamd_->socket_path(),
                                             ScannerWish{std::move(policy), lists_from});
    return *scanner_;
  }

  Result<Verdict> verdict_of(const TestPackage& package, const ScanOrder& order) {
    if (!scanner_) scanner();
    const Bytes cms = YZ_TRY(scanner_->line.scan(order, file_of(package.body)));
    const SignedVerdict verdict = YZ_TRY(open_verdict(cms));
    YZ_TRY(check_scanner(verdict, package.sealed, exchange_.directory(), CryptoPolicy()));
    return verdict.verdict;
  }
  Result<Verdict> verdict_of(const TestPackage& package) {
    return verdict_of(package, order_for(package));
  }
  // "clean", "infected NAME", "refused reason", "incomplete reason", or why there is no verdict.
  static std::string words(const Result<Verdict>& verdict) {
    if (!verdict) return "none " + std::string(code_of(verdict.reason()));
    std::string text(text_of(verdict->result));
    if (!verdict->name.empty()) return text + " " + verdict->name;
    if (verdict->reason) text += " " + std::string(code_of(*verdict->reason));
    return text;
  }
  std::string outcome(const std::vector<TestPart>& parts,
                      const std::function<void(Header&)>& change = {}) {
    return words(verdict_of(seal(exchange_, parts, change)));
  }

  SmallExchange exchange_;
  std::unique_ptr<TestScanner> scanner_;
};

TEST_F(Scanning, CallsACleanLetterCleanAndSaysWhatItLookedAt) {
  CLAUSE("五(二)6");
  std::string di = replaced(document_fixture("104_utf8/letter.di"), "T01000000A", "A01000000A");
  const std::string odt = odt_with("<office:document-content/>");
  const TestPackage package = seal(
      exchange_,
      {{"1150001234.di", PartKind::kDi, di},
       {"1150001234.sw", PartKind::kSw, document_fixture("104_utf8/letter.sw")},
       {"1150001234-ATTCH1.odt", PartKind::kAttachment, odt},
       {"1150001234-ATTCH2.pdf", PartKind::kAttachment, kPdf}},
      [](Header& header) { header.urgency = Urgency::kFast; });
  const Result<Verdict> verdict = verdict_of(package);
  ASSERT_EQ(words(verdict), "clean");
  EXPECT_EQ(verdict->inventory.parts, 4);
  EXPECT_EQ(verdict->inventory.members, 2);
  EXPECT_EQ(verdict->inventory.depth, 1);
  EXPECT_GT(verdict->inventory.bytes, static_cast<std::int64_t>(di.size() + odt.size()));
  EXPECT_TRUE(verdict->engine.starts_with("ClamAV ")) << verdict->engine;
  EXPECT_EQ(verdict->detail, "");
}

TEST_F(Scanning, FindsMalwareWhereverItHides) {
  CLAUSE("五(二)6");
  CLAUSE("五(二)7");
  const std::string eicar = eicar_test_file();
  EXPECT_EQ(outcome(mail_with("a.txt", eicar)), "infected Eicar-Test-Signature.UNOFFICIAL");
  const std::string zip = zip_with("a.txt", eicar);
  EXPECT_TRUE(outcome(mail_with("a.zip", zip)).starts_with("infected Eicar"));
  EXPECT_TRUE(outcome(mail_with("a.zip", zip_with("b.zip", zip_with("c.zip", zip))))
                  .starts_with("infected Eicar"));
  EXPECT_EQ(outcome(mail_with("a.odt", odt_with(own_test_pattern()))),
            "infected Yizhan.Test.UNOFFICIAL");
  std::vector<TestPart> in_document = mail_with("a.txt", "公文附件");
  in_document[0].content = replaced(in_document[0].content, "<主旨><文字>",
                                    "<主旨><文字>" + own_test_pattern());
  EXPECT_EQ(outcome(in_document), "infected Yizhan.Test.UNOFFICIAL");
}

TEST_F(Scanning, ReportsMalwareEvenWhereSomethingElseIsWrong) {
  CLAUSE("五(二)7");
  EXPECT_TRUE(outcome(mail_with("a.exe", eicar_test_file())).starts_with("infected Eicar"));
  std::vector<TestPart> parts = mail_with("a.txt", eicar_test_file());
  parts[0].content = replaced(parts[0].content, "A01000000A", "B02000000B");
  EXPECT_TRUE(outcome(parts).starts_with("infected Eicar"));
}

TEST_F(Scanning, FlagsWhatStartsByItselfOrHoldsItWherePolicySaysSo) {
  const std::string odt(
      text_of(zip_of({stored("mimetype", "application/vnd.oasis.opendocument.text"),
                      packed("content.xml", "<office:document-content/>"),
                      packed("Basic/Standard/Module1.xml", "<script:module/>")})));
  const Result<Verdict> flagged = verdict_of(seal(exchange_, mail_with("a.odt", odt)));
  EXPECT_EQ(words(flagged), "clean");
  EXPECT_NE(flagged->detail.find("巨集"), std::string::npos) << flagged->detail;
  ScanPolicy strict = test_policy();
  strict.rules.active_content = ActiveContent::kHold;
  scanner(strict);
  EXPECT_EQ(outcome(mail_with("a.odt", odt)), "incomplete content_refused");
}

TEST_F(Scanning, HoldsWhatItCannotLookInto) {
  ZipMember locked = packed("a.txt", "secret");
  locked.flags |= 1;
  const std::string zip(text_of(zip_of({locked})));
  EXPECT_EQ(outcome(mail_with("a.zip", zip)), "incomplete archive_encrypted");
  ScanPolicy strict = test_policy();
  strict.rules.content.encrypted_archives = EncryptedArchives::kRefuse;
  scanner(strict);
  EXPECT_EQ(outcome(mail_with("a.zip", zip)), "refused archive_encrypted");
}

TEST_F(Scanning, StopsAtAZipBombAtOnce) {
  const std::string bomb(text_of(zip_of({zeros("zeros", 2048)})));
  scanner();
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(outcome(mail_with("a.zip", bomb)), "incomplete archive_limits");
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
}

TEST_F(Scanning, RefusesWhatMayNotTravel) {
  std::vector<TestPart> classified = mail_with("a.txt", "附件");
  classified[0].content = replaced(classified[0].content, "<速別/>",
                                   "<速別/><密等及解密條件或保密期限><密等 代碼=\"密\"/>"
                                   "<解密條件或保密期限/></密等及解密條件或保密期限>");
  EXPECT_EQ(outcome(classified), "refused classified");
  EXPECT_EQ(outcome(mail_with("a.exe", "MZ")), "refused attachment_type");
  EXPECT_EQ(outcome(mail_with("a.pdf", "no pdf")), "refused attachment_type");
  EXPECT_EQ(outcome(mail_with("a.zip", zip_with("../a", "a"))), "refused content_refused");

  std::vector<TestPart> of_another = mail_with("a.txt", "附件");
  of_another[0].content = replaced(of_another[0].content, "A01000000A", "B02000000B");
  const Result<Verdict> verdict = verdict_of(seal(exchange_, of_another));
  ASSERT_EQ(words(verdict), "refused document_invalid");
  EXPECT_EQ(verdict->detail, "sender_mismatch");
  EXPECT_EQ(outcome(mail_with("a.txt", "附件"),
                    [](Header& header) { header.urgency = Urgency::kFastest; }),
            "refused document_invalid");
}

TEST_F(Scanning, TellsNothingOfTheContentInAVerdict) {
  std::vector<TestPart> parts = mail_with("計畫機密名稱.exe", "MZ");
  parts[0].content = replaced(parts[0].content, "1150001240.sw", "另一個.sw");
  const TestPackage package = seal(exchange_, parts);
  scanner();
  const Bytes cms = scanner_->line.scan(order_for(package), file_of(package.body)).value();
  const std::string said(text_of(cms));
  for (const char* secret : {"計畫", "澤林縣政府", "測資", "另一個", "備查"}) {
    EXPECT_EQ(said.find(secret), std::string::npos) << secret;
  }
}

TEST_F(Scanning, CallsEveryTamperedPackageUnopenableAndNoMore) {
  const TestPackage whole = seal(exchange_, mail_with("a.txt", std::string(3U << 20, 'a')));
  ASSERT_GT(whole.envelope.groups.size(), 2U);
  scanner();
  const auto said = [&](const TestPackage& package, const ScanOrder& order) {
    const Result<Verdict> verdict = verdict_of(package, order);
    EXPECT_EQ(words(verdict), "refused unopenable");
    EXPECT_EQ(verdict->detail, "");
    EXPECT_EQ(verdict->inventory.parts, 0);
  };
  TestPackage package = whole;
  package.body[100] ^= 1;
  said(package, order_for(package));
  package = whole;
  package.body.back() ^= 1;
  said(package, order_for(package));
  package = whole;
  package.body.pop_back();
  said(package, order_for(package));
  ScanOrder order = order_for(whole);
  order.key_block[order.key_block.size() / 2] ^= 1;
  said(whole, order);
  order = order_for(whole);
  std::swap(order.groups[0], order.groups[1]);
  said(whole, order);
  order = order_for(whole);
  order.groups.pop_back();
  said(whole, order);
  // Each step stands in our own journal.
  ASSERT_EQ(scanner_->reports.size(), 6U);
  for (const ScanReport& report : scanner_->reports) EXPECT_NE(report.why->detail, "");
}

TEST_F(Scanning, CatchesASenderWhoShowsTwoReadersTwoTexts) {
  const TestPackage package = seal(exchange_, mail_with("a.txt", "附件"), [](Header& header) {
    header.commitment.octets[0] ^= 1;
  });
  EXPECT_EQ(words(verdict_of(package)), "refused unopenable");
  const TestPackage other = seal(exchange_, mail_with("a.txt", "附件"), [](Header& header) {
    header.plaintext_root.octets[0] ^= 1;
  });
  EXPECT_EQ(words(verdict_of(other)), "refused unopenable");
}

TEST_F(Scanning, GivesNoVerdictWhileTheEngineIsAway) {
  CLAUSE("五(二)6");
  scanner();
  const std::vector<TestPart> mail = mail_with("a.txt", "附件");
  ASSERT_EQ(outcome(mail), "clean");
  clamd_->freeze();
  EXPECT_EQ(outcome(mail), "none scanner_unavailable");
  clamd_->thaw();
  EXPECT_EQ(outcome(mail), "clean");
  clamd_->kill();
  EXPECT_EQ(outcome(mail), "none scanner_unavailable");
  EXPECT_FALSE(scanner_->desk.check().ok());
  clamd_->start();
  EXPECT_TRUE(scanner_->desk.check().ok());
  EXPECT_EQ(outcome(mail), "clean");
}

TEST_F(Scanning, GivesNoVerdictWithAnEngineThatFindsNothing) {
  CLAUSE("五(二)6");
  ClamdServer blind;
  blind.kill();
  blind.replace_signatures("Nothing:0:*:" + to_hex(bytes_of("nothing at all of this")) + "\n");
  blind.start();
  TestScanner with_blind(exchange_, *nursery_, blind.socket_path(), {test_policy()});
  const TestPackage package = seal(exchange_, mail_with("a.txt", "附件"));
  const auto verdict = with_blind.line.scan(order_for(package), file_of(package.body));
  ASSERT_FALSE(verdict.ok());
  EXPECT_EQ(verdict.reason(), Reason::kScannerUnavailable);
}

// A minute has not passed since it was proven, and it calls itself the same.
TEST_F(Scanning, GivesNoVerdictOnceItsProvenEngineHasLostItsSignatures) {
  CLAUSE("五(二)6");
  ClamdServer engine;
  TestScanner scanner(exchange_, *nursery_, engine.socket_path(), {test_policy()});
  const TestPackage package = seal(exchange_, mail_with("a.txt", "附件"));
  ASSERT_TRUE(scanner.line.scan(order_for(package), file_of(package.body)).ok());
  engine.kill();
  engine.replace_signatures("Nothing:0:*:" + to_hex(bytes_of("nothing at all of this")) + "\n");
  engine.start();
  EXPECT_EQ(scanner.line.scan(order_for(package), file_of(package.body)).reason(),
            Reason::kScannerUnavailable);
}

TEST_F(Scanning, GivesNoVerdictWithSignaturesOfUnknownAge) {
  CLAUSE("五(二)6");
  scanner(ScanPolicy{});
  EXPECT_EQ(outcome(mail_with("a.txt", "附件")), "none scanner_unavailable");
  EXPECT_FALSE(scanner_->desk.check().ok());
}

TEST_F(Scanning, GivesNoVerdictWhileWhatItNeedsToKnowIsUnknown) {
  const std::vector<TestPart> mail = mail_with("a.txt", "附件");
  scanner(test_policy(), kTestNow - std::chrono::hours{48});
  EXPECT_EQ(outcome(mail), "none revocation_unknown");
  scanner().keys.away = true;
  EXPECT_EQ(outcome(mail), "none keyholder_unavailable");
  scanner_->keys.away = false;
  EXPECT_EQ(outcome(mail), "clean");
  exchange_.registered(exchange_.a).standing = Standing::kSuspended;
  scanner_->files.write_directory(2);
  ASSERT_TRUE(scanner_->directory.reload().ok());
  EXPECT_EQ(outcome(mail), "none agency_suspended");
  scanner().clock.pass(std::chrono::hours{24 * 30});
  EXPECT_EQ(outcome(mail), "none directory_stale");
}

TEST_F(Scanning, KeepsToItsShareOfMemory) {
  ScanPolicy small = test_policy();
  small.quarantine_bytes_max = 1U << 20;
  scanner(small);
  EXPECT_EQ(outcome(mail_with("a.txt", std::string(1U << 20, 'a'))), "incomplete scan_budget");
  EXPECT_EQ(outcome(mail_with("a.txt", "附件")), "clean");

  QuarantineBudget budget(10);
  auto first = budget.take(6);
  EXPECT_TRUE(first.has_value());
  EXPECT_FALSE(budget.take(5).has_value());
  EXPECT_TRUE(budget.take(4).has_value());
  first.reset();
  EXPECT_TRUE(budget.take(10).has_value());
}

// Where each file that this process could write to lies; ours, not those of the test program.
std::vector<std::string> writable_files() {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int number = std::stoi(entry.path().filename());
    struct stat status {};
    const int mode = ::fcntl(number, F_GETFL) & O_ACCMODE;
    if (number <= STDERR_FILENO || ::fstat(number, &status) != 0 || !S_ISREG(status.st_mode)) {
      continue;
    }
    if (mode != O_RDONLY) found.push_back(std::filesystem::read_symlink(entry.path()));
  }
  return found;
}

TEST_F(Scanning, KeepsPlaintextInMemoryOnly) {
  const std::vector<std::string> before = writable_files();  // whoever started us left them open
  scanner();
  // The engine falls asleep over the opened parts, so that we can look around.
  scanner_->keys.before_opening = [] { clamd_->freeze(); };
  const TestPackage package = seal(exchange_, mail_with("a.txt", "附件"));
  Result<Verdict> verdict = Reason::kInternal;
  std::jthread asker([&] { verdict = verdict_of(package); });
  const auto in_quarantine = [] {
    const auto files = writable_files();
    return std::ranges::count_if(
        files, [](const std::string& name) { return name.starts_with("/memfd:quarantine"); });
  };
  for (int i = 0; i < 5000 && in_quarantine() < 3; ++i) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(in_quarantine(), 3);
  for (const std::string& name : writable_files()) {
    EXPECT_TRUE(name.starts_with("/memfd:") || std::ranges::count(before, name) > 0) << name;
  }
  clamd_->thaw();
  asker.join();
  EXPECT_EQ(words(verdict), "clean");
  EXPECT_EQ(in_quarantine(), 0);
}

TEST_F(Scanning, ScansManyAtOnce) {
  scanner();
  const TestPackage clean = seal(exchange_, mail_with("a.txt", "附件"));
  const TestPackage infected = seal(exchange_, mail_with("a.txt", eicar_test_file()));
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> askers;
    for (int i = 0; i < 8; ++i) {
      askers.emplace_back([&, i] {
        const bool ill = i % 2 == 1;
        for (int turn = 0; turn < 3; ++turn) {
          const auto verdict = verdict_of(ill ? infected : clean);
          const auto wanted = ill ? ScanResult::kInfected : ScanResult::kClean;
          if (verdict.ok() && verdict->result == wanted) ++right;
        }
      });
    }
  }
  EXPECT_EQ(right, 24);
}

}  // namespace
}  // namespace yizhan
