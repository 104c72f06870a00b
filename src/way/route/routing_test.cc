#include "way/route/routing.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/clause.h"
#include "tests/support/small_centre.h"

namespace yizhan {
namespace {

class RoutingTest : public CentreTest {
 protected:
  TestPackage enter_for(std::vector<Addressee> recipients, std::optional<Urgency> urgency = {}) {
    TestPackage package = make_package(
        exchange_, {.recipients = std::move(recipients),
                    .change = [urgency](Header& header) { header.urgency = urgency; }});
    centre_.enter_screened(package);
    return package;
  }

  int wakes_ = 0;
  Routing routing_{{centre_.database, centre_.custody, centre_.directory, [this] { ++wakes_; }}};
};

INSTANTIATE_TEST_SUITE_P(BothEngines, RoutingTest, kBothEngines, engine_name);

TEST_P(RoutingTest, ConsignsToAnAgencyOfThisCentreAndNamesAcceptanceAndVerdict) {
  CLAUSE("五(一)9");
  const TestPackage package = enter_for({exchange_.b.addressee()});
  EXPECT_TRUE(routing_.work(Routing::kPart));
  EXPECT_EQ(wakes_, 1);
  EXPECT_EQ(centre_.delivery(package, exchange_.b).state, State::kConsigned);
  EXPECT_EQ(centre_.stored(package).station, Station::kRouted);
  const Statement consigned =
      centre_.find_statement(package, EvidenceType::kConsignment, &exchange_.b).value();
  EXPECT_EQ(consigned.recipient, exchange_.b.addressee());
  const auto accepted = centre_.find_statement(package, EvidenceType::kSubmissionAcceptance);
  const std::set<Sha256> previous(consigned.previous.begin(), consigned.previous.end());
  EXPECT_EQ(previous, (std::set{sha256(accepted.value().json()),
                                sha256(verdict_by(exchange_.first, package).json())}));
}

TEST_P(RoutingTest, HasNothingToDoWithoutAPackageThatIsDue) {
  EXPECT_FALSE(routing_.work(Routing::kPart));
  centre_.enter(make_package(exchange_));  // not screened yet
  EXPECT_FALSE(routing_.work(Routing::kPart));
  const TestPackage package = enter_for({exchange_.b.addressee()});
  EXPECT_TRUE(routing_.work(Routing::kPart));
  EXPECT_FALSE(routing_.work(Routing::kPart));
  EXPECT_EQ(centre_.count_evidence(package, "D.1"), 1);
}

// As the verdict's transaction does it.
TEST_P(RoutingTest, RoutesAtOnceWhatHasFewRecipientsAndLeavesTheRestToTakeTurns) {
  const TestPackage few = enter_for({exchange_.b.addressee(), exchange_.c.addressee()});
  const auto route_now = [&](const TestPackage& package, std::int64_t recipients) {
    return centre_.database.transact([&](Transaction& tx) {
      StoredPackage stored =
          centre_.custody.journeys().find(tx, package.sealed.header.key()).value();
      stored.recipient_count = recipients;
      return routing_.route_now(tx, stored);
    });
  };
  EXPECT_FALSE(route_now(few, 17));
  EXPECT_EQ(centre_.stored(few).station, Station::kRoute);
  EXPECT_EQ(centre_.delivery(few, exchange_.b).state, State::kAccepted);
  EXPECT_TRUE(route_now(few, 2));
  EXPECT_EQ(centre_.stored(few).station, Station::kRouted);
  EXPECT_EQ(centre_.delivery(few, exchange_.b).state, State::kConsigned);
  EXPECT_EQ(centre_.delivery(few, exchange_.c).state, State::kConsigned);
  EXPECT_EQ(centre_.count_evidence(few, "D.1"), 2);
  EXPECT_EQ(wakes_, 1);
  EXPECT_FALSE(routing_.work(Routing::kPart));
}

TEST_P(RoutingTest, EndsWhatIsForAnUnknownAgency) {
  const Addressee nobody{OrgCode::parse("Z99999999Z").value(), {}};
  const TestPackage package = enter_for({exchange_.b.addressee(), nobody});
  EXPECT_TRUE(routing_.work(Routing::kPart));
  EXPECT_EQ(centre_.delivery(package, exchange_.b).state, State::kConsigned);
  const auto stopped = centre_.database.read([&](Transaction& tx) {
    return centre_.custody.evidence().last(tx, package.sealed.header.key(), nobody, "D.2");
  });
  ASSERT_TRUE(stopped);
  EXPECT_EQ(Statement::parse(stopped->statement)->reason, Reason::kUnknownAgency);
}

TEST_P(RoutingTest, EndsWhatIsForAClosedAgencyAndForAnotherCentresAgency) {
  exchange_.registered(exchange_.c).standing = Standing::kClosed;
  const TestPackage package = enter_for({exchange_.c.addressee(), exchange_.d.addressee()});
  centre_.publish_directory();
  EXPECT_TRUE(routing_.work(Routing::kPart));
  EXPECT_EQ(centre_.delivery(package, exchange_.c).reason, Reason::kAgencyClosed);
  EXPECT_EQ(centre_.delivery(package, exchange_.d).reason, Reason::kUnknownCentre);
  // Nobody is left: the package as a whole is at its end.
  EXPECT_EQ(centre_.stored(package).station, Station::kDone);
}

TEST_P(RoutingTest, PutsWhatIsForAnotherCentresAgencyIntoThatCentresQueue) {
  exchange_.centres[1].centre_port = 9443;
  const TestPackage package = enter_for({exchange_.b.addressee(), exchange_.d.addressee()});
  centre_.publish_directory();
  EXPECT_TRUE(routing_.work(Routing::kPart));
  EXPECT_EQ(centre_.delivery(package, exchange_.b).state, State::kConsigned);
  const Delivery forwarded = centre_.delivery(package, exchange_.d);
  EXPECT_EQ(forwarded.state, State::kForwarding);
  EXPECT_EQ(forwarded.next_centre, exchange_.second.code);
  const auto due = centre_.database.read([&](Transaction& tx) {
    return centre_.custody.relays().due(tx, exchange_.second.code, centre_.clock.now(), 10);
  });
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].package, centre_.stored(package).id);
  // Its agency moves to this centre before it was offered: it is here already.
  exchange_.registered(exchange_.d).home_centre = exchange_.first.code;
  centre_.publish_directory();
  centre_.database.transact([&](Transaction& tx) {
    StoredPackage again =
        centre_.custody.journeys().find(tx, package.sealed.header.key()).value();
    again.station = Station::kRoute;
    centre_.custody.journeys().move(tx, again);
  });
  EXPECT_TRUE(routing_.work(Routing::kPart));
  EXPECT_EQ(centre_.delivery(package, exchange_.d).state, State::kConsigned);
}

// So nothing goes round between centres.
TEST_P(RoutingTest, WhatWasTakenOverGoesNoFurther) {
  exchange_.centres[1].centre_port = 9443;
  centre_.publish_directory();
  const TestPackage package = enter_for({exchange_.d.addressee()});
  centre_.database.transact([&](Transaction& tx) {
    StoredPackage taken =
        centre_.custody.journeys().find(tx, package.sealed.header.key()).value();
    taken.from_centre = CentreCode::parse("CENTRE-3").value();
    routing_.route_now(tx, taken);
  });
  EXPECT_EQ(centre_.delivery(package, exchange_.d).state, State::kStopped);
  EXPECT_EQ(centre_.delivery(package, exchange_.d).reason, Reason::kWrongHomeCentre);
}

// Taken over for an agency that has moved on meanwhile: for 30 days it is consigned here.
TEST_P(RoutingTest, WhatWasTakenOverForAnAgencyThatHasMovedIsConsignedHereForAWhile) {
  exchange_.centres[1].centre_port = 9443;
  exchange_.registered(exchange_.b).home_centre = exchange_.second.code;
  exchange_.registered(exchange_.b).former =
      FormerCentre{exchange_.first.code, centre_.clock.now()};
  centre_.publish_directory();
  const auto route_taken = [&] {
    TestPackage package = enter_for({exchange_.b.addressee()});
    centre_.database.transact([&](Transaction& tx) {
      StoredPackage taken =
          centre_.custody.journeys().find(tx, package.sealed.header.key()).value();
      taken.from_centre = CentreCode::parse("CENTRE-3").value();
      routing_.route_now(tx, taken);
    });
    return centre_.delivery(package, exchange_.b).state;
  };
  EXPECT_EQ(route_taken(), State::kConsigned);
  centre_.clock.pass(kFormerCentreServes);
  EXPECT_EQ(route_taken(), State::kStopped);
}

// Sealed before its sender knew: without a key for the new centre's scanner it goes to the old one.
TEST_P(RoutingTest, WhatCanNotGoToTheNewCentreGoesToTheOneBefore) {
  exchange_.centres[1].centre_port = 9443;
  const TestPackage package = enter_for({exchange_.d.addressee()});
  exchange_.registered(exchange_.d).home_centre = CentreCode::parse("CENTRE-3").value();
  exchange_.registered(exchange_.d).former =
      FormerCentre{exchange_.second.code, centre_.clock.now()};
  centre_.publish_directory();
  EXPECT_TRUE(routing_.work(Routing::kPart));
  EXPECT_EQ(centre_.delivery(package, exchange_.d).state, State::kForwarding);
  EXPECT_EQ(centre_.delivery(package, exchange_.d).next_centre, exchange_.second.code);
}

TEST_P(RoutingTest, HoldsWhatIsForASuspendedAgencyAndOnlyThat) {
  CLAUSE("十三");
  exchange_.registered(exchange_.b).standing = Standing::kSuspended;
  centre_.publish_directory();
  const TestPackage package = enter_for({exchange_.b.addressee(), exchange_.c.addressee()});
  EXPECT_TRUE(routing_.work(Routing::kPart));
  EXPECT_EQ(centre_.delivery(package, exchange_.b).state, State::kHeld);
  EXPECT_EQ(centre_.delivery(package, exchange_.c).state, State::kConsigned);
  const auto held = centre_.find_statement(package, EvidenceType::kHeld, &exchange_.b);
  ASSERT_TRUE(held);
  EXPECT_EQ(held->reason, Reason::kAgencySuspended);
}

TEST_P(RoutingTest, LeavesAloneWhomTheSenderHasWithdrawn) {
  const TestPackage package = enter_for({exchange_.b.addressee(), exchange_.c.addressee()});
  Delivery withdrawn = centre_.delivery(package, exchange_.b);
  const StoredPackage stored = centre_.stored(package);
  centre_.database.transact([&](Transaction& tx) {
    centre_.custody
        .take(tx, stored, withdrawn,
              {.step = Step::kWithdraw, .due = kTestNow, .why = Refusal{Reason::kWithdrawn, ""}})
        .value();
  });
  EXPECT_TRUE(routing_.work(Routing::kPart));
  EXPECT_EQ(centre_.delivery(package, exchange_.b).state, State::kWithdrawn);
  EXPECT_EQ(centre_.delivery(package, exchange_.c).state, State::kConsigned);
}

TEST_P(RoutingTest, ServesTheMoreUrgentFirst) {
  const TestPackage slow = enter_for({exchange_.b.addressee()});
  const TestPackage fast = enter_for({exchange_.b.addressee()}, Urgency::kFastest);
  EXPECT_TRUE(routing_.work(Routing::kPart));
  EXPECT_EQ(centre_.stored(fast).station, Station::kRouted);
  EXPECT_EQ(centre_.stored(slow).station, Station::kRoute);
}

}  // namespace
}  // namespace yizhan
