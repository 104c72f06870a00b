#include "way/attest/proof_awaiting.h"

#include "way/attest/attest_test.h"

namespace yizhan {
namespace {

using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;

class ProofAwaitingTest : public AttestTest {
 protected:
  ProofAwaitingTest() {
    const TestPackage package = make_package(centre_.exchange);
    Statement accepted =
        statement_by(centre_.exchange.first, EvidenceType::kSubmissionAcceptance, package);
    accepted.recipient_count = 1;
    evidence_ = sign_statement(accepted, centre_.exchange.first.evidence).value();
    centre_.database.transact([&](Transaction& tx) {
      EvidenceStore().add(tx, *evidence_, false);
      ProofStore().await(tx, EvidenceStore().find(tx, evidence_->sha256)->id, kTestNow);
    });
  }
  // The centre enters it in its log.
  void enter() {
    const std::vector<Bytes> entries = {evidence_->cms};
    index_ = centre_.log.append(entries);
    ASSERT_TRUE(centre_.log.publish(centre_.exchange.first.log).ok());
  }
  Result<LogProof> prove(const Sha256& evidence) {
    ++asked_count_;
    if (evidence != evidence_->sha256 || !index_) return Reason::kNotFound;
    return centre_.log.prove(*index_);
  }
  ProofStore::Count count() {
    return centre_.database.read([](Transaction& tx) { return ProofStore().count(tx); });
  }
  // Every five seconds, as the loop does.
  void pass(Milliseconds time) {
    for (Milliseconds rest = time; rest.count() > 0; rest -= 5s) {
      centre_.clock.pass(5s);
      while (awaiting_.work()) continue;
    }
  }

  std::optional<SignedStatement> evidence_;
  std::optional<std::uint64_t> index_;
  int asked_count_ = 0;
  std::vector<std::string> told_;
  ProofAwaiting awaiting_{{centre_.database,
                           [this](const Sha256& evidence) { return prove(evidence); },
                           centre_.directory, centre_.journal, 10min,
                           [this](const EvidenceRow& row, const std::optional<Refusal>& why) {
                             told_.push_back((why ? "overdue " : "arrived ") + row.kind);
                           },
                           centre_.clock}};
};

TEST_F(ProofAwaitingTest, KeepsTheProofOnceItIsCosigned) {
  enter();
  cosigning_.work();
  pass(1min);
  EXPECT_EQ(asked_count_, 0) << "witnesses and authorities have their turn first";
  pass(1min);
  EXPECT_EQ(count().awaited, 0);
  const auto kept = centre_.database.read(
      [&](Transaction& tx) { return ProofStore().find(tx, evidence_->sha256); });
  ASSERT_TRUE(kept);
  EXPECT_TRUE(check_log_proof(*kept, evidence_->cms, *centre_.directory.current())->witnessed);
  EXPECT_TRUE(told_.empty());
}

TEST_F(ProofAwaitingTest, AbsenceIsToldAfterTenMinutesWithTheSignedEvidence) {
  pass(10min - 5s);
  EXPECT_TRUE(told_.empty());
  pass(5s);
  EXPECT_EQ(told_, (std::vector<std::string>{"overdue A.1"}));
  EXPECT_EQ(count().overdue, 1);
  pass(60min);
  EXPECT_EQ(told_.size(), 1U) << "once";
  centre_.database.read([&](Transaction& tx) {
    const auto overdue = ProofStore().overdue(tx, 10);
    ASSERT_EQ(overdue.size(), 1U);
    EXPECT_EQ(EvidenceStore().require(tx, overdue.front().evidence).cms, evidence_->cms);
    EXPECT_EQ(overdue.front().why->reason, Reason::kNotFound);
  });
  EXPECT_EQ(centre_.events().back(), "proof_overdue");
}

TEST_F(ProofAwaitingTest, ALateProofEndsTheAlarm) {
  pass(11min);
  enter();
  cosigning_.work();
  pass(11min);
  EXPECT_EQ(told_, (std::vector<std::string>{"overdue A.1", "arrived A.1"}));
  EXPECT_EQ(count().overdue, 0);
  EXPECT_EQ(centre_.events().back(), "proof_arrived");
}

TEST_F(ProofAwaitingTest, ACheckpointThatNobodyCosignedIsNoProof) {
  enter();
  pass(11min);
  EXPECT_EQ(told_, (std::vector<std::string>{"overdue A.1"}));
}

TEST_F(ProofAwaitingTest, WhereNobodyNeedCosignTheCentresWordHasToDo) {
  centre_.exchange.centres.pop_back();
  centre_.publish_directory();
  enter();
  pass(2min);
  EXPECT_EQ(count().awaited, 0);
}

TEST_F(ProofAwaitingTest, AProofOfSomethingElseIsNone) {
  const std::vector<Bytes> entries = {copy_of(bytes_of("another"))};
  index_ = centre_.log.append(entries);
  ASSERT_TRUE(centre_.log.publish(centre_.exchange.first.log).ok());
  cosigning_.work();
  pass(10min);
  EXPECT_EQ(told_, (std::vector<std::string>{"overdue A.1"}));
}

}  // namespace
}  // namespace yizhan
