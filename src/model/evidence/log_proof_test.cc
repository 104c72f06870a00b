#include "model/evidence/log_proof.h"

#include <gtest/gtest.h>

#include "model/evidence/evidence_log.h"
#include "tests/support/small_exchange.h"
#include "tests/support/temporary_folder.h"

namespace yizhan {
namespace {

class LogProofTest : public ::testing::Test {
 protected:
  LogProofTest() {
    const std::vector<Bytes> entries = {copy_of(bytes_of("entry"))};
    log_.append(entries);
    log_.publish(exchange_.first.log).value();
  }
  LogProof proof(const std::vector<const TestCentre*>& witnesses = {}) {
    SignedNote note = log_.find_checkpoint().value();
    for (const TestCentre* witness : witnesses) {
      SoftwareKey key = witness->log;
      note.cosign(witness->code.text(), key, kTestNow).value();
    }
    return log_.prove(0, note).value();
  }
  [[nodiscard]] Result<ProvenEntry> check(const LogProof& proof) const {
    return check_log_proof(proof, bytes_of("entry"), exchange_.directory());
  }

  TemporaryFolder folder_;
  SmallExchange exchange_;
  EvidenceLog log_{folder_.path() / "log", "CENTRE-1"};
};

TEST_F(LogProofTest, TellsWhereAnEntryStandsAndWhoHasSeenIt) {
  const auto alone = check(proof());
  ASSERT_TRUE(alone.ok());
  EXPECT_EQ(alone->centre, exchange_.first.code);
  EXPECT_EQ(alone->index, 0U);
  EXPECT_FALSE(alone->witnessed);
  const auto seen = check(proof({&exchange_.second}));
  EXPECT_TRUE(seen->witnessed);
  EXPECT_EQ(seen->cosignatures, 1);
}

TEST_F(LogProofTest, OneOfTwoWitnessesIsNotEnough) {
  exchange_.witnesses.cosignatures = 2;
  EXPECT_FALSE(check(proof({&exchange_.second}))->witnessed);
  EXPECT_FALSE(check(proof({&exchange_.second, &exchange_.second}))->witnessed)
      << "one centre is one witness";
}

TEST_F(LogProofTest, WhereNobodyNeedCosignItIsStillUnwitnessed) {
  exchange_.witnesses.cosignatures = 0;
  EXPECT_FALSE(check(proof())->witnessed);
  EXPECT_TRUE(check(proof({&exchange_.second}))->witnessed);
}

TEST_F(LogProofTest, OfACentreThatNobodyKnowsIsNone) {
  exchange_.centres.erase(exchange_.centres.begin());
  EXPECT_EQ(check(proof()).reason(), Reason::kUnknownCentre);
}

TEST_F(LogProofTest, CarriesAtMostEightTimeStamps) {
  LogProof with = proof();
  with.timestamps.assign(8, Bytes(20, 1));
  EXPECT_EQ(LogProof::parse(with.json())->timestamps, with.timestamps);
  with.timestamps.emplace_back(20, 1);
  EXPECT_EQ(LogProof::parse(with.json()).reason(), Reason::kMalformed);
  EXPECT_EQ(text_of(proof().json()).find("timestamps"), std::string_view::npos);
}

}  // namespace
}  // namespace yizhan
