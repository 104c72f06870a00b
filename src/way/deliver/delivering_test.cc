#include "way/deliver/delivering.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/support/clause.h"
#include "tests/support/small_centre.h"

namespace yizhan {
namespace {

constexpr Milliseconds kLeaseTime = std::chrono::minutes{2};
constexpr Milliseconds kInstant{1};

class DeliveringTest : public CentreTest {
 protected:
  TestPackage consigned(std::size_t attachment_bytes = 100) {
    TestPackage package = make_package(exchange_, {.attachment_bytes = attachment_bytes});
    centre_.enter_consigned(package);
    sign_all();
    return package;
  }
  void sign_all() {
    EvidenceDesk desk({centre_.database, exchange_.first.evidence, nullptr,
                       [](Transaction&, const EvidenceRow&) {}});
    ASSERT_TRUE(desk.work(100).ok());
  }
  Result<Consignment> lease(const TestPackage& package, const std::string& key,
                            const std::string& terminal = "terminal-1") {
    return delivering_.lease(exchange_.b.code, centre_.delivery(package, exchange_.b).id,
                             {terminal, key});
  }
  Statement stated(const TestPackage& package, EvidenceType type,
                   const Consignment::LeaseTerms& terms) {
    Statement statement = statement_by(exchange_.b, type, package, centre_.clock.now());
    statement.lease = LeaseMark{terms.id, terms.fencing};
    return statement;
  }
  Bytes signed_by_b(const Statement& statement) {
    return sign_statement(statement, exchange_.b.sign).value().cms;
  }
  Result<State> complete(const TestPackage& package, const Consignment::LeaseTerms& terms,
                         EvidenceType type = EvidenceType::kHandover) {
    return delivering_.complete(exchange_.b.code, id_of(package),
                                signed_by_b(stated(package, type, terms)));
  }
  Result<State> acknowledge(const TestPackage& package, EvidenceType type) {
    return delivering_.acknowledge(exchange_.b.code, id_of(package),
                                   signed_by_b(statement_by(exchange_.b, type, package,
                                                            centre_.clock.now())));
  }
  DeliveryId id_of(const TestPackage& package) {
    return centre_.delivery(package, exchange_.b).id;
  }
  State state(const TestPackage& package) { return centre_.delivery(package, exchange_.b).state; }

  Delivering delivering_{
      {centre_.database, centre_.custody, centre_.objects, centre_.directory,
       centre_.trust.policy(), [] {}}};
};

INSTANTIATE_TEST_SUITE_P(BothEngines, DeliveringTest, kBothEngines, engine_name);

// Sealed to its key, so also after its time; and to nobody else.
TEST_P(DeliveringTest, WhoReceivesForAnAgencyFetchesAndReceipts) {
  exchange_.registered(exchange_.b).representative =
      Representative{exchange_.c.code, kTestNow, kTestNow + Milliseconds{1000}};
  centre_.publish_directory();
  const TestPackage package = consigned();
  centre_.clock.pass(Milliseconds{2000});
  const DeliveryId id = id_of(package);
  EXPECT_EQ(delivering_.lease(exchange_.a.code, id, {"terminal-1", "key"}).reason(),
            Reason::kNotFound);
  const Consignment given =
      delivering_.lease(exchange_.c.code, id, {"terminal-1", "key"}).value();
  Statement received =
      statement_by(exchange_.c, EvidenceType::kHandover, package, kTestNow + Milliseconds{500});
  received.recipient = exchange_.b.addressee();
  received.lease = LeaseMark{given.lease.id, given.lease.fencing};
  EXPECT_EQ(delivering_
                .complete(exchange_.c.code, id,
                          sign_statement(received, exchange_.c.sign).value().cms)
                .value(),
            State::kReceived);
}

TEST_P(DeliveringTest, ALeaseCarriesAllThatOpeningTakesAndNothingOfOthers) {
  TestPackage package = make_package(
      exchange_, {.recipients = {exchange_.b.addressee(), exchange_.c.addressee()}});
  centre_.enter_consigned(package);
  sign_all();
  const Consignment given = lease(package, "key-1").value();
  EXPECT_EQ(given.header, package.sealed.cms);
  EXPECT_EQ(given.groups, package.envelope.groups);
  EXPECT_EQ(given.lease.until, kTestNow + kLeaseTime);
  EXPECT_EQ(given.key_blocks, std::vector<Bytes>{package.envelope.key_blocks[0]});
  const auto leaf = check_own_leaf(package.sealed.header, given.placed, given.key_blocks);
  ASSERT_TRUE(leaf.ok());
  EXPECT_EQ(leaf->addressee, exchange_.b.addressee());
  const auto is = [&](EvidenceType type) {
    return [type](const Bytes& cms) {
      const auto statement = open_statement(cms);
      return statement && statement->statement.type == type;
    };
  };
  ASSERT_EQ(given.evidence.size(), 3U) << "and not the D.1 of the other";
  EXPECT_TRUE(std::ranges::any_of(given.evidence, is(EvidenceType::kSubmissionAcceptance)));
  EXPECT_TRUE(std::ranges::any_of(given.evidence, is(EvidenceType::kConsignment)));
  EXPECT_TRUE(std::ranges::any_of(given.evidence,
                                  [](const Bytes& cms) { return open_verdict(cms).ok(); }));
  EXPECT_EQ(state(package), State::kLeased);
}

// Known to its recipient from a store of which this one is an older copy.
TEST_P(DeliveringTest, NothingIsFetchedBeforeItsEvidenceIsSigned) {
  const TestPackage package = make_package(exchange_);
  centre_.enter_consigned(package);
  EXPECT_EQ(lease(package, "key-1").reason(), Reason::kUnavailable);
  EXPECT_EQ(state(package), State::kConsigned);
  sign_all();
  EXPECT_EQ(lease(package, "key-1")->evidence.size(), 3U);
}

TEST_P(DeliveringTest, ABodyOfOneGroupComesWithTheLeaseWhereThatIsWished) {
  const TestPackage small = consigned();
  EXPECT_FALSE(lease(small, "key-1")->body);
  const LeaseWish wish{"terminal-1", "key-1", true};
  const Consignment given = delivering_.lease(exchange_.b.code, id_of(small), wish).value();
  EXPECT_EQ(given.body, small.body);
  EXPECT_EQ(centre_.delivery(small, exchange_.b).lease->fetched_bytes,
            static_cast<std::int64_t>(small.body.size()));
  EXPECT_EQ(Consignment::parse_answer(given.answer())->body, small.body);
  EXPECT_EQ(Consignment::parse_answer(given.answer())->header, small.sealed.cms);

  const TestPackage large = make_package(exchange_, {.attachment_bytes = 2'200'000});
  centre_.enter_consigned(large);
  sign_all();
  const Consignment by_groups = delivering_.lease(exchange_.b.code, id_of(large), wish).value();
  EXPECT_FALSE(by_groups.body);
  EXPECT_FALSE(Consignment::parse_answer(by_groups.answer())->body);
  EXPECT_EQ(Consignment::parse_answer(by_groups.answer())->groups, large.envelope.groups);
}

TEST_P(DeliveringTest, ABodyDoesNotComeWithALeaseThatIsRefused) {
  const TestPackage package = consigned();
  ASSERT_TRUE(lease(package, "key-1").ok());
  const LeaseWish other{"terminal-2", "key-2", true};
  EXPECT_EQ(delivering_.lease(exchange_.b.code, id_of(package), other).reason(),
            Reason::kLeaseLost);
}

TEST_P(DeliveringTest, NobodyLeasesWhatIsForAnotherAgencyOrNotThere) {
  const TestPackage package = consigned();
  const LeaseWish wish{"t", "key"};
  EXPECT_EQ(delivering_.lease(exchange_.c.code, id_of(package), wish).reason(), Reason::kNotFound);
  EXPECT_EQ(delivering_.lease(exchange_.b.code, DeliveryId::generate(kTestNow), wish).reason(),
            Reason::kNotFound);
  EXPECT_EQ(delivering_.group(exchange_.c.code, id_of(package), "lease", 0).reason(),
            Reason::kNotFound);
}

TEST_P(DeliveringTest, NothingIsLeasedBeforeItIsScreened) {
  const TestPackage package = make_package(exchange_);
  centre_.enter(package);
  sign_all();
  EXPECT_EQ(lease(package, "key-1").reason(), Reason::kStepNotAllowed);
}

TEST_P(DeliveringTest, ASuspendedAgencyLeasesNothing) {
  CLAUSE("十三");
  const TestPackage package = consigned();
  exchange_.registered(exchange_.b).standing = Standing::kSuspended;
  centre_.publish_directory();
  EXPECT_EQ(lease(package, "key-1").reason(), Reason::kAgencySuspended);
}

TEST_P(DeliveringTest, ASecondTerminalIsRefusedUntilTheLeaseEnds) {
  const TestPackage package = consigned();
  ASSERT_TRUE(lease(package, "key-1").ok());
  EXPECT_EQ(lease(package, "key-2", "terminal-2").reason(), Reason::kLeaseLost);
  centre_.clock.pass(kLeaseTime - kInstant);
  EXPECT_EQ(lease(package, "key-2", "terminal-2").reason(), Reason::kLeaseLost);
  centre_.clock.pass(kInstant);
  EXPECT_EQ(lease(package, "key-2", "terminal-2")->lease.fencing, 2);
}

TEST_P(DeliveringTest, TheSameKeyRenewsItsOwnLease) {
  const TestPackage package = consigned();
  const auto first = lease(package, "key-1").value().lease;
  centre_.clock.pass(kInstant);
  const auto again = lease(package, "key-1").value().lease;
  EXPECT_GT(again.fencing, first.fencing);
  EXPECT_EQ(again.until, centre_.clock.now() + kLeaseTime);
  EXPECT_EQ(complete(package, again).value(), State::kReceived);
}

TEST_P(DeliveringTest, WhatIsHeldWhileATerminalFetchesItGoesToNobodyElse) {
  CLAUSE("五(二)7");
  const TestPackage package = consigned();
  ASSERT_TRUE(lease(package, "key-1").ok());
  centre_.database.transact([&](Transaction& tx) {
    StoredPackage stored =
        centre_.custody.journeys().find(tx, package.sealed.header.key()).value();
    centre_.custody.hold(tx, stored, {Reason::kInfected, ""}, {});
  });
  EXPECT_EQ(state(package), State::kLeased);
  const auto terms = lease(package, "key-1").value().lease;
  centre_.clock.pass(kLeaseTime);
  EXPECT_EQ(lease(package, "key-2", "terminal-2").reason(), Reason::kInfected);
  EXPECT_EQ(delivering_.lapse_due(10), 1);
  EXPECT_EQ(state(package), State::kHeld);
  EXPECT_EQ(lease(package, "key-1").reason(), Reason::kInfected);
  EXPECT_EQ(centre_.find_statement(package, EvidenceType::kHeld, &exchange_.b)->reason,
            Reason::kInfected);
  EXPECT_EQ(complete(package, terms).reason(), Reason::kStepNotAllowed);
}

TEST_P(DeliveringTest, GivesTheBodyByGroupsAndEachKeepsTheLeaseAlive) {
  const TestPackage package = consigned(1'200'000);
  const auto terms = lease(package, "key-1").value().lease;
  const auto group = [&](std::int64_t index) {
    return delivering_.group(exchange_.b.code, id_of(package), terms.id, index);
  };
  Bytes body;
  for (const std::int64_t index : {0, 1}) {
    centre_.clock.pass(kLeaseTime - kInstant);
    append(body, group(index).value());
  }
  EXPECT_EQ(body, package.body);
  EXPECT_EQ(centre_.delivery(package, exchange_.b).lease->fetched_bytes,
            static_cast<std::int64_t>(package.body.size()));
  EXPECT_EQ(group(2).reason(), Reason::kBadRequest);
  EXPECT_EQ(group(-1).reason(), Reason::kBadRequest);
  centre_.clock.pass(kLeaseTime);
  EXPECT_EQ(group(0).reason(), Reason::kLeaseLost);
}

TEST_P(DeliveringTest, GivesNoGroupUnderAnotherLease) {
  const TestPackage package = consigned();
  EXPECT_EQ(delivering_.group(exchange_.b.code, id_of(package), "", 0).reason(),
            Reason::kLeaseLost);
  ASSERT_TRUE(lease(package, "key-1").ok());
  EXPECT_EQ(delivering_.group(exchange_.b.code, id_of(package), "another", 0).reason(),
            Reason::kLeaseLost);
}

TEST_P(DeliveringTest, GivesBackWhatALeaseLeftUndone) {
  const TestPackage package = consigned();
  ASSERT_TRUE(lease(package, "key-1").ok());
  centre_.clock.pass(kLeaseTime - kInstant);
  EXPECT_EQ(delivering_.lapse_due(10), 0);
  centre_.clock.pass(kInstant);
  EXPECT_EQ(delivering_.lapse_due(10), 1);
  EXPECT_EQ(state(package), State::kConsigned);
}

TEST_P(DeliveringTest, AHandoverIsTheFinalWordAndKeptAsEvidence) {
  CLAUSE("五(一)9");
  const TestPackage package = consigned();
  const auto terms = lease(package, "key-1").value().lease;
  EXPECT_EQ(complete(package, terms).value(), State::kReceived);
  EXPECT_EQ(centre_.find_statement(package, EvidenceType::kHandover, &exchange_.b)->lease->id,
            terms.id);
  EXPECT_EQ(centre_.stored(package).station, Station::kDone);
  EXPECT_EQ(lease(package, "key-2").reason(), Reason::kAlreadyFinal);
}

TEST_P(DeliveringTest, AHandoverFailureIsFinalToo) {
  const TestPackage package = consigned();
  const auto terms = lease(package, "key-1").value().lease;
  EXPECT_EQ(complete(package, terms, EvidenceType::kHandoverFailure).value(), State::kFailed);
}

TEST_P(DeliveringTest, TheSameCompletionAgainHasTheSameAnswer) {
  const TestPackage package = consigned();
  const auto terms = lease(package, "key-1").value().lease;
  const Bytes evidence = signed_by_b(stated(package, EvidenceType::kHandover, terms));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(delivering_.complete(exchange_.b.code, id_of(package), evidence).value(),
              State::kReceived);
  }
  EXPECT_EQ(centre_.count_evidence(package, "E.1"), 1);
}

TEST_P(DeliveringTest, ALateCompletionCountsWhenNobodyLeasedSince) {
  const TestPackage package = consigned();
  const auto terms = lease(package, "key-1").value().lease;
  centre_.clock.pass(std::chrono::hours{1});
  ASSERT_EQ(delivering_.lapse_due(10), 1);
  EXPECT_EQ(complete(package, terms).value(), State::kReceived);
}

TEST_P(DeliveringTest, ALateCompletionAfterAnotherLeaseIsFencedOff) {
  const TestPackage package = consigned();
  const auto late = lease(package, "key-1").value().lease;
  centre_.clock.pass(std::chrono::hours{1});
  ASSERT_EQ(delivering_.lapse_due(10), 1);
  const auto current = lease(package, "key-2", "terminal-2").value().lease;
  EXPECT_EQ(complete(package, late).reason(), Reason::kLeaseLost);
  // Not even under the current lease's name.
  EXPECT_EQ(complete(package, {current.id, late.fencing, {}}).reason(), Reason::kLeaseLost);
  EXPECT_EQ(complete(package, current).value(), State::kReceived);
}

// This store came back and took the package over again: the recipient knows it by its former name.
TEST_P(DeliveringTest, AReceiptUnderAFormerNameCounts) {
  const TestPackage package = consigned();
  const Consignment::LeaseTerms terms = lease(package, "key")->lease;
  const DeliveryId former = DeliveryId::generate(centre_.clock.now());
  const Bytes received = signed_by_b(stated(package, EvidenceType::kHandover, terms));
  EXPECT_EQ(delivering_.complete(exchange_.c.code, former, received).reason(), Reason::kNotFound);
  EXPECT_EQ(delivering_.complete(exchange_.b.code, former, received).value(), State::kReceived);
  EXPECT_EQ(delivering_.complete(exchange_.b.code, former, received).value(), State::kReceived)
      << "again";
  const Bytes confirmed = signed_by_b(
      statement_by(exchange_.b, EvidenceType::kConfirmed, package, centre_.clock.now()));
  EXPECT_EQ(delivering_.acknowledge(exchange_.b.code, former, confirmed).value(),
            State::kConfirmed);
}

// This store came back from a copy that is older than the lease: the receipt counts all the same.
TEST_P(DeliveringTest, ACompletionUnderAForgottenLeaseCounts) {
  const TestPackage package = consigned();
  const auto known = lease(package, "key-1").value().lease;
  const std::string forgotten = DeliveryId::generate(kTestNow).text();
  EXPECT_EQ(complete(package, {forgotten, known.fencing + 1, {}}).value(), State::kReceived);
}

TEST_P(DeliveringTest, ALaterFinalIsKeptAndMarkedSuperseded) {
  const TestPackage package = consigned();
  const auto terms = lease(package, "key-1").value().lease;
  ASSERT_TRUE(complete(package, terms, EvidenceType::kHandoverFailure).ok());
  EXPECT_EQ(complete(package, terms, EvidenceType::kHandover).value(), State::kFailed);
  centre_.database.read([&](Transaction& tx) {
    EvidenceStore& store = centre_.custody.evidence();
    const MessageKey key = package.sealed.header.key();
    EXPECT_FALSE(store.last(tx, key, exchange_.b.addressee(), "E.2")->superseded);
    EXPECT_TRUE(store.last(tx, key, exchange_.b.addressee(), "E.1")->superseded);
    EXPECT_EQ(store.custody_counts(tx, exchange_.first.code).finals, 1);
  });
}

TEST_P(DeliveringTest, WhatIsHeldMeanwhileIsNotSupersededByAHandover) {
  const TestPackage package = consigned();
  const auto terms = lease(package, "key-1").value().lease;
  centre_.clock.pass(kLeaseTime);
  ASSERT_EQ(delivering_.lapse_due(10), 1);
  const StoredPackage stored = centre_.stored(package);
  Delivery held = centre_.delivery(package, exchange_.b);
  centre_.database.transact([&](Transaction& tx) {
    centre_.custody.take(tx, stored, held, {.step = Step::kHold, .due = stored.expires}).value();
  });
  EXPECT_EQ(complete(package, terms).reason(), Reason::kStepNotAllowed);
  EXPECT_EQ(centre_.count_evidence(package, "E.1"), 0);
}

TEST_P(DeliveringTest, AcceptsNoEvidenceAboutAnythingElse) {
  const TestPackage package = consigned(), other = consigned();
  const auto terms = lease(package, "key-1").value().lease;
  const auto refusal_of = [&](const Statement& statement, SoftwareKey& key) {
    const Bytes cms = sign_statement(statement, key).value().cms;
    return delivering_.complete(exchange_.b.code, id_of(package), cms).reason();
  };
  Statement statement = stated(other, EvidenceType::kHandover, terms);
  EXPECT_EQ(refusal_of(statement, exchange_.b.sign), Reason::kConflict);
  statement = stated(package, EvidenceType::kHandover, terms);
  statement.header_sha256 = other.sealed.sha256;
  EXPECT_EQ(refusal_of(statement, exchange_.b.sign), Reason::kConflict);
  statement = stated(package, EvidenceType::kHandover, terms);
  statement.recipient->unit = UnitCode::parse("U010001").value();
  EXPECT_EQ(refusal_of(statement, exchange_.b.sign), Reason::kConflict);
  statement = stated(package, EvidenceType::kConfirmed, terms);
  EXPECT_EQ(refusal_of(statement, exchange_.b.sign), Reason::kBadRequest);
  statement = statement_by(exchange_.c, EvidenceType::kHandover, package);
  EXPECT_EQ(refusal_of(statement, exchange_.c.sign), Reason::kConflict);
  statement = stated(package, EvidenceType::kHandover, terms);
  statement.lease.reset();
  EXPECT_EQ(refusal_of(statement, exchange_.b.sign), Reason::kLeaseLost);
  EXPECT_EQ(state(package), State::kLeased);
}

TEST_P(DeliveringTest, ConfirmationAndReturnFollowAHandoverOnly) {
  CLAUSE("五(一)9");
  const TestPackage package = consigned();
  EXPECT_EQ(acknowledge(package, EvidenceType::kConfirmed).reason(), Reason::kStepNotAllowed);
  const auto terms = lease(package, "key-1").value().lease;
  EXPECT_EQ(acknowledge(package, EvidenceType::kReturned).reason(), Reason::kStepNotAllowed);
  EXPECT_EQ(centre_.count_evidence(package, "F.2"), 0);
  ASSERT_TRUE(complete(package, terms).ok());
  EXPECT_EQ(acknowledge(package, EvidenceType::kHandover).reason(), Reason::kBadRequest);
  EXPECT_EQ(acknowledge(package, EvidenceType::kConfirmed).value(), State::kConfirmed);
  // 誤送 is often seen only when the officer reads it.
  EXPECT_EQ(acknowledge(package, EvidenceType::kReturned).value(), State::kReturned);
  EXPECT_EQ(acknowledge(package, EvidenceType::kConfirmed).value(), State::kReturned);
  EXPECT_EQ(centre_.count_evidence(package, "F.1"), 1);
}

TEST_P(DeliveringTest, ALateConfirmationDoesNotBringBackAClearedPackage) {
  const TestPackage package = consigned();
  ASSERT_TRUE(complete(package, lease(package, "key-1").value().lease).ok());
  centre_.database.transact([&](Transaction& tx) {
    StoredPackage stored = centre_.custody.journeys().find(tx, package.sealed.header.key()).value();
    stored.station = Station::kCleared;
    centre_.custody.journeys().move(tx, stored);
  });
  EXPECT_EQ(acknowledge(package, EvidenceType::kConfirmed).value(), State::kConfirmed);
  EXPECT_EQ(centre_.stored(package).station, Station::kCleared);
}

TEST_P(DeliveringTest, NoLeaseIsGivenForWhatHasExpiredNorBeyondIt) {
  const TestPackage package = consigned();
  const Time expires = package.sealed.header.expires;
  centre_.clock.pass(expires - kTestNow - Milliseconds{1000});
  EXPECT_EQ(lease(package, "key-1")->lease.until, expires);
  centre_.clock.pass(Milliseconds{1000});
  EXPECT_EQ(lease(package, "key-1").reason(), Reason::kPackageExpired);
}

TEST_P(DeliveringTest, OfSixteenTerminalsExactlyOneGetsIt) {
  const TestPackage package = consigned();
  const DeliveryId id = id_of(package);
  std::atomic<int> given = 0, refused = 0;
  {
    std::vector<std::jthread> terminals;
    for (int i = 0; i < 16; ++i) {
      terminals.emplace_back([&, i] {
        const std::string name = std::to_string(i);
        const auto consignment = delivering_.lease(exchange_.b.code, id, {name, name});
        if (consignment) ++given;
        if (!consignment && consignment.reason() == Reason::kLeaseLost) ++refused;
      });
    }
  }
  EXPECT_EQ(given, 1);
  EXPECT_EQ(refused, 15);
  EXPECT_EQ(centre_.delivery(package, exchange_.b).fencing, 1);
}

}  // namespace
}  // namespace yizhan
