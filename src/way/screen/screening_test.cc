#include "way/screen/screening.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/support/clause.h"
#include "tests/support/small_centre.h"

namespace yizhan {
namespace {

class AlarmBell final : public Alarm {
 public:
  void malware_found(Transaction&, const StoredPackage&, const Verdict& verdict) override {
    names.push_back(verdict.name);
  }
  void scanner_changed(Transaction&, const std::optional<Refusal>& down) override {
    changes.push_back(down ? down->reason : kUp);
  }
  static constexpr Reason kUp = Reason::kInternal;
  std::vector<std::string> names;
  std::vector<Reason> changes;
};

// A scanner at the other end of the line that says what the test wants it to say.
class Scanner {
 public:
  explicit Scanner(const std::filesystem::path& socket)
      : socket_({.socket = socket}),
        thread_([this] { socket_.serve(1, [this](const auto& scan) { return answer(scan); }); }) {}
  ~Scanner() { socket_.stop(); }
  Scanner(const Scanner&) = delete;
  Scanner& operator=(const Scanner&) = delete;

  // Set before the order is given; called on the scanner's thread.
  ScannerSocket::Answer says;
  std::atomic<int> asked = 0;

 private:
  Result<Bytes> answer(const IncomingScan& scan) {
    ++asked;
    return says(scan);
  }

  ScannerSocket socket_;
  std::jthread thread_;
};

class ScreeningTest : public CentreTest {
 protected:
  TestPackage entered() {
    TestPackage package = make_package(
        exchange_, {.recipients = {exchange_.b.addressee(), exchange_.c.addressee()}});
    centre_.enter(package);
    return package;
  }
  // Another package of the same document.
  TestPackage sibling_of(const TestPackage& package) {
    centre_.clock.pass(Milliseconds{1});  // it comes later
    return make_package(exchange_, {.now = centre_.clock.now(), .change = [&](Header& header) {
                          header.document_id = package.sealed.header.document_id;
                        }});
  }
  StoredPackage hand_over(const TestPackage& package, int urgency_rank = 2) {
    StoredPackage stored = centre_.stored(package);
    stored.attempts = 1;
    stored.due = centre_.clock.now() + kFirstTurn;
    stored.urgency_rank = urgency_rank;
    centre_.database.transact(
        [&](Transaction& tx) { centre_.custody.journeys().move(tx, stored); });
    screening_.take(stored);
    return stored;
  }
  void start_scanner(ScannerSocket::Answer says) {
    scanner_.emplace(path_);
    scanner_->says = std::move(says);
  }
  void answer_with(const Verdict& verdict, SoftwareKey& key) {
    start_scanner([verdict, &key](const IncomingScan&) -> Result<Bytes> {
      return YZ_TRY(sign_verdict(verdict, key)).cms;
    });
  }
  void answer_with(const Verdict& verdict) { answer_with(verdict, exchange_.first.scanner); }

  const std::filesystem::path path_ = centre_.place.directory() / "scan.sock";
  std::optional<Scanner> scanner_;
  ScannerLine line_{path_, std::chrono::seconds{20}};
  AlarmBell alarm_;
  int routing_wakes_ = 0;
  Screening screening_{{centre_.database, centre_.custody, centre_.objects, centre_.directory,
                        centre_.trust, line_, alarm_, [] {}, [this] { ++routing_wakes_; }}};
};

INSTANTIATE_TEST_SUITE_P(BothEngines, ScreeningTest, kBothEngines, engine_name);

TEST_P(ScreeningTest, LetsACleanDocumentGoOn) {
  const TestPackage package = entered();
  Bytes header, key_block, body;
  start_scanner([&](const IncomingScan& scan) -> Result<Bytes> {
    header = scan.order.header;
    key_block = scan.order.key_block;
    body = scan.body.read_at(0, scan.body.size());
    return YZ_TRY(sign_verdict(verdict_by(exchange_.first, package), exchange_.first.scanner)).cms;
  });
  EXPECT_TRUE(screening_.work());
  EXPECT_EQ(header, package.sealed.cms);
  EXPECT_EQ(key_block, package.envelope.key_blocks.back());
  EXPECT_EQ(body, package.body);
  EXPECT_EQ(centre_.stored(package).station, Station::kRoute);
  EXPECT_EQ(centre_.count_evidence(package, kVerdictKind), 1);
  EXPECT_EQ(routing_wakes_, 1);
  EXPECT_FALSE(screening_.work());
  EXPECT_EQ(scanner_->asked, 1);
}

// A lock held around one transaction must not be taken within another.
TEST_P(ScreeningTest, ManyWorkersDoNotWaitForEachOtherWhenNoScannerAnswers) {
  struct Nobody final : Alarm {
    void malware_found(Transaction&, const StoredPackage&, const Verdict&) override {}
    void scanner_changed(Transaction&, const std::optional<Refusal>&) override {}
  } nobody;
  Screening screening({centre_.database, centre_.custody, centre_.objects, centre_.directory,
                       centre_.trust, line_, nobody, [] {}, [] {}});
  std::vector<TestPackage> packages;
  for (int i = 0; i < 8; ++i) packages.push_back(entered());
  for (int round = 0; round < 6; ++round) {
    std::vector<std::jthread> workers;
    for (int i = 0; i < 4; ++i) {
      workers.emplace_back([&] {
        while (screening.work()) continue;
      });
    }
    workers.clear();
    centre_.clock.pass(std::chrono::minutes{1});
  }
  for (const TestPackage& package : packages) {
    EXPECT_EQ(centre_.stored(package).reason, Reason::kScannerUnavailable);
  }
}

TEST_P(ScreeningTest, HoldsAnInfectedDocumentForAllAndTellsWhoMustKnow) {
  CLAUSE("五(二)7");
  const TestPackage package = entered();
  answer_with(verdict_by(exchange_.first, package, ScanResult::kInfected));
  EXPECT_TRUE(screening_.work());
  EXPECT_EQ(centre_.stored(package).station, Station::kHeld);
  EXPECT_EQ(centre_.delivery(package, exchange_.b).state, State::kHeld);
  EXPECT_EQ(centre_.delivery(package, exchange_.c).state, State::kHeld);
  EXPECT_EQ(alarm_.names, std::vector<std::string>{"Eicar-Test-Signature"});
  const Statement held = centre_.find_statement(package, EvidenceType::kHeld).value();
  EXPECT_EQ(held.reason, Reason::kInfected);
  EXPECT_EQ(held.detail, "Eicar-Test-Signature");
  EXPECT_EQ(routing_wakes_, 0);
  EXPECT_FALSE(screening_.work());
}

TEST_P(ScreeningTest, MalwareHoldsWhateverElseOfTheDocumentIsOnItsWay) {
  CLAUSE("五(二)7");
  const TestPackage infected = entered(), other = make_package(exchange_);
  const TestPackage in_inbox = sibling_of(infected), to_route = sibling_of(infected),
                    undecided = sibling_of(infected);
  centre_.enter_consigned(in_inbox);
  centre_.enter_screened(to_route);
  centre_.enter_held(undecided, Reason::kArchiveEncrypted);
  centre_.enter_consigned(other);
  answer_with(verdict_by(exchange_.first, infected, ScanResult::kInfected));
  EXPECT_TRUE(screening_.work());
  for (const TestPackage* package : {&in_inbox, &to_route, &undecided}) {
    EXPECT_EQ(centre_.stored(*package).station, Station::kHeld);
    EXPECT_EQ(centre_.stored(*package).reason, Reason::kInfected);
    EXPECT_EQ(centre_.delivery(*package, exchange_.b).state, State::kHeld);
    const Statement held = centre_.find_statement(*package, EvidenceType::kHeld).value();
    EXPECT_EQ(held.reason, Reason::kInfected);
    EXPECT_EQ(held.detail, "同一公文之另一封裝 " + infected.sealed.header.message_id.text() +
                               "：Eicar-Test-Signature");
  }
  EXPECT_EQ(centre_.find_statement(in_inbox, EvidenceType::kHeld)->previous.size(), 1U);
  EXPECT_EQ(centre_.delivery(other, exchange_.b).state, State::kConsigned);
  EXPECT_EQ(alarm_.names.size(), 1U);
}

TEST_P(ScreeningTest, WhatComesLaterOfAnInfectedDocumentIsScannedAndHeld) {
  CLAUSE("五(二)7");
  const TestPackage infected = entered(), before = sibling_of(infected);
  centre_.enter(before);
  answer_with(verdict_by(exchange_.first, infected, ScanResult::kInfected));
  EXPECT_TRUE(screening_.work());
  const TestPackage later = sibling_of(infected);
  centre_.enter(later);
  for (const TestPackage* package : {&before, &later}) {
    scanner_.reset();
    answer_with(verdict_by(exchange_.first, *package));
    EXPECT_TRUE(screening_.work());
    EXPECT_EQ(centre_.stored(*package).station, Station::kHeld);
    EXPECT_EQ(centre_.delivery(*package, exchange_.b).state, State::kHeld);
    EXPECT_EQ(centre_.find_statement(*package, EvidenceType::kHeld)->reason, Reason::kInfected);
    EXPECT_EQ(centre_.count_evidence(*package, kVerdictKind), 1);  // for those who decide
  }
  EXPECT_EQ(routing_wakes_, 0);
}

TEST_P(ScreeningTest, HoldsWhatTheScannerRefusesOrCouldNotFinish) {
  for (const ScanResult result : {ScanResult::kRefused, ScanResult::kIncomplete}) {
    const TestPackage package = entered();
    Verdict verdict = verdict_by(exchange_.first, package, result);
    if (result == ScanResult::kRefused) verdict.reason = Reason::kClassified;
    scanner_.reset();
    answer_with(verdict);
    EXPECT_TRUE(screening_.work());
    EXPECT_EQ(centre_.stored(package).station, Station::kHeld);
    EXPECT_EQ(centre_.stored(package).reason, result == ScanResult::kRefused
                                                  ? Reason::kClassified
                                                  : Reason::kScanIncomplete);
  }
  EXPECT_TRUE(alarm_.names.empty());
}

TEST_P(ScreeningTest, WithoutAScannerNothingPassesAndNothingIsLost) {
  CLAUSE("五(二)7");
  const TestPackage package = entered();
  EXPECT_TRUE(screening_.work());
  EXPECT_EQ(centre_.stored(package).station, Station::kScreen);
  EXPECT_EQ(centre_.stored(package).reason, Reason::kScannerUnavailable);
  EXPECT_FALSE(screening_.work());  // not before its time
  for (int i = 0; i < 8; ++i) {
    centre_.clock.pass(std::chrono::seconds{30});
    EXPECT_TRUE(screening_.work());
  }
  EXPECT_EQ(centre_.count_evidence(package, "Held"), 1);  // said once
  answer_with(verdict_by(exchange_.first, package));
  centre_.clock.pass(std::chrono::seconds{30});
  EXPECT_TRUE(screening_.work());
  EXPECT_EQ(centre_.stored(package).station, Station::kRoute);
  EXPECT_FALSE(centre_.stored(package).reason);
  EXPECT_EQ(alarm_.changes, (std::vector<Reason>{Reason::kScannerUnavailable, AlarmBell::kUp}));
}

TEST_P(ScreeningTest, AVerdictThatIsNotThisScannersAboutThisPackageDoesNotCount) {
  const TestPackage package = entered(), other = make_package(exchange_);
  const auto expect_waiting = [&] {
    EXPECT_TRUE(screening_.work());
    EXPECT_EQ(centre_.stored(package).station, Station::kScreen);
    EXPECT_EQ(centre_.stored(package).reason, Reason::kVerdictMissing);
    EXPECT_EQ(centre_.count_evidence(package, kVerdictKind), 0);
    centre_.clock.pass(std::chrono::seconds{30});
    scanner_.reset();
  };
  answer_with(verdict_by(exchange_.first, other));
  expect_waiting();
  answer_with(verdict_by(exchange_.second, package), exchange_.second.scanner);
  expect_waiting();
  Verdict by_evidence_key = verdict_by(exchange_.first, package);
  by_evidence_key.scanner_certificate = exchange_.first.evidence.certificate().sha256();
  answer_with(by_evidence_key, exchange_.first.evidence);
  expect_waiting();
}

TEST_P(ScreeningTest, ADocumentThatKeepsKillingItsScannerIsHeldForPeople) {
  const TestPackage package = entered();
  // As ten scans leave it that were begun and never answered.
  centre_.database.transact([&](Transaction& tx) {
    StoredPackage stored =
        centre_.custody.journeys().find(tx, package.sealed.header.key()).value();
    stored.attempts = 10;
    centre_.custody.journeys().move(tx, stored);
  });
  EXPECT_FALSE(screening_.work());
  EXPECT_EQ(centre_.stored(package).station, Station::kHeld);
  EXPECT_EQ(centre_.stored(package).reason, Reason::kScanIncomplete);
}

// The claim is the program's own: should the program die over it, the package is soon due again.
TEST_P(ScreeningTest, TwoWorkersNeverScanTheSamePackage) {
  const TestPackage package = entered();
  start_scanner([&](const IncomingScan&) -> Result<Bytes> {
    EXPECT_LE(centre_.stored(package).due, centre_.clock.now() + std::chrono::seconds{1});
    centre_.clock.pass(std::chrono::minutes{1});  // due again, but still under way
    EXPECT_FALSE(screening_.work());
    return YZ_TRY(sign_verdict(verdict_by(exchange_.first, package), exchange_.first.scanner)).cms;
  });
  EXPECT_TRUE(screening_.work());
  EXPECT_EQ(scanner_->asked, 1);
  EXPECT_EQ(centre_.stored(package).station, Station::kRoute);
}

// As admission hands it over: its first try is counted, and the store has it due only later.
TEST_P(ScreeningTest, ScreensWhatItIsHandedWithoutLookingForIt) {
  const TestPackage package = entered();
  const StoredPackage stored = hand_over(package);
  answer_with(verdict_by(exchange_.first, package));
  EXPECT_TRUE(screening_.work());
  EXPECT_EQ(centre_.stored(package).station, Station::kRoute);
  EXPECT_FALSE(screening_.work());
  screening_.take(stored);  // what comes twice is scanned, and changes nothing any more
  EXPECT_TRUE(screening_.work());
  EXPECT_EQ(centre_.count_evidence(package, kVerdictKind), 1);
}

TEST_P(ScreeningTest, WhatItWasHandedAndNeverScannedIsSoonDue) {
  const TestPackage package = entered();
  hand_over(package);  // to a program that dies
  answer_with(verdict_by(exchange_.first, package));
  Screening next({centre_.database, centre_.custody, centre_.objects, centre_.directory,
                  centre_.trust, line_, alarm_, [] {}, [] {}});
  EXPECT_FALSE(next.work());
  centre_.clock.pass(kFirstTurn);
  EXPECT_TRUE(next.work());
  EXPECT_EQ(centre_.stored(package).station, Station::kRoute);
}

TEST_P(ScreeningTest, WhatWaitsInTheStoreComesToItsTurnWhateverIsHandedOver) {
  const TestPackage waiting = entered();
  start_scanner([](const IncomingScan&) { return Reason::kScannerUnavailable; });
  for (int i = 0; i < 16; ++i) {
    hand_over(entered());
    EXPECT_TRUE(screening_.work());
  }
  EXPECT_EQ(centre_.stored(waiting).reason, Reason::kScannerUnavailable);
}

TEST_P(ScreeningTest, TheMostUrgentThatItWasHandedIsScreenedFirst) {
  const TestPackage slow = entered(), fast = entered();
  hand_over(slow);
  hand_over(fast, 0);
  answer_with(verdict_by(exchange_.first, fast));
  EXPECT_TRUE(screening_.work());
  EXPECT_EQ(centre_.stored(fast).station, Station::kRoute);
  EXPECT_EQ(centre_.stored(slow).station, Station::kScreen);
}

TEST_P(ScreeningTest, ACleanDocumentIsRoutedInTheVerdictsTransactionWhereThatIsWished) {
  const TestPackage package = entered(), infected = entered();
  int routed = 0;
  Screening screening({centre_.database, centre_.custody, centre_.objects, centre_.directory,
                       centre_.trust, line_, alarm_, [] {}, [this] { ++routing_wakes_; },
                       [&](Transaction& tx, StoredPackage& clean) {
                         EXPECT_EQ(centre_.custody.verdicts_on(tx, clean).size(), 1U);
                         clean.station = Station::kRouted;
                         centre_.custody.journeys().move(tx, clean);
                         return ++routed > 0;
                       }});
  start_scanner([&](const IncomingScan& scan) -> Result<Bytes> {
    const bool clean = scan.order.header == package.sealed.cms;
    return YZ_TRY(sign_verdict(verdict_by(exchange_.first, clean ? package : infected,
                                          clean ? ScanResult::kClean : ScanResult::kInfected),
                               exchange_.first.scanner))
        .cms;
  });
  EXPECT_TRUE(screening.work());
  EXPECT_TRUE(screening.work());
  EXPECT_EQ(centre_.stored(package).station, Station::kRouted);
  EXPECT_EQ(centre_.stored(infected).station, Station::kHeld);
  EXPECT_EQ(routed, 1);
  EXPECT_EQ(routing_wakes_, 0);
}

TEST_P(ScreeningTest, ASenderSuspendedMeanwhileIsNotScannedUntilItResumes) {
  CLAUSE("十三");
  const TestPackage package = entered();
  answer_with(verdict_by(exchange_.first, package));
  exchange_.registered(exchange_.a).standing = Standing::kSuspended;
  centre_.publish_directory();
  EXPECT_TRUE(screening_.work());
  EXPECT_EQ(scanner_->asked, 0);
  EXPECT_EQ(centre_.stored(package).reason, Reason::kAgencySuspended);
  exchange_.registered(exchange_.a).standing = Standing::kActive;
  centre_.publish_directory();
  centre_.clock.pass(std::chrono::seconds{30});
  EXPECT_TRUE(screening_.work());
  EXPECT_EQ(centre_.stored(package).station, Station::kRoute);
}

TEST_P(ScreeningTest, WaitsWhileTheRevocationIsUnknown) {
  const TestPackage package = make_package(exchange_, {.now = kTestNow + std::chrono::hours{30}});
  centre_.clock.pass(std::chrono::hours{30});
  centre_.enter(package);
  answer_with(verdict_by(exchange_.first, package));
  EXPECT_TRUE(screening_.work());
  EXPECT_EQ(centre_.stored(package).reason, Reason::kRevocationUnknown);
  EXPECT_EQ(scanner_->asked, 0);
  centre_.refresh_trust();
  centre_.clock.pass(std::chrono::seconds{30});
  EXPECT_TRUE(screening_.work());
  EXPECT_EQ(centre_.stored(package).station, Station::kRoute);
}

TEST_P(ScreeningTest, WhatEndsWhileItIsScannedStaysEnded) {
  const TestPackage package = entered();
  start_scanner([&](const IncomingScan&) -> Result<Bytes> {
    centre_.database.transact([&](Transaction& tx) {
      const StoredPackage stored =
          centre_.custody.journeys().find(tx, package.sealed.header.key()).value();
      for (Delivery& delivery : centre_.custody.journeys().deliveries_of(tx, stored.id)) {
        centre_.custody
            .take(tx, stored, delivery,
                  {.step = Step::kWithdraw, .due = kTestNow,
                   .why = Refusal{Reason::kWithdrawn, ""}})
            .value();
      }
    });
    return YZ_TRY(sign_verdict(verdict_by(exchange_.first, package), exchange_.first.scanner)).cms;
  });
  EXPECT_TRUE(screening_.work());
  EXPECT_EQ(centre_.stored(package).station, Station::kDone);
  EXPECT_EQ(centre_.delivery(package, exchange_.b).state, State::kWithdrawn);
}

}  // namespace
}  // namespace yizhan
