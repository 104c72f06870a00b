#include <gtest/gtest.h>

#include <chrono>
#include <iostream>
#include <set>

#include "tests/support/clause.h"
#include "tests/support/small_centre.h"
#include "way/route/routing.h"

// A document for very many: routed in parts, each a transaction of its own.

namespace yizhan {
namespace {

constexpr int kUnits = 600;
constexpr int kPart = 256;

class RoutingPartsTest : public CentreTest {
 protected:
  RoutingPartsTest() {
    Agency& agency = exchange_.registered(exchange_.b);
    for (int i = 0; i < kUnits; ++i) {
      agency.units.push_back({unit(i), "第" + std::to_string(i) + "科", Standing::kActive});
    }
    exchange_.centres[1].centre_port = 9443;
    centre_.publish_directory();
  }

  static UnitCode unit(int number) {
    return UnitCode::parse("V" + std::to_string(1'000'000 + number).substr(1)).value();
  }
  // So many units of agency b, and whoever else.
  TestPackage enter_for(int units, std::vector<Addressee> others = {}) {
    for (int i = 0; i < units; ++i) others.push_back({exchange_.b.code, unit(i)});
    TestPackage package = make_package(exchange_, {.recipients = std::move(others)});
    centre_.enter_screened(package);
    return package;
  }
  // As a program that was killed and started again.
  Routing another() {
    return Routing{{centre_.database, centre_.custody, centre_.directory, [] {},
                    [this] { ++relaying_woken_; }}};
  }

  std::map<State, std::int64_t> states() {
    return centre_.database.read([&](Transaction& tx) {
      std::map<State, std::int64_t> counts;
      for (const auto& row : centre_.custody.journeys().count_by_state(tx)) {
        counts[row.state] = row.count;
      }
      return counts;
    });
  }
  // What was accepted is at its end or still here: by the statements, and by the rows.
  void expect_balanced() {
    centre_.database.read([&](Transaction& tx) {
      std::int64_t finals = 0, pending = 0;
      for (const auto& row : centre_.custody.journeys().count_by_state(tx)) {
        (is_final(row.state) ? finals : pending) += row.count;
      }
      const CustodyCounts counts =
          centre_.custody.evidence().custody_counts(tx, centre_.own.code);
      EXPECT_EQ(counts.accepted, counts.finals + pending);
      EXPECT_EQ(counts.finals, finals);
    });
  }
  // Whom D.1 names, each once.
  std::set<Addressee> consigned(const TestPackage& package) {
    return centre_.database.read([&](Transaction& tx) {
      std::set<Addressee> names;
      for (const EvidenceRow& row :
           centre_.custody.evidence().of_message(tx, package.sealed.header.key())) {
        if (row.kind != text_of(EvidenceType::kConsignment)) continue;
        EXPECT_TRUE(names.insert(row.recipient.value()).second) << row.recipient->text();
      }
      return names;
    });
  }

  int relaying_woken_ = 0;
};

INSTANTIATE_TEST_SUITE_P(BothEngines, RoutingPartsTest, kBothEngines, engine_name);

TEST_P(RoutingPartsTest, KilledBetweenPartsItGoesOnWithThoseThatAreLeft) {
  CLAUSE("五(一)9");
  const Addressee nobody{OrgCode::parse("Z99999999Z").value(), {}};
  const TestPackage package = enter_for(kUnits, {nobody, exchange_.d.addressee()});
  std::vector<std::size_t> after_each;
  for (bool more = true; more;) {
    more = another().work(kPart);
    expect_balanced();
    after_each.push_back(consigned(package).size());
    const auto counts = states();
    const auto here = counts.find(State::kConsigned);
    EXPECT_EQ(static_cast<std::int64_t>(after_each.back()),
              here == counts.end() ? 0 : here->second);
  }
  EXPECT_EQ(after_each, (std::vector<std::size_t>{kPart, 2 * kPart, kUnits, kUnits}));
  EXPECT_GT(relaying_woken_, 0);
  EXPECT_EQ(states(), (std::map<State, std::int64_t>{{State::kConsigned, kUnits},
                                                     {State::kForwarding, 1},
                                                     {State::kStopped, 1}}));
  EXPECT_EQ(centre_.stored(package).station, Station::kRouted);
  EXPECT_EQ(centre_.count_evidence(package, "D.2"), 1);
}

TEST_P(RoutingPartsTest, OthersHaveTheirTurnBetweenParts) {
  const TestPackage large = enter_for(kUnits);
  centre_.clock.pass(Milliseconds{1});
  const TestPackage small = enter_for(20);
  Routing routing = another();
  EXPECT_TRUE(routing.work(kPart));
  EXPECT_EQ(centre_.stored(small).station, Station::kRoute);
  EXPECT_TRUE(routing.work(kPart));
  EXPECT_EQ(centre_.stored(small).station, Station::kRouted);
  EXPECT_EQ(centre_.stored(large).station, Station::kRoute);
  EXPECT_EQ(consigned(large).size(), std::size_t{kPart});
  EXPECT_EQ(consigned(small).size(), 20u);
}

TEST_P(RoutingPartsTest, WhoIsWithdrawnBetweenPartsIsLeftAlone) {
  const TestPackage package = enter_for(kUnits);
  Routing routing = another();
  EXPECT_TRUE(routing.work(kPart));
  const Addressee last{exchange_.b.code, unit(kUnits - 1)};
  centre_.database.transact([&](Transaction& tx) {
    const StoredPackage stored =
        centre_.custody.journeys().find(tx, package.sealed.header.key()).value();
    const auto id = centre_.custody.journeys().find_delivery(tx, stored.id, last).value();
    Delivery delivery = centre_.custody.journeys().find(tx, id).value();
    centre_.custody
        .take(tx, stored, delivery,
              {.step = Step::kWithdraw, .due = kTestNow, .why = Refusal{Reason::kWithdrawn, ""}})
        .value();
  });
  while (routing.work(kPart)) expect_balanced();
  EXPECT_EQ(consigned(package).size(), std::size_t{kUnits - 1});
  EXPECT_FALSE(consigned(package).contains(last));
}

TEST_P(RoutingPartsTest, HeldBetweenPartsItWaitsAndReleasedItGoesOn) {
  const TestPackage package = enter_for(kUnits);
  Routing routing = another();
  EXPECT_TRUE(routing.work(kPart));
  centre_.database.transact([&](Transaction& tx) {
    StoredPackage stored =
        centre_.custody.journeys().find(tx, package.sealed.header.key()).value();
    centre_.custody.hold(tx, stored, {Reason::kInfected, "sibling"}, {});
  });
  EXPECT_FALSE(routing.work(kPart));
  EXPECT_EQ(states(), (std::map<State, std::int64_t>{{State::kHeld, kUnits}}));
  centre_.database.transact([&](Transaction& tx) {
    StoredPackage stored =
        centre_.custody.journeys().find(tx, package.sealed.header.key()).value();
    centre_.custody.release(tx, stored, Station::kRoute);
  });
  while (routing.work(kPart)) expect_balanced();
  EXPECT_EQ(states(), (std::map<State, std::int64_t>{{State::kConsigned, kUnits}}));
  EXPECT_EQ(centre_.stored(package).station, Station::kRouted);
}

// How long others that want to write wait: for people to read, not for the test to judge.
TEST_P(RoutingPartsTest, TheLongestTransactionIsThatOfOnePart) {
  using std::chrono::milliseconds;
  using std::chrono::steady_clock;
  const auto longest = [&](int part) {
    enter_for(kUnits);
    Routing routing = another();
    milliseconds most{0};
    int transactions = 0;
    while (true) {
      const auto begun = steady_clock::now();
      const bool more = routing.work(part);
      if (!more) return std::pair(most, transactions);
      const auto taken = steady_clock::now() - begun;
      most = std::max(most, std::chrono::duration_cast<milliseconds>(taken));
      ++transactions;
    }
  };
  const auto [whole, once] = longest(kUnits + 1);
  const auto [part, times] = longest(Routing::kPart);
  std::cout << kUnits << " recipients: in one transaction " << whole.count() << " ms; in " << times
            << ", the longest " << part.count() << " ms\n";
  EXPECT_EQ(once, 1);
  EXPECT_EQ(times, kUnits / Routing::kPart + 1);
}

}  // namespace
}  // namespace yizhan
