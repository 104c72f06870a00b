#include "role/terminal/inspection.h"
#include "tests/support/clause.h"
#include "tests/support/small_centre.h"
#include "tests/support/scanning_suite.h"
#include "tests/support/zip_maker.h"
#include "way/deliver/deliver.h"
#include "way/hold/hold.h"
#include "way/open/open.h"
#include "way/route/route.h"

// An archive that no scanner can look into, from the centre's hold over the release by two officers
// to what the recipient's terminal says of it: every station and both engines are the real ones.

namespace yizhan {
namespace {

// Finds what the test wants found.
class Finding final : public FileScanner {
 public:
  explicit Finding(Reason reason) : reason_(reason) {}
  Result<ScannedPart> scan(const Part&, const FileHandle&) override { return reason_; }

 private:
  Reason reason_;
};

std::string locked_zip(const std::vector<ZipMember>& more = {}) {
  std::vector<ZipMember> members = {packed("a.txt", "secret")};
  members.front().flags |= 1;
  members.insert(members.end(), more.begin(), more.end());
  return std::string(text_of(zip_of(members)));
}

class ReleasedMail : public ScanningSuite<::testing::Test> {
 protected:
  // A 函 of agency a to agency b with that archive; held by the centre's scanner for that reason.
  TestPackage held_letter(const std::string& zip, Reason reason) {
    std::string di = document_fixture("104_utf8/letter.di"),
                sw = document_fixture("104_utf8/letter.sw");
    for (std::string* text : {&di, &sw}) {
      for (const auto& [from, to] : {std::pair{"T01000000A", "A01000000A"},
                                     std::pair{"T37600000B", "B02000000B"},
                                     std::pair{"ATTCH1.odt", "ATTCH1.zip"}}) {
        while (text->find(from) != std::string::npos) *text = replaced(*text, from, to);
      }
    }
    TestPackage package =
        seal(exchange_,
             {{"1150001234.di", PartKind::kDi, di},
              {"1150001234.sw", PartKind::kSw, sw},
              {"1150001234-ATTCH1.zip", PartKind::kAttachment, zip},
              {"1150001234-ATTCH2.pdf", PartKind::kAttachment,
               "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"}},
             [](Header& header) { header.urgency = Urgency::kFast; });
    centre_.enter(package);
    EXPECT_TRUE(screening_.work());
    EXPECT_EQ(centre_.stored(package).reason, reason);
    return package;
  }
  void release(const TestPackage& package) {
    const std::vector decisions = {
        centre_.decision(exchange_.first.chen, DecisionKind::kRelease, package),
        centre_.decision(exchange_.first.lin, DecisionKind::kRelease, package)};
    EXPECT_EQ(holding_.decide(decisions).value(), Station::kRoute);
    EXPECT_TRUE(routing_.work(10));
    while (desk_.work(10).value() > 0) continue;
  }
  Consignment fetch(const TestPackage& package) {
    return delivering_.lease(exchange_.b.code, id_of(package), {"terminal-1", "key"}).value();
  }
  DeliveryId id_of(const TestPackage& package) {
    return centre_.delivery(package, exchange_.b).id;
  }
  // What the recipient's terminal says, with that scanner of its own: "ok", or why not.
  std::string opened(const TestPackage& package, const Consignment& given, FileScanner& own) {
    const Mail mail{.id = id_of(package), .message = package.sealed.header.key(),
                    .recipient = exchange_.b.addressee(), .state = MailState::kLeased, .why = {},
                    .since = kTestNow, .attempts = 0, .due = kTestNow, .lease_key = "key",
                    .lease = {}, .consigned = kTestNow};
    const Checking checking({centre_.directory, centre_.trust,
                             [&](const Sha256&) -> Result<std::shared_ptr<DecryptionKey>> {
                               return std::shared_ptr<DecryptionKey>(
                                   std::make_shared<SoftwareKey>(exchange_.b.encrypt));
                             },
                             judge_, own, centre_.clock, scanner_.files.folder()});
    const auto proven = checking.prove_package(mail, given, package.sealed.sha256);
    if (!proven) return std::string(code_of(proven.reason()));
    const ReadBody read = [&](std::uint64_t offset, std::size_t length) {
      return centre_.objects.read(package.sealed.header.cipher_root, offset, length);
    };
    const auto result = checking.open(*proven, given, read);
    return result ? "ok" : std::string(code_of(result.reason())) + result.refusal().detail;
  }
  std::string opened(const TestPackage& package, const Consignment& given) {
    return opened(package, given, engine_scanner_);
  }

  SmallCentre centre_{Engine::kSqlite};
  SmallExchange& exchange_ = centre_.exchange;
  TestScanner scanner_{exchange_, *nursery_, clamd_->socket_path(), {test_policy()}};
  EngineWatch watch_{scanner_.engine, centre_.clock, std::nullopt};
  EngineScanner engine_scanner_{scanner_.inspector, scanner_.engine, watch_};
  ConfinedJudge judge_{scanner_.inspector};
  NoAlarm alarm_;
  Screening screening_{{centre_.database, centre_.custody, centre_.objects, centre_.directory,
                        centre_.trust, scanner_.line, alarm_, [] {}, [] {}}};
  Holding holding_{{centre_.database, centre_.custody, centre_.objects, centre_.directory, [] {},
                    [] {}}};
  Routing routing_{{centre_.database, centre_.custody, centre_.directory, [] {}}};
  Delivering delivering_{
      {centre_.database, centre_.custody, centre_.objects, centre_.directory,
       centre_.trust.policy(), [] {}}};
  EvidenceDesk desk_{{centre_.database, exchange_.first.evidence, &centre_.log,
                      [](Transaction&, const EvidenceRow&) {}}};
};

TEST_F(ReleasedMail, AnEncryptedArchiveIsHandedOverOnTheWordOfTwoOfficers) {
  const TestPackage package = held_letter(locked_zip(), Reason::kArchiveEncrypted);
  release(package);
  const Consignment given = fetch(package);
  ASSERT_EQ(opened(package, given), "ok");
  Statement handover = statement_by(exchange_.b, EvidenceType::kHandover, package);
  handover.lease = LeaseMark{given.lease.id, given.lease.fencing};
  const Bytes evidence = sign_statement(handover, exchange_.b.sign).value().cms;
  EXPECT_EQ(delivering_.complete(exchange_.b.code, id_of(package), evidence).value(),
            State::kReceived);
}

TEST_F(ReleasedMail, MalwareThatTheRecipientsOwnScanFindsIsRefusedWhateverOfficersSay) {
  CLAUSE("五(三)2");
  const std::string zip = locked_zip({stored("b.txt", eicar_test_file())});
  const TestPackage package = held_letter(zip, Reason::kInfected);
  release(package);
  EXPECT_TRUE(opened(package, fetch(package)).starts_with("infected"));
}

TEST_F(ReleasedMail, AReleaseCoversTheReasonThatTheOfficersReadAndNoOther) {
  const TestPackage package = held_letter(locked_zip(), Reason::kArchiveEncrypted);
  release(package);
  const Consignment given = fetch(package);
  for (const Reason reason : {Reason::kArchiveLimits, Reason::kScanIncomplete, Reason::kInfected,
                              Reason::kAttachmentType, Reason::kContentRefused}) {
    Finding own(reason);
    EXPECT_TRUE(opened(package, given, own).starts_with(code_of(reason)));
  }
  Finding encrypted(Reason::kArchiveEncrypted);
  EXPECT_EQ(opened(package, given, encrypted), "ok");
}

}  // namespace
}  // namespace yizhan
