#include <gtest/gtest.h>

#include "tests/support/clause.h"
#include "tests/support/small_centre.h"
#include "way/admit/admit.h"
#include "way/deliver/deliver.h"
#include "way/hold/hold.h"
#include "way/route/route.h"

// The stations of a centre one after the other, and the books at the end of the day. The scanner
// is a signature: what it looks at is way/screen's own test.

namespace yizhan {
namespace {

// At the moment at which a body is removed, the test does something else.
class Removing final : public ObjectStore {
 public:
  explicit Removing(ObjectStore& inner) : inner_(inner) {}
  std::function<void()> meanwhile = [] {};

  bool remove(const Sha256& name) override {
    meanwhile();
    return inner_.remove(name);
  }
  void put(const Sha256& name, ByteView bytes) override { inner_.put(name, bytes); }
  [[nodiscard]] std::optional<std::uint64_t> find_size(const Sha256& name) const override {
    return inner_.find_size(name);
  }
  [[nodiscard]] Bytes read(const Sha256& name, std::uint64_t offset,
                           std::size_t length) const override {
    return inner_.read(name, offset, length);
  }
  [[nodiscard]] FileHandle open(const Sha256& name) const override { return inner_.open(name); }
  void write_partial(const std::string& id, std::uint64_t offset, ByteView bytes) override {
    inner_.write_partial(id, offset, bytes);
  }
  [[nodiscard]] std::uint64_t partial_size(const std::string& id) const override {
    return inner_.partial_size(id);
  }
  [[nodiscard]] Bytes read_partial(const std::string& id, std::uint64_t offset,
                                   std::size_t length) const override {
    return inner_.read_partial(id, offset, length);
  }
  void finish_partial(const std::string& id, const Sha256& name) override {
    inner_.finish_partial(id, name);
  }
  bool discard_partial(const std::string& id) override { return inner_.discard_partial(id); }
  [[nodiscard]] std::vector<Partial> partials() const override { return inner_.partials(); }

 private:
  ObjectStore& inner_;
};

class JourneyTest : public CentreTest {
 protected:
  TestPackage hand_in(const std::vector<const TestAgency*>& recipients) {
    PackageWish wish{.application_id = "application-" + std::to_string(++count_),
                     .now = centre_.clock.now()};
    for (const TestAgency* agency : recipients) wish.recipients.push_back(agency->addressee());
    TestPackage package = make_package(exchange_, wish);
    EXPECT_EQ(admission_.submit({exchange_.a.code, "127.0.0.1"}, package.with_body())->state,
              SubmissionState::kAccepted);
    return package;
  }
  void scan(const TestPackage& package, ScanResult result) {
    const auto verdict =
        sign_verdict(verdict_by(exchange_.first, package, result), exchange_.first.scanner)
            .value();
    centre_.database.transact([&](Transaction& tx) {
      StoredPackage stored =
          centre_.custody.journeys().find(tx, package.sealed.header.key()).value();
      centre_.custody.evidence().add(tx, verdict);
      if (result != ScanResult::kClean) {
        return centre_.custody.hold(tx, stored, {Reason::kInfected, ""}, {verdict.sha256});
      }
      stored.station = Station::kRoute;
      stored.due = centre_.clock.now();
      centre_.custody.journeys().move(tx, stored);
    });
  }
  TestPackage consign(const std::vector<const TestAgency*>& recipients) {
    TestPackage package = hand_in(recipients);
    scan(package, ScanResult::kClean);
    while (routing_.work(10)) continue;
    return package;
  }
  Result<State> receive(const TestPackage& package, TestAgency& agency,
                        EvidenceType type = EvidenceType::kHandover) {
    sign_all();  // a delivery whose A.1 and D.1 are not signed is given to nobody
    const DeliveryId id = centre_.delivery(package, agency).id;
    const auto given = delivering_.lease(agency.code, id, {"t", id.text()}).value();
    Statement statement = statement_by(agency, type, package, centre_.clock.now());
    statement.lease = LeaseMark{given.lease.id, given.lease.fencing};
    return delivering_.complete(agency.code, id,
                                sign_statement(statement, agency.sign).value().cms);
  }
  // Every station until none has anything to do.
  void run_stations() {
    while (routing_.work(10)) continue;
    while (holding_.work(10) + delivering_.lapse_due(10) > 0) continue;
    sign_all();
  }
  void sign_all() {
    while (desk_.work(10).value() > 0) continue;
  }
  void expect_accounts(std::int64_t accepted, std::int64_t finals, std::int64_t pending) {
    const Json accounts = reading_.accounting();
    EXPECT_EQ(accounts["accepted"], accepted);
    EXPECT_EQ(accounts["finals"], finals);
    EXPECT_EQ(accounts["pending"], pending);
    EXPECT_EQ(accounts["balanced"], true) << accounts;
  }

  int count_ = 0;
  SendingQuota quota_{QuotaPlan{}};
  Admission admission_{{centre_.database, centre_.custody, centre_.objects, centre_.directory,
                        centre_.trust, centre_.journal, quota_, [](StoredPackage) {}, [] {}}};
  Routing routing_{{centre_.database, centre_.custody, centre_.directory, [] {}}};
  Removing objects_{centre_.objects};
  Holding holding_{{centre_.database, centre_.custody, objects_, centre_.directory, [] {},
                    [] {}}};
  Delivering delivering_{
      {centre_.database, centre_.custody, centre_.objects, centre_.directory,
       centre_.trust.policy(), [] {}}};
  Reading reading_{centre_.database, centre_.custody};
  EvidenceDesk desk_{{centre_.database, exchange_.first.evidence, &centre_.log,
                      [this](Transaction& tx, const EvidenceRow& row) {
                        announce(tx, centre_.custody, *centre_.directory.current(), row);
                      }}};
};

INSTANTIATE_TEST_SUITE_P(BothEngines, JourneyTest, kBothEngines, engine_name);

TEST_P(JourneyTest, EveryReceiptFollowsFromTheOneBefore) {
  CLAUSE("五(一)9");
  const TestPackage package = consign({&exchange_.b});
  EXPECT_EQ(receive(package, exchange_.b).value(), State::kReceived);
  run_stations();
  const auto rows = centre_.database.read([&](Transaction& tx) {
    return centre_.custody.evidence().of_message(tx, package.sealed.header.key());
  });
  ASSERT_EQ(rows.size(), 4U);  // A.1, verdict, D.1, E.1
  for (const EvidenceRow& row : rows) {
    ASSERT_TRUE(row.cms && row.log_index) << row.kind;
    if (row.kind == kVerdictKind) continue;
    const SignedStatement statement = open_statement(*row.cms).value();
    EXPECT_TRUE(check_actor(statement, *centre_.directory.current(), CryptoPolicy()).ok())
        << row.kind;
  }
  const auto previous =
      centre_.find_statement(package, EvidenceType::kConsignment, &exchange_.b)->previous;
  EXPECT_EQ(previous.size(), 2U);
  for (const std::string& kind : {std::string("A.1"), std::string(kVerdictKind)}) {
    const auto row = std::ranges::find(rows, kind, &EvidenceRow::kind);
    EXPECT_NE(std::ranges::find(previous, row->sha256), previous.end()) << kind;
  }
}

TEST_P(JourneyTest, ASuspendedAgencyGetsItsMailWhenItResumes) {
  CLAUSE("十三");
  exchange_.registered(exchange_.b).standing = Standing::kSuspended;
  centre_.publish_directory();
  const TestPackage package = consign({&exchange_.b, &exchange_.c});
  EXPECT_EQ(centre_.delivery(package, exchange_.b).state, State::kHeld);
  exchange_.registered(exchange_.b).standing = Standing::kActive;
  centre_.publish_directory();
  centre_.clock.pass(std::chrono::minutes{1});
  run_stations();
  run_stations();
  EXPECT_EQ(centre_.delivery(package, exchange_.b).state, State::kConsigned);
  EXPECT_EQ(centre_.count_evidence(package, "D.1"), 2);
  EXPECT_EQ(receive(package, exchange_.b).value(), State::kReceived);
}

TEST_P(JourneyTest, WhatTwoOfficersReleaseIsConsignedOnTheirWord) {
  const TestPackage package = hand_in({&exchange_.b});
  scan(package, ScanResult::kInfected);
  ASSERT_TRUE(
      holding_
          .decide(std::vector{
              centre_.decision(exchange_.first.chen, DecisionKind::kRelease, package),
              centre_.decision(exchange_.first.lin, DecisionKind::kRelease, package)})
          .ok());
  run_stations();
  EXPECT_EQ(centre_.delivery(package, exchange_.b).state, State::kConsigned);
  const Statement released = centre_.find_statement(package, EvidenceType::kReleased).value();
  const auto previous =
      centre_.find_statement(package, EvidenceType::kConsignment, &exchange_.b)->previous;
  EXPECT_NE(std::ranges::find(previous, sha256(released.json())), previous.end());
}

TEST_P(JourneyTest, TheBooksBalanceAtEveryHourOfAMixedDay) {
  CLAUSE("五(一)9");
  const TestPackage received = consign({&exchange_.b, &exchange_.c});
  const TestPackage withdrawn = consign({&exchange_.b, &exchange_.c});
  const TestPackage infected = hand_in({&exchange_.b});
  scan(infected, ScanResult::kInfected);
  const TestPackage elsewhere = consign({&exchange_.d, &exchange_.b});
  const TestPackage unscanned = hand_in({&exchange_.c});
  run_stations();
  expect_accounts(8, 1, 7);  // d is another centre's

  EXPECT_EQ(receive(received, exchange_.b).value(), State::kReceived);
  EXPECT_EQ(receive(received, exchange_.c, EvidenceType::kHandoverFailure).value(),
            State::kFailed);
  const Withdrawal wish{WithdrawalKind::kStop, withdrawn.sealed.header.key(),
                        exchange_.b.addressee(), "誤發", centre_.clock.now()};
  const Bytes cms = sign_withdrawal(wish, exchange_.a.sign).value();
  ASSERT_TRUE(holding_.withdraw(open_withdrawal(cms).value()).ok());
  ASSERT_TRUE(delivering_
                  .lease(exchange_.c.code, centre_.delivery(withdrawn, exchange_.c).id,
                         {"t", "never finished"})
                  .ok());
  ASSERT_TRUE(
      holding_
          .decide(std::vector{decision_by(exchange_.first.lin, DecisionKind::kStop, infected)})
          .ok());
  run_stations();
  expect_accounts(8, 5, 3);

  centre_.clock.pass(std::chrono::hours{24 * 8});
  run_stations();
  expect_accounts(8, 8, 0);
  run_stations();
  // A day later no body is left.
  centre_.clock.pass(std::chrono::hours{25});
  run_stations();
  for (const TestPackage* package : {&received, &withdrawn, &infected, &elsewhere, &unscanned}) {
    EXPECT_FALSE(centre_.objects.find_size(package->sealed.header.cipher_root));
  }
}

TEST_P(JourneyTest, ABodyThatComesAgainWhileItIsRemovedIsNotLost) {
  const TestPackage first = consign({&exchange_.b});
  EXPECT_EQ(receive(first, exchange_.b).value(), State::kReceived);
  centre_.clock.pass(std::chrono::hours{24});
  centre_.refresh_trust();
  // The same bytes under another message.
  TestPackage again = first;
  Header header = first.sealed.header;
  header.message_id = MessageId::generate(centre_.clock.now());
  again.sealed = seal_header(header, exchange_.a.sign, centre_.clock.now()).value();
  again.envelope.header = again.sealed.cms;
  again.envelope.application_id = "application-again";
  const auto submit = [&] {
    return admission_.submit({exchange_.a.code, "127.0.0.1"}, again.with_body());
  };
  int refused = 0;
  objects_.meanwhile = [&] {
    EXPECT_EQ(submit().reason(), Reason::kUnavailable);
    ++refused;
  };
  run_stations();
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(centre_.stored(first).station, Station::kCleared);
  EXPECT_EQ(submit()->state, SubmissionState::kAccepted);
  EXPECT_TRUE(centre_.objects.find_size(header.cipher_root));
}

TEST_P(JourneyTest, NewsIsNumberedWithoutGapsForEveryReader) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(receive(consign({&exchange_.b}), exchange_.b).ok());
    run_stations();
  }
  for (const auto& [agency, count] : {std::pair{&exchange_.a, 12}, std::pair{&exchange_.b, 3}}) {
    const Json news = reading_.news(agency->code, {});
    ASSERT_EQ(news["items"].size(), static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < news["items"].size(); ++i) {
      EXPECT_EQ(news["items"][i]["sequence"], static_cast<std::int64_t>(i + 1));
    }
    EXPECT_EQ(news["next"], count);
  }
}

}  // namespace
}  // namespace yizhan
