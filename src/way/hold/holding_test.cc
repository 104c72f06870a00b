#include "way/hold/holding.h"

#include <gtest/gtest.h>

#include "tests/support/clause.h"
#include "tests/support/small_centre.h"

namespace yizhan {
namespace {

constexpr Milliseconds kDay = std::chrono::hours{24};
constexpr Milliseconds kInstant{1};

class HoldingTest : public CentreTest {
 protected:
  TestPackage for_b_and_c() {
    return make_package(exchange_,
                        {.recipients = {exchange_.b.addressee(), exchange_.c.addressee()}});
  }
  Result<std::vector<WithdrawalOutcome>> withdraw(const TestPackage& package, WithdrawalKind kind,
                                                  std::optional<Addressee> recipient = {}) {
    const Withdrawal wish{kind, package.sealed.header.key(), std::move(recipient), "誤發",
                          centre_.clock.now()};
    const Bytes cms = sign_withdrawal(wish, exchange_.a.sign).value();
    return holding_.withdraw(open_withdrawal(cms).value());
  }
  Reason decision_refusal(const std::vector<SignedDecision>& decisions) {
    const auto decided = holding_.decide(decisions);
    return decided ? Reason::kInternal : decided.reason();
  }
  void lease(const TestPackage& package, const TestAgency& agency) {
    Delivery delivery = centre_.delivery(package, agency);
    const StoredPackage stored = centre_.stored(package);
    const Time until = centre_.clock.now() + std::chrono::minutes{2};
    centre_.database.transact([&](Transaction& tx) {
      centre_.custody.take(tx, stored, delivery, {.step = Step::kLease, .due = until}).value();
      centre_.custody.journeys().set_lease(tx, delivery, {"lease-1", "key", "t", until, 1, 512});
    });
  }
  State state(const TestPackage& package, const TestAgency& agency) {
    return centre_.delivery(package, agency).state;
  }

  int wakes_ = 0;
  Holding holding_{{centre_.database, centre_.custody, centre_.objects, centre_.directory, [] {},
                    [this] { ++wakes_; }}};
};

INSTANTIATE_TEST_SUITE_P(BothEngines, HoldingTest, kBothEngines, engine_name);

TEST_P(HoldingTest, WhatNobodyFetchedExpiresWithEvidenceThatSaysSo) {
  CLAUSE("五(一)9");
  const TestPackage package = for_b_and_c();
  centre_.enter_consigned(package);
  centre_.clock.pass(7 * kDay - kInstant);
  EXPECT_EQ(holding_.work(10), 0);
  centre_.clock.pass(kInstant);
  EXPECT_EQ(holding_.work(10), 2);
  EXPECT_EQ(state(package, exchange_.b), State::kExpired);
  const Statement expired =
      centre_.find_statement(package, EvidenceType::kAcceptanceExpiry, &exchange_.b).value();
  EXPECT_EQ(expired.detail, "fetched: never");
  EXPECT_EQ(centre_.stored(package).station, Station::kDone);
}

TEST_P(HoldingTest, ExpirySaysHowFarALeaseHadCome) {
  const TestPackage package = make_package(exchange_);
  centre_.enter_consigned(package);
  lease(package, exchange_.b);
  const std::string until = centre_.delivery(package, exchange_.b).lease->until.text();
  const StoredPackage stored = centre_.stored(package);
  centre_.clock.pass(7 * kDay);
  EXPECT_EQ(holding_.work(10), 0);  // never while a lease lives: it lapses first
  centre_.database.transact([&](Transaction& tx) {
    Delivery delivery = centre_.custody.journeys().deliveries_of(tx, stored.id).front();
    centre_.custody.take(tx, stored, delivery, {.step = Step::kLapse, .due = stored.expires})
        .value();
  });
  EXPECT_EQ(holding_.work(10), 1);
  EXPECT_EQ(centre_.find_statement(package, EvidenceType::kAcceptanceExpiry, &exchange_.b)->detail,
            "leased until " + until + ", bytes 512");
}

TEST_P(HoldingTest, WhatWasNeverScreenedExpiresToo) {
  const TestPackage package = make_package(exchange_);
  centre_.enter(package);
  centre_.clock.pass(7 * kDay);
  EXPECT_EQ(holding_.work(10), 1);
  EXPECT_EQ(state(package, exchange_.b), State::kExpired);
}

TEST_P(HoldingTest, AHoldThatNobodyDecidesEndsAfterThreeDays) {
  const TestPackage package = for_b_and_c();
  centre_.enter_held(package);
  centre_.clock.pass(3 * kDay - kInstant);
  EXPECT_EQ(holding_.work(10), 0);
  centre_.clock.pass(kInstant);
  EXPECT_EQ(holding_.work(10), 2);
  const Statement stopped =
      centre_.find_statement(package, EvidenceType::kConsignmentFailure, &exchange_.b).value();
  EXPECT_EQ(stopped.reason, Reason::kHoldExpired);
  EXPECT_EQ(centre_.stored(package).station, Station::kDone);
}

TEST_P(HoldingTest, AHeldPackageThatExpiresBeforeThatEndsAsExpired) {
  const TestPackage package = make_package(
      exchange_, {.change = [](Header& header) { header.expires = header.created + kDay; }});
  centre_.enter_held(package);
  centre_.clock.pass(kDay);
  EXPECT_EQ(holding_.work(10), 1);
  EXPECT_EQ(state(package, exchange_.b), State::kExpired);
}

TEST_P(HoldingTest, TwoOfficersReleaseAHeldPackage) {
  const TestPackage package = for_b_and_c();
  centre_.enter_held(package);
  const std::vector decisions = {
      centre_.decision(exchange_.first.chen, DecisionKind::kRelease, package),
      centre_.decision(exchange_.first.lin, DecisionKind::kRelease, package)};
  EXPECT_EQ(decision_refusal({decisions[0]}), Reason::kForbidden);
  EXPECT_EQ(state(package, exchange_.b), State::kHeld);
  ASSERT_TRUE(holding_.decide(decisions).ok());
  EXPECT_EQ(wakes_, 1);
  EXPECT_EQ(centre_.stored(package).station, Station::kRoute);
  EXPECT_EQ(state(package, exchange_.b), State::kAccepted);
  EXPECT_EQ(state(package, exchange_.c), State::kAccepted);
  const Statement released =
      centre_.find_statement(package, EvidenceType::kReleased).value();
  EXPECT_EQ(released.approvals, (std::vector<Bytes>{decisions[0].cms, decisions[1].cms}));
  EXPECT_EQ(released.reason, Reason::kInfected);
  EXPECT_EQ(holding_.decide(decisions).value(), Station::kRoute);  // the same answer again
  EXPECT_EQ(centre_.count_evidence(package, "Released"), 1);
  const std::vector others = {
      centre_.decision(exchange_.first.chen, DecisionKind::kStop, package)};
  EXPECT_EQ(decision_refusal(others), Reason::kStepNotAllowed);
}

TEST_P(HoldingTest, ReleasesNothingThatRecipientsWouldRefuse) {
  const TestPackage package = for_b_and_c(), other = for_b_and_c();
  centre_.enter_held(package);
  centre_.enter_held(other);
  const auto chen = centre_.decision(exchange_.first.chen, DecisionKind::kRelease, package);
  const auto lin = [&](std::vector<Sha256> read) {
    return decision_by(exchange_.first.lin, DecisionKind::kRelease, package, std::move(read));
  };
  const auto foreign =
      centre_.decision(exchange_.first.lin, DecisionKind::kRelease, other).decision.overridden;
  EXPECT_EQ(decision_refusal({chen, lin({})}), Reason::kForbidden);
  EXPECT_EQ(decision_refusal({lin({}), chen}), Reason::kForbidden);
  EXPECT_EQ(decision_refusal({chen, lin(foreign)}), Reason::kForbidden);
  EXPECT_EQ(centre_.count_evidence(package, "Released"), 0);
  EXPECT_EQ(state(package, exchange_.b), State::kHeld);
  EXPECT_EQ(holding_.decide(std::vector{chen, lin(chen.decision.overridden)}).value(),
            Station::kRoute);
  const SealedHeader& sealed = package.sealed;
  const auto released = centre_.find_statement(package, EvidenceType::kReleased).value();
  EXPECT_EQ(released.previous, chen.decision.overridden);
  EXPECT_TRUE(open_release(released, sealed, exchange_.centres.front()).ok());
}

TEST_P(HoldingTest, WhatNoScannerCouldJudgeGoesBackToTheScannerWhenReleased) {
  const TestPackage package = for_b_and_c();
  centre_.enter(package);
  centre_.database.transact([&](Transaction& tx) {  // as ten scans leave it that never ended
    StoredPackage stored =
        centre_.custody.journeys().find(tx, package.sealed.header.key()).value();
    stored.attempts = 10;
    centre_.custody.hold(tx, stored, {Reason::kScanIncomplete, ""}, {});
  });
  const auto release = std::vector{
      centre_.decision(exchange_.first.chen, DecisionKind::kRelease, package),
      centre_.decision(exchange_.first.lin, DecisionKind::kRelease, package)};
  EXPECT_EQ(holding_.decide(release).value(), Station::kScreen);
  EXPECT_EQ(centre_.stored(package).station, Station::kScreen);
  EXPECT_EQ(centre_.stored(package).attempts, 0);
  EXPECT_EQ(state(package, exchange_.b), State::kAccepted);
  EXPECT_EQ(centre_.count_evidence(package, "Released"), 0);  // nothing was let pass
}

TEST_P(HoldingTest, OneOfficerStopsAHeldPackage) {
  CLAUSE("五(二)7");
  const TestPackage package = for_b_and_c();
  centre_.enter_held(package);
  const std::vector decisions = {
      decision_by(exchange_.first.lin, DecisionKind::kStop, package)};
  for (const char* time : {"first", "again"}) {
    EXPECT_EQ(holding_.decide(decisions).value(), Station::kDone) << time;
  }
  EXPECT_EQ(centre_.count_evidence(package, "D.2"), 2);
  EXPECT_EQ(
      centre_.find_statement(package, EvidenceType::kConsignmentFailure, &exchange_.b)->approvals,
      std::vector<Bytes>{decisions[0].cms});
  EXPECT_EQ(state(package, exchange_.b), State::kStopped);
  EXPECT_EQ(state(package, exchange_.c), State::kStopped);
  EXPECT_EQ(
      centre_.find_statement(package, EvidenceType::kConsignmentFailure, &exchange_.c)->reason,
      Reason::kInfected);
  EXPECT_EQ(centre_.stored(package).station, Station::kDone);
}

TEST_P(HoldingTest, WhatWasDecidedAboutAnEarlierHoldDecidesNothingNow) {
  const TestPackage package = for_b_and_c();
  centre_.enter_held(package, Reason::kArchiveEncrypted);
  const std::vector decisions = {
      centre_.decision(exchange_.first.chen, DecisionKind::kRelease, package),
      centre_.decision(exchange_.first.lin, DecisionKind::kRelease, package)};
  ASSERT_TRUE(holding_.decide(decisions).ok());
  centre_.clock.pass(std::chrono::minutes{6});
  centre_.database.transact([&](Transaction& tx) {
    StoredPackage stored =
        centre_.custody.journeys().find(tx, package.sealed.header.key()).value();
    centre_.custody.hold(tx, stored, {Reason::kInfected, ""}, {});
  });
  EXPECT_EQ(decision_refusal(decisions), Reason::kConflict);
  EXPECT_EQ(state(package, exchange_.b), State::kHeld);
}

TEST_P(HoldingTest, NothingIsDecidedAboutWhatIsNotHeldOrNotThere) {
  const TestPackage package = make_package(exchange_);
  const std::vector stop = {decision_by(exchange_.first.lin, DecisionKind::kStop, package)};
  EXPECT_EQ(decision_refusal(stop), Reason::kNotFound);
  centre_.enter_screened(package);
  EXPECT_EQ(decision_refusal(stop), Reason::kStepNotAllowed);
  EXPECT_EQ(decision_refusal({}), Reason::kBadRequest);
  EXPECT_EQ(decision_refusal({stop[0], stop[0], stop[0]}), Reason::kBadRequest);
}

TEST_P(HoldingTest, WhatASuspendedAgencyMissedGoesOnWhenItResumes) {
  CLAUSE("十三");
  const TestPackage package = for_b_and_c();
  centre_.enter_screened(package);
  const StoredPackage stored = centre_.stored(package);
  Delivery suspended = centre_.delivery(package, exchange_.b);
  centre_.database.transact([&](Transaction& tx) {
    centre_.custody
        .take(tx, stored, suspended,
              {.step = Step::kHold, .due = kTestNow, .why = Refusal{Reason::kAgencySuspended, ""}})
        .value();
  });
  exchange_.registered(exchange_.b).standing = Standing::kSuspended;
  centre_.publish_directory();
  // Looked at again and again, longer than any other hold, and not lost.
  for (int day = 0; day < 5; ++day) {
    EXPECT_EQ(holding_.work(10), 1);
    EXPECT_EQ(state(package, exchange_.b), State::kHeld);
    EXPECT_EQ(holding_.work(10), 0);
    centre_.clock.pass(kDay);
  }
  exchange_.registered(exchange_.b).standing = Standing::kActive;
  centre_.publish_directory();
  EXPECT_EQ(holding_.work(10), 1);
  EXPECT_EQ(state(package, exchange_.b), State::kAccepted);
  EXPECT_EQ(centre_.stored(package).station, Station::kRoute);
  EXPECT_EQ(wakes_, 1);
}

TEST_P(HoldingTest, WhatLiesInTheInboxOfASuspendedAgencyIsHeldAndGivenBack) {
  CLAUSE("十三");
  const TestPackage package = for_b_and_c(), other = make_package(exchange_);
  centre_.enter_consigned(package);
  centre_.enter_consigned(other);
  lease(other, exchange_.b);
  exchange_.registered(exchange_.b).standing = Standing::kSuspended;
  centre_.publish_directory();
  EXPECT_EQ(holding_.work(10), 1);
  EXPECT_EQ(state(package, exchange_.b), State::kHeld);
  EXPECT_EQ(state(package, exchange_.c), State::kConsigned);
  EXPECT_EQ(state(other, exchange_.b), State::kLeased);  // until its lease lapses
  const Statement held =
      centre_.find_statement(package, EvidenceType::kHeld, &exchange_.b).value();
  EXPECT_EQ(held.reason, Reason::kAgencySuspended);
  exchange_.registered(exchange_.b).standing = Standing::kActive;
  centre_.publish_directory();
  centre_.clock.pass(std::chrono::seconds{15});
  EXPECT_EQ(holding_.work(10), 1);
  EXPECT_EQ(state(package, exchange_.b), State::kAccepted);
  EXPECT_EQ(centre_.stored(package).station, Station::kRoute);
}

TEST_P(HoldingTest, ASenderWithdrawsWhatNobodyHasLeased) {
  const TestPackage package = for_b_and_c();
  centre_.enter_consigned(package);
  lease(package, exchange_.c);
  const auto outcomes = withdraw(package, WithdrawalKind::kStop).value();
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[0].state, State::kWithdrawn);
  EXPECT_EQ(outcomes[1].state, State::kLeased);
  EXPECT_EQ(state(package, exchange_.c), State::kLeased);
  EXPECT_EQ(
      centre_.find_statement(package, EvidenceType::kConsignmentFailure, &exchange_.b)->reason,
      Reason::kWithdrawn);
  EXPECT_FALSE(
      centre_.find_statement(package, EvidenceType::kConsignmentFailure, &exchange_.c));
}

TEST_P(HoldingTest, AWithdrawalIsKeptInItsEvidenceAndDoesNoMoreWhenItComesAgain) {
  const TestPackage package = for_b_and_c();
  centre_.enter_consigned(package);
  lease(package, exchange_.c);
  const Withdrawal wish{WithdrawalKind::kStop, package.sealed.header.key(), std::nullopt, "誤發",
                        centre_.clock.now()};
  const auto request = open_withdrawal(sign_withdrawal(wish, exchange_.a.sign).value()).value();
  ASSERT_TRUE(holding_.withdraw(request).ok());
  const Statement ended =
      centre_.find_statement(package, EvidenceType::kConsignmentFailure, &exchange_.b).value();
  ASSERT_EQ(ended.approvals, std::vector<Bytes>{request.cms});
  EXPECT_EQ(open_withdrawal(ended.approvals[0])->signer, exchange_.a.sign.certificate());
  Delivery lapsed = centre_.delivery(package, exchange_.c);
  const StoredPackage stored = centre_.stored(package);
  centre_.database.transact([&](Transaction& tx) {
    centre_.custody.take(tx, stored, lapsed,
                         {.step = Step::kLapse, .due = centre_.clock.now()})
        .value();
  });
  const auto outcomes = holding_.withdraw(request).value();
  EXPECT_EQ(outcomes[0].state, State::kWithdrawn);
  EXPECT_EQ(outcomes[1].state, State::kConsigned);
  EXPECT_EQ(state(package, exchange_.c), State::kConsigned);
}

TEST_P(HoldingTest, ASenderSendsOneCopyOnPaperInstead) {
  const TestPackage package = for_b_and_c();
  centre_.enter(package);
  const auto outcomes =
      withdraw(package, WithdrawalKind::kPaper, exchange_.c.addressee()).value();
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0].state, State::kPaper);
  EXPECT_EQ(state(package, exchange_.b), State::kAccepted);
  EXPECT_EQ(
      centre_.find_statement(package, EvidenceType::kConsignmentFailure, &exchange_.c)->reason,
      Reason::kPaper);
}

TEST_P(HoldingTest, OnlyTheSenderWithdraws) {
  const TestPackage package = make_package(exchange_);
  centre_.enter(package);
  const Withdrawal wish{WithdrawalKind::kStop, package.sealed.header.key(), std::nullopt, "",
                        kTestNow};
  const auto by_b = open_withdrawal(sign_withdrawal(wish, exchange_.b.sign).value()).value();
  EXPECT_EQ(holding_.withdraw(by_b).reason(), Reason::kCertificateUnregistered);
  EXPECT_EQ(state(package, exchange_.b), State::kAccepted);
  EXPECT_EQ(withdraw(make_package(exchange_), WithdrawalKind::kStop).reason(), Reason::kNotFound);
}

TEST_P(HoldingTest, ABodyGoesADayAfterItsLastRecipientAndNotBefore) {
  const TestPackage package = make_package(exchange_);
  centre_.enter(package);
  const Sha256 body = package.sealed.header.cipher_root;
  ASSERT_TRUE(withdraw(package, WithdrawalKind::kStop).ok());
  centre_.clock.pass(kDay - kInstant);
  EXPECT_EQ(holding_.work(10), 0);
  EXPECT_TRUE(centre_.objects.find_size(body));
  centre_.clock.pass(kInstant);
  EXPECT_EQ(holding_.work(10), 1);
  EXPECT_FALSE(centre_.objects.find_size(body));
  EXPECT_EQ(centre_.stored(package).station, Station::kCleared);
  EXPECT_EQ(holding_.work(10), 0);
}

}  // namespace
}  // namespace yizhan
