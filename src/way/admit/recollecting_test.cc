#include "way/admit/recollecting.h"

#include <gtest/gtest.h>

#include "tests/support/clause.h"
#include "tests/support/small_centre.h"
#include "way/admit/admission.h"

namespace yizhan {
namespace {

using enum EvidenceType;

// A centre whose store knows nothing of what it accepted; others have its evidence.
class RecollectingTest : public CentreTest {
 protected:
  void come_back() {
    centre_.database.transact([&](Transaction& tx) {
      centre_.custody.note_comeback(tx, centre_.custody.comebacks().current().count, "林維運");
    });
  }
  TestPackage for_two() {
    return make_package(exchange_,
                        {.recipients = {exchange_.b.addressee(), exchange_.c.addressee()}});
  }
  Bytes signed_by_centre(Statement statement) {
    return sign_statement(statement, exchange_.first.evidence).value().cms;
  }
  Bytes accepted(const TestPackage& package) {
    Statement statement = statement_by(exchange_.first, kSubmissionAcceptance, package);
    statement.recipient_count = package.sealed.header.recipient_count;
    statement.plaintext_root = package.sealed.header.plaintext_root;
    statement.previous = {package.sealed.sha256};
    return signed_by_centre(statement);
  }
  // D.1 for that agency, and its E.1 under the lease of that number.
  std::vector<Bytes> received(const TestPackage& package, const TestAgency& agency,
                              SoftwareKey& key, std::int64_t fencing = 1) {
    Statement consigned = statement_by(exchange_.first, kConsignment, package);
    consigned.recipient = agency.addressee();
    const SignedStatement d1 = sign_statement(consigned, exchange_.first.evidence).value();
    Statement handed = statement_by(agency, kHandover, package);
    handed.actor.certificate = key.certificate().sha256();
    handed.previous = {d1.sha256};
    handed.lease = LeaseMark{"lease", fencing};
    return {d1.cms, sign_statement(handed, key).value().cms};
  }
  Bytes ended(const TestPackage& package, const TestAgency& agency, Reason reason) {
    Statement statement = statement_by(exchange_.first, kConsignmentFailure, package);
    statement.recipient = agency.addressee();
    statement.reason = reason;
    return signed_by_centre(statement);
  }
  Result<bool> try_to_tell(const TestPackage& package, std::vector<Bytes> evidence) {
    return recollecting_.take(
        exchange_.a.code, {package.sealed.header.key(), package.sealed.cms, std::move(evidence)});
  }
  TestPackage for_b_and_d() {
    return make_package(exchange_,
                        {.recipients = {exchange_.b.addressee(), exchange_.d.addressee()}});
  }
  void expect_nothing_asked(bool asked_before);
  // D's centre took D over.
  Statement taken_for_d(const TestPackage& package) {
    Statement taken = statement_by(exchange_.second, kRelayAcceptance, package);
    taken.recipient_count = 1;
    for (const Bytes& leaf : package.envelope.leaves) {
      const RecipientLeaf read = RecipientLeaf::parse(leaf).value();
      if (read.addressee != exchange_.d.addressee()) continue;
      taken.leaves_sha256 = leaves_sha256(std::vector<Bytes>{leaf});
    }
    return taken;
  }
  bool tell(const TestPackage& package, std::vector<Bytes> evidence) {
    return try_to_tell(package, std::move(evidence)).value();
  }
  SubmissionStatus submit(const TestPackage& package) {
    return admission_.submit({exchange_.a.code, "127.0.0.1"}, package.with_body()).value();
  }
  State state_of(const TestPackage& package, const TestAgency& agency) {
    return centre_.delivery(package, agency).state;
  }
  void expect_balanced(std::int64_t accepted, std::int64_t finals) {
    const CustodyCounts counts = centre_.database.read([&](Transaction& tx) {
      return centre_.custody.evidence().custody_counts(tx, exchange_.first.code);
    });
    EXPECT_EQ(counts.accepted, accepted);
    EXPECT_EQ(counts.finals, finals);
  }

  SendingQuota quota_{QuotaPlan{.recipients = 10}};
  int screened_ = 0;
  Admission admission_{{centre_.database, centre_.custody, centre_.objects, centre_.directory,
                        centre_.trust, centre_.journal, quota_,
                        [this](StoredPackage) { ++screened_; }, [] {}}};
  Recollecting recollecting_{{centre_.database, centre_.custody, centre_.directory,
                              centre_.trust.policy(), [] {}}};
};

INSTANTIATE_TEST_SUITE_P(BothEngines, RecollectingTest, kBothEngines, engine_name);

TEST_P(RecollectingTest, HearsNothingBeforeItsStoreCameBack) {
  const TestPackage package = for_two();
  EXPECT_EQ(try_to_tell(package, {accepted(package)}).reason(), Reason::kStepNotAllowed);
  come_back();
  EXPECT_EQ(tell(package, {accepted(package)}), false);
  EXPECT_EQ(centre_.count_evidence(package, "A.1"), 1);
}

// Long after its signature has grown too old for a new document, and beyond the quota.
TEST_P(RecollectingTest, APackageComesAgainUnderTheAcceptanceThatWasForgotten) {
  CLAUSE("五(一)9");
  come_back();
  const TestPackage package = for_two();
  const Bytes a1 = accepted(package);
  ASSERT_EQ(tell(package, {a1}), false);
  centre_.clock.pass(std::chrono::hours{24});
  EXPECT_EQ(submit(package).state, SubmissionState::kAccepted);
  EXPECT_EQ(centre_.count_evidence(package, "A.1"), 1);
  EXPECT_EQ(centre_.count_evidence(package, "A.2"), 0);
  EXPECT_EQ(centre_.stored(package).accepted, kTestNow) << "the day of its acceptance";
  EXPECT_EQ(screened_, 1);
  EXPECT_EQ(submit(package).state, SubmissionState::kAccepted) << "and once";
  EXPECT_EQ(screened_, 1);
  expect_balanced(2, 0);
}

// Else nobody would notice a copy that has the acceptance and not the package (campaign, seed
// 9401).
TEST_P(RecollectingTest, ThatAPackageCameAgainIsNews) {
  come_back();
  const TestPackage package = for_two();
  ASSERT_EQ(tell(package, {accepted(package)}), false);
  EvidenceStore evidence;
  const auto unpublished = [&] {
    return centre_.database.transact([&](Transaction& tx) {
      std::vector<std::string> kinds;
      for (const EvidenceRow& row : evidence.unpublished(tx, 100)) {
        kinds.push_back(row.kind);
        evidence.set_published(tx, row.id);
      }
      return kinds;
    });
  };
  EXPECT_EQ(unpublished(), std::vector<std::string>{"A.1"}) << "told of";
  submit(package);
  EXPECT_EQ(unpublished(), std::vector<std::string>{"A.1"}) << "and here";
}

TEST_P(RecollectingTest, ItsRecipientsAreNamedAsBefore) {
  const TestPackage package = for_two();
  ASSERT_EQ(submit(package).state, SubmissionState::kAccepted);
  const DeliveryId before = centre_.delivery(package, exchange_.c).id;
  EXPECT_EQ(before, name_delivery(kTestNow, package.sealed.sha256,
                                  centre_.delivery(package, exchange_.c).placed.index));
  EXPECT_NE(before, centre_.delivery(package, exchange_.b).id);
}

TEST_P(RecollectingTest, WhoHadItHasItAndWhoHadNotGetsIt) {
  CLAUSE("五(一)9");
  come_back();
  const TestPackage package = for_two();
  std::vector<Bytes> evidence = received(package, exchange_.b, exchange_.b.sign);
  evidence.insert(evidence.begin(), accepted(package));
  ASSERT_EQ(tell(package, evidence), false);
  submit(package);
  EXPECT_EQ(state_of(package, exchange_.b), State::kReceived);
  EXPECT_EQ(state_of(package, exchange_.c), State::kAccepted);
  EXPECT_EQ(centre_.stored(package).station, Station::kScreen);
  expect_balanced(2, 1);
}

// It is entered for the record, and nobody need have its body any more.
TEST_P(RecollectingTest, WhereAllHadItNothingIsScreenedAnew) {
  come_back();
  const TestPackage package = make_package(exchange_);
  ASSERT_EQ(tell(package, {accepted(package), ended(package, exchange_.b, Reason::kWithdrawn)}),
            false);
  EXPECT_EQ(admission_.submit({exchange_.a.code, "127.0.0.1"}, package.envelope)->state,
            SubmissionState::kAccepted);
  EXPECT_EQ(state_of(package, exchange_.b), State::kWithdrawn);
  EXPECT_EQ(centre_.stored(package).station, Station::kClearing);
  EXPECT_EQ(screened_, 0);
}

// Of what is here the store has forgotten only the end.
TEST_P(RecollectingTest, AnEndThatWasForgottenIsNotDecidedAgain) {
  come_back();
  const TestPackage package = for_two();
  centre_.enter_consigned(package);
  std::vector<Bytes> evidence = received(package, exchange_.b, exchange_.b.sign);
  evidence.push_back(ended(package, exchange_.c, Reason::kPaper));
  EXPECT_EQ(tell(package, evidence), true);
  EXPECT_EQ(state_of(package, exchange_.b), State::kReceived);
  EXPECT_EQ(state_of(package, exchange_.c), State::kPaper);
  EXPECT_EQ(tell(package, evidence), true) << "again";
  EXPECT_EQ(centre_.count_evidence(package, "E.1"), 1);
  expect_balanced(2, 2);
}

// A recipient tells too: of what its centre has, and so of what it has received.
TEST_P(RecollectingTest, ARecipientTellsOfItsReceipt) {
  come_back();
  const TestPackage package = for_two();
  const std::vector<Bytes> evidence = received(package, exchange_.b, exchange_.b.sign);
  const Retold retold{package.sealed.header.key(), {}, evidence};
  EXPECT_FALSE(recollecting_.take(exchange_.b.code, retold).value()) << "its sender comes first";
  EXPECT_EQ(centre_.count_evidence(package, "E.1"), 0);
  centre_.enter_consigned(package);
  EXPECT_TRUE(recollecting_.take(exchange_.b.code, retold).value());
  EXPECT_EQ(state_of(package, exchange_.b), State::kReceived);
  EXPECT_EQ(recollecting_.take(exchange_.d.code, retold).reason(), Reason::kForbidden);
}

// Nobody's word moves anything: a receipt of another hand, an acceptance of another centre, a lease
// that has passed to another terminal.
TEST_P(RecollectingTest, OnlySignaturesProveIt) {
  come_back();
  const TestPackage package = for_two();
  centre_.enter_consigned(package);
  EXPECT_EQ(tell(package, received(package, exchange_.b, exchange_.c.sign)), true);
  EXPECT_EQ(state_of(package, exchange_.b), State::kConsigned);
  EXPECT_EQ(tell(package, received(package, exchange_.b, exchange_.b.sign, 0)), true)
      << "of no lease that there was";
  const TestPackage other = make_package(exchange_);
  Statement foreign = statement_by(exchange_.second, kSubmissionAcceptance, other);
  foreign.recipient_count = 1;
  EXPECT_EQ(tell(other, {sign_statement(foreign, exchange_.second.evidence).value().cms}), false);
  EXPECT_EQ(centre_.count_evidence(other, "A.1"), 0);
}

TEST_P(RecollectingTest, OneHasOneAcceptance) {
  come_back();
  const TestPackage package = for_two();
  submit(package);
  Statement earlier =
      statement_by(exchange_.first, kSubmissionAcceptance, package, kTestNow - Milliseconds{5000});
  earlier.recipient_count = 2;
  EXPECT_EQ(tell(package, {signed_by_centre(earlier)}), true);
  EXPECT_EQ(centre_.count_evidence(package, "A.1"), 2) << "kept for what follows it";
  expect_balanced(2, 0);
}

// Several copies came back, each of which had given one (campaign, seed 10012).
TEST_P(RecollectingTest, TheAcceptanceThatCountsIsNotGivenAgainForAFurtherOne) {
  come_back();
  const TestPackage package = for_two();
  Statement later =
      statement_by(exchange_.first, kSubmissionAcceptance, package, kTestNow + Milliseconds{5000});
  later.recipient_count = 2;
  EXPECT_EQ(tell(package, {accepted(package), signed_by_centre(later)}), false);
  submit(package);
  EXPECT_EQ(centre_.count_evidence(package, "A.1"), 2) << "and no third";
  EXPECT_EQ(centre_.stored(package).accepted, kTestNow);
  expect_balanced(2, 0);
}

// To whom it was consigned before its store came back it is not consigned again.
TEST_P(RecollectingTest, WhomItHadConsignedToMayFetchItAtOnce) {
  come_back();
  const TestPackage package = for_two();
  std::vector<Bytes> evidence = received(package, exchange_.b, exchange_.b.sign);
  evidence.pop_back();
  evidence.insert(evidence.begin(), accepted(package));
  for (Bytes& d1 : received(package, exchange_.c, exchange_.c.sign)) evidence.push_back(d1);
  evidence.pop_back();
  ASSERT_EQ(tell(package, evidence), false);
  submit(package);
  EXPECT_EQ(state_of(package, exchange_.b), State::kConsigned);
  EXPECT_EQ(state_of(package, exchange_.c), State::kConsigned);
  EXPECT_EQ(centre_.stored(package).station, Station::kRouted);
  EXPECT_EQ(screened_, 0);
  EXPECT_EQ(centre_.count_evidence(package, "D.1"), 2);
}

// Its recipient was told of it, and lost the verdicts with the centre before it fetched them.
TEST_P(RecollectingTest, AConsignmentWhoseVerdictsNobodyHoldsIsMadeAgain) {
  come_back();
  const TestPackage package = make_package(exchange_);
  Statement consigned = statement_by(exchange_.first, kConsignment, package);
  consigned.recipient = exchange_.b.addressee();
  consigned.previous = {sha256(bytes_of("a verdict that is gone"))};
  const SignedStatement d1 = sign_statement(consigned, exchange_.first.evidence).value();
  ASSERT_EQ(tell(package, {accepted(package), d1.cms}), false);
  submit(package);
  EXPECT_EQ(state_of(package, exchange_.b), State::kAccepted);
  EXPECT_EQ(centre_.stored(package).station, Station::kScreen);
  EXPECT_EQ(centre_.count_evidence(package, "D.1"), 0);
  // With a receipt it is what that rests on.
  Statement handed = statement_by(exchange_.b, kHandover, package);
  handed.previous = {d1.sha256};
  handed.lease = LeaseMark{"lease", 1};
  EXPECT_EQ(tell(package, {d1.cms, sign_statement(handed, exchange_.b.sign).value().cms}), true);
  EXPECT_EQ(state_of(package, exchange_.b), State::kReceived);
  EXPECT_EQ(centre_.count_evidence(package, "D.1"), 1);
}

// A centre that took over holds what its taking over rests on: the acceptance, and verdicts.
TEST_P(RecollectingTest, ACentreThatTookOverTellsToo) {
  come_back();
  const TestPackage package = for_two();
  const Retold accepted_only{package.sealed.header.key(), package.sealed.cms, {accepted(package)}};
  EXPECT_EQ(recollecting_.take(exchange_.second.code, accepted_only).reason(), Reason::kForbidden);
  Statement taken = statement_by(exchange_.second, kRelayAcceptance, package);
  taken.recipient_count = 1;
  Retold retold = accepted_only;
  retold.evidence.push_back(sign_statement(taken, exchange_.second.evidence).value().cms);
  EXPECT_FALSE(recollecting_.take(exchange_.second.code, retold).value());
  EXPECT_EQ(centre_.count_evidence(package, "A.1"), 1);
  EXPECT_EQ(centre_.count_evidence(package, "B.1"), 1);
}

// Whom another centre took over is offered to it: only that one knows what became of it.
TEST_P(RecollectingTest, WhomAnotherCentreTookOverIsOfferedToIt) {
  come_back();
  const TestPackage package = for_b_and_d();
  const Statement taken = taken_for_d(package);
  ASSERT_EQ(tell(package, {accepted(package),
                           sign_statement(taken, exchange_.second.evidence).value().cms}),
            false);
  submit(package);
  EXPECT_EQ(state_of(package, exchange_.d), State::kOffered);
  EXPECT_EQ(state_of(package, exchange_.b), State::kAccepted);
  const PackageId id = centre_.stored(package).id;
  const auto relay = centre_.database.read([&](Transaction& tx) {
    return centre_.custody.relays().find(tx, id, exchange_.second.code);
  });
  ASSERT_TRUE(relay);
  EXPECT_EQ(relay->state, RelayState::kOffered);
  EXPECT_EQ(relay->leaves_sha256, taken.leaves_sha256);
}

// Where everybody has it, also he whom the other centre took over, nobody needs the body any more.
void RecollectingTest::expect_nothing_asked(bool asked_before) {
  come_back();
  const TestPackage package = for_b_and_d();
  std::vector<Bytes> all{accepted(package)};
  for (Bytes& cms : received(package, exchange_.b, exchange_.b.sign)) all.push_back(std::move(cms));
  all.push_back(sign_statement(taken_for_d(package), exchange_.second.evidence).value().cms);
  Statement consigned = statement_by(exchange_.second, kConsignment, package);
  consigned.recipient = exchange_.d.addressee();
  const SignedStatement d1 = sign_statement(consigned, exchange_.second.evidence).value();
  Statement handed = statement_by(exchange_.d, kHandover, package);
  handed.previous = {d1.sha256};
  handed.lease = LeaseMark{"lease", 1};
  all.push_back(d1.cms);
  all.push_back(sign_statement(handed, exchange_.d.sign).value().cms);
  if (asked_before) {
    ASSERT_EQ(tell(package, {all.begin(), all.end() - 2}), false);
    submit(package);
    EXPECT_EQ(state_of(package, exchange_.d), State::kOffered) << "its end is not known yet";
  }
  ASSERT_EQ(tell(package, std::move(all)), asked_before);
  EXPECT_EQ(submit(package).state, SubmissionState::kAccepted);
  EXPECT_EQ(state_of(package, exchange_.b), State::kReceived);
  EXPECT_EQ(state_of(package, exchange_.d), State::kRelayed);
  if (asked_before) return;
  const Station station = centre_.stored(package).station;
  EXPECT_TRUE(station == Station::kClearing || station == Station::kCleared);
}

TEST_P(RecollectingTest, WhereAnotherCentresRecipientHadItTooNothingIsAsked) {
  expect_nothing_asked(false);
}

TEST_P(RecollectingTest, WhatIsOfferedWhileTheEndBecomesKnownIsHandedOver) {
  expect_nothing_asked(true);
}

}  // namespace
}  // namespace yizhan
