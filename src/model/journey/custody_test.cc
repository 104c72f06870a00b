#include "model/journey/custody.h"

#include <gtest/gtest.h>

#include "tests/support/small_centre.h"

namespace yizhan {
namespace {

class CustodyTest : public CentreTest {
 protected:
  Result<void> take(const TestPackage& package, const Custody::Move& move) {
    return centre_.database.transact([&](Transaction& tx) {
      StoredPackage stored =
          centre_.custody.journeys().find(tx, package.sealed.header.key()).value();
      Delivery delivery = centre_.custody.journeys().deliveries_of(tx, stored.id).front();
      return centre_.custody.take(tx, stored, delivery, move);
    });
  }
  JourneyStore& journeys_ = centre_.custody.journeys();
};

INSTANTIATE_TEST_SUITE_P(BothEngines, CustodyTest, kBothEngines, engine_name);

TEST_P(CustodyTest, KeepsPackageAndDeliveriesAsTheyWereEntered) {
  const TestPackage package = make_package(
      exchange_, {.recipients = {exchange_.b.addressee(),
                                 {exchange_.b.code, UnitCode::parse("U010001").value()},
                                 exchange_.c.addressee()},
                  .attachment_bytes = 1'200'000});
  centre_.enter(package);
  const StoredPackage stored = centre_.stored(package);
  EXPECT_EQ(stored.groups, package.envelope.groups);
  EXPECT_EQ(stored.document, package.sealed.header.document_id);
  EXPECT_EQ(stored.recipient_count, 3);
  EXPECT_EQ(stored.expires, package.sealed.header.expires);
  EXPECT_FALSE(stored.reason);
  centre_.database.read([&](Transaction& tx) {
    const auto deliveries = journeys_.deliveries_of(tx, stored.id);
    ASSERT_EQ(deliveries.size(), 3U);
    const auto placed = place_leaves(package.envelope.leaves);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(deliveries[i].placed.index, static_cast<std::int64_t>(i));
      EXPECT_EQ(deliveries[i].placed.leaf, placed[i].leaf);
      EXPECT_EQ(deliveries[i].placed.path, placed[i].path);
      EXPECT_EQ(deliveries[i].key_blocks, std::vector<Bytes>{package.envelope.key_blocks[i]});
      EXPECT_FALSE(deliveries[i].lease);
    }
    EXPECT_EQ(deliveries[1].addressee.unit.text(), "U010001");
    EXPECT_EQ(journeys_.deliveries_in(tx, exchange_.b.code, State::kAccepted).size(), 2U);
    EXPECT_TRUE(journeys_.has_open(tx, stored.id));
  });
}

TEST_P(CustodyTest, AMessageIsEnteredOnce) {
  const TestPackage package = make_package(exchange_);
  centre_.enter(package);
  EXPECT_THROW(centre_.enter(package), UniqueViolation);
  EXPECT_EQ(centre_.count_evidence(package, "A.1"), 1);
}

TEST_P(CustodyTest, OfTwoWhoDecideOnTheSameViewTheSecondIsRefused) {
  const TestPackage package = make_package(exchange_);
  centre_.enter(package);
  Delivery first = centre_.delivery(package, exchange_.b), second = first;
  const StepMark consign{.step = Step::kConsign, .now = kTestNow, .due = kTestNow};
  const StepMark hold{.step = Step::kHold, .now = kTestNow, .due = kTestNow};
  EXPECT_TRUE(centre_.database
                  .transact([&](Transaction& tx) { return journeys_.take(tx, first, consign); })
                  .ok());
  EXPECT_EQ(centre_.database
                .transact([&](Transaction& tx) { return journeys_.take(tx, second, hold); })
                .reason(),
            Reason::kConflict);
  EXPECT_EQ(second.state, State::kAccepted);  // as it was seen
}

TEST_P(CustodyTest, AStepOutsideTheTableIsRefusedAndLeavesNothing) {
  const TestPackage package = make_package(exchange_);
  centre_.enter(package);
  const auto before = centre_.events();
  EXPECT_EQ(take(package, {.step = Step::kConfirm, .due = kTestNow}).reason(),
            Reason::kStepNotAllowed);
  EXPECT_EQ(centre_.delivery(package, exchange_.b).state, State::kAccepted);
  EXPECT_EQ(centre_.events(), before);
}

TEST_P(CustodyTest, EveryStepThatIsTheCentresToStateLeavesItsEvidence) {
  struct Expected {
    Step step;
    EvidenceType evidence;
  };
  for (const auto& [step, evidence] :
       {Expected{Step::kHold, EvidenceType::kHeld},
        {Step::kConsign, EvidenceType::kConsignment},
        {Step::kStop, EvidenceType::kConsignmentFailure},
        {Step::kWithdraw, EvidenceType::kConsignmentFailure},
        {Step::kFallBackToPaper, EvidenceType::kConsignmentFailure},
        {Step::kExpire, EvidenceType::kAcceptanceExpiry}}) {
    const TestPackage package = make_package(exchange_);
    centre_.enter(package);
    const std::size_t events = centre_.events().size();
    ASSERT_TRUE(take(package, {.step = step,
                               .due = kTestNow,
                               .why = Refusal{Reason::kExpired, "why"},
                               .previous = {package.sealed.sha256}})
                    .ok());
    const auto stated = centre_.find_statement(package, evidence, &exchange_.b);
    ASSERT_TRUE(stated) << text_of(step);
    EXPECT_EQ(stated->reason, Reason::kExpired);
    EXPECT_EQ(stated->detail, "why");
    EXPECT_EQ(stated->previous, std::vector{package.sealed.sha256});
    EXPECT_EQ(centre_.events().size(), events + 1) << text_of(step);
  }
}

TEST_P(CustodyTest, FactAndEvidenceGoTogetherWhenATransactionFails) {
  const TestPackage package = make_package(exchange_);
  centre_.enter(package);
  EXPECT_THROW(centre_.database.transact([&](Transaction& tx) {
    const StoredPackage stored = journeys_.find(tx, package.sealed.header.key()).value();
    Delivery delivery = journeys_.deliveries_of(tx, stored.id).front();
    centre_.custody.take(tx, stored, delivery, {.step = Step::kConsign, .due = kTestNow}).value();
    throw std::runtime_error("power");
  }),
               std::runtime_error);
  EXPECT_EQ(centre_.delivery(package, exchange_.b).state, State::kAccepted);
  EXPECT_EQ(centre_.count_evidence(package, "D.1"), 0);
}

TEST_P(CustodyTest, AHoldIsForAllWhoAreNotAtTheirEndAndReleaseTakesItBack) {
  const TestPackage package = make_package(
      exchange_, {.recipients = {exchange_.b.addressee(), exchange_.c.addressee()}});
  centre_.enter(package);
  ASSERT_TRUE(take(package, {.step = Step::kWithdraw, .due = kTestNow}).ok());
  centre_.database.transact([&](Transaction& tx) {
    StoredPackage stored = journeys_.find(tx, package.sealed.header.key()).value();
    centre_.custody.hold(tx, stored, {Reason::kScanIncomplete, "x"}, {});
  });
  EXPECT_EQ(centre_.delivery(package, exchange_.b).state, State::kWithdrawn);
  EXPECT_EQ(centre_.delivery(package, exchange_.c).state, State::kHeld);
  EXPECT_EQ(centre_.stored(package).reason, Reason::kScanIncomplete);
  EXPECT_EQ(centre_.count_evidence(package, "Held"), 1);
  centre_.database.transact([&](Transaction& tx) {
    StoredPackage stored = journeys_.find(tx, package.sealed.header.key()).value();
    centre_.custody.release(tx, stored, Station::kRoute);
  });
  EXPECT_EQ(centre_.delivery(package, exchange_.b).state, State::kWithdrawn);
  EXPECT_EQ(centre_.delivery(package, exchange_.c).state, State::kAccepted);
  EXPECT_EQ(centre_.stored(package).station, Station::kRoute);
  EXPECT_FALSE(centre_.stored(package).reason);
}

TEST_P(CustodyTest, AStationServesTheMostUrgentAndThenTheOldestOfWhatIsDue) {
  std::vector<PackageId> entered;
  for (int i = 0; i < 3; ++i) {
    const TestPackage package = make_package(exchange_, {.change = [&](Header& header) {
                                               if (i == 2) header.urgency = Urgency::kFastest;
                                             }});
    centre_.enter(package);
    entered.push_back(centre_.stored(package).id);
    centre_.clock.pass(Milliseconds{5});
  }
  centre_.database.transact([&](Transaction& tx) {
    EXPECT_EQ(journeys_.due_at(tx, Station::kScreen, centre_.clock.now(), 10),
              (std::vector{entered[2], entered[0], entered[1]}));
    EXPECT_EQ(journeys_.due_at(tx, Station::kScreen, kTestNow, 10), std::vector{entered[0]});
    EXPECT_EQ(journeys_.count(tx, Station::kScreen), 3);
    EXPECT_TRUE(journeys_.due_at(tx, Station::kRoute, centre_.clock.now(), 10).empty());
  });
}

TEST_P(CustodyTest, ABodyIsSharedWithEveryPackageThatIsNotBeingCleared) {
  const TestPackage package = make_package(exchange_);
  const Sha256 body = package.sealed.header.cipher_root;
  centre_.enter(package);
  const StoredPackage first = centre_.stored(package);
  centre_.database.transact([&](Transaction& tx) {
    EXPECT_FALSE(journeys_.shares_body(tx, first));
    StoredPackage second = first;
    second.id = PackageId::generate(kTestNow);
    second.key.message = MessageId::generate(kTestNow);
    journeys_.add(tx, second);
    for (const auto& [station, shared, clearing] :
         {std::tuple{Station::kDone, true, false}, std::tuple{Station::kClearing, false, true},
          std::tuple{Station::kCleared, false, false}}) {
      second.station = station;
      journeys_.move(tx, second);
      EXPECT_EQ(journeys_.shares_body(tx, first), shared);
      EXPECT_EQ(journeys_.is_clearing(tx, body), clearing);
    }
  });
}

}  // namespace
}  // namespace yizhan
