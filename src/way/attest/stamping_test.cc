#include "way/attest/stamping.h"

#include "tests/support/timestamp_authority.h"
#include "way/attest/attest_test.h"

namespace yizhan {
namespace {

using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;

class StampingTest : public AttestTest {
 protected:
  static TimestampAuthority& tsa() {
    static TimestampAuthority authority;
    return authority;
  }
  static std::vector<Certificate> anchors() {
    return TrustAnchors::parse_pem(tsa().root_pem()).value().roots();
  }
  StampAuthority authority(const std::string& name) {
    return {name, anchors(), [this, name](const Bytes& query) -> Result<Response> {
              if (away_ == name) return Refusal{Reason::kUnavailable, "away"};
              Response response{.content_type = "application/timestamp-reply"};
              response.body = tsa().answer(query);
              return response;
            }};
  }
  Stamping::Parts parts(std::vector<StampAuthority> authorities) {
    return {centre_.database, centre_.log, centre_.directory, centre_.exchange.first.code,
            std::move(authorities), 60s, 5min, alarm_, centre_.clock};
  }
  [[nodiscard]] Proving proving() {
    return Proving({centre_.database, centre_.log, centre_.directory,
                    centre_.exchange.first.code});
  }

  std::string away_;
};

TEST_F(StampingTest, StampsWhatWasCosignedAndTheProofCarriesIt) {
  Stamping stamping(parts({authority("tsa-1"), authority("tsa-2")}));
  grow(3);
  cosigning_.work();
  EXPECT_TRUE(stamping.work());
  const LogProof proof = proving().prove(2).value();
  EXPECT_EQ(proof.timestamps.size(), 2U);
  EXPECT_EQ(proof.checkpoint, centre_.log.find_cosigned()->bytes());
  const auto note = SignedNote::parse(proof.checkpoint).value();
  for (const Bytes& token : proof.timestamps) {
    EXPECT_TRUE(verify_timestamp(token, bytes_of(note.text()), anchors()).ok());
  }
  EXPECT_EQ(LogProof::parse(proof.json())->timestamps, proof.timestamps);
}

TEST_F(StampingTest, AnOldEntryIsProvenByTheFirstStampAfterIt) {
  Stamping stamping(parts({authority("tsa-1")}));
  grow(3);
  cosigning_.work();
  stamping.work();
  const LogProof early = proving().prove(1).value();
  grow(3);
  cosigning_.work();
  centre_.clock.pass(60s);
  EXPECT_TRUE(stamping.work());
  EXPECT_EQ(proving().prove(1)->checkpoint, early.checkpoint);
  EXPECT_NE(proving().prove(4)->checkpoint, early.checkpoint);
}

TEST_F(StampingTest, WaitsAMinuteAndStampsNothingTwice) {
  Stamping stamping(parts({authority("tsa-1")}));
  grow(1);
  cosigning_.work();
  EXPECT_TRUE(stamping.work());
  grow(1);
  cosigning_.work();
  EXPECT_FALSE(stamping.work());
  centre_.clock.pass(60s);
  EXPECT_TRUE(stamping.work());
  centre_.clock.pass(60s);
  EXPECT_FALSE(stamping.work()) << "nothing was appended";
}

TEST_F(StampingTest, WhoIsAwayDegradesIsShownAndToldAndDelaysNobody) {
  Stamping stamping(parts({authority("tsa-1"), authority("tsa-2")}));
  away_ = "tsa-1";
  grow(1);
  cosigning_.work();
  EXPECT_TRUE(stamping.work()) << "the other one stamps";
  EXPECT_TRUE(stamping.describe().at(0).contains("failing_since"));
  EXPECT_FALSE(stamping.describe().at(1).contains("failing_since"));
  EXPECT_TRUE(alarm_.told.empty());
  for (int i = 0; i < 10; ++i) {
    centre_.clock.pass(60s);
    stamping.work();
  }
  EXPECT_EQ(alarm_.told, (std::vector<std::string>{"missing tsa-1"}));
  EXPECT_TRUE(standing_.check_open().ok());
  away_.clear();
  centre_.clock.pass(10min);
  EXPECT_TRUE(stamping.work());
  EXPECT_EQ(alarm_.told.back(), "back tsa-1");
}

TEST_F(StampingTest, AnAnswerThatDoesNotVerifyIsNone) {
  TimestampAuthority stranger("Somebody Else");
  StampAuthority authority{"tsa-1", anchors(), [&](const Bytes& query) -> Result<Response> {
                             Response response{.content_type = "application/timestamp-reply"};
                             response.body = stranger.answer(query);
                             return response;
                           }};
  Stamping stamping(parts({authority}));
  grow(1);
  EXPECT_FALSE(stamping.work());
  EXPECT_EQ(stamping.describe().at(0).at("why").at("code"), "bad_signature");
  EXPECT_TRUE(proving().prove(0)->timestamps.empty());
}

TEST_F(StampingTest, WithoutWitnessesTheLastCheckpointIsStamped) {
  Stamping stamping(parts({authority("tsa-1")}));
  down_ = true;
  grow(2);
  cosigning_.work();
  EXPECT_TRUE(stamping.work());
  EXPECT_EQ(proving().prove(0)->timestamps.size(), 1U) << "more than nothing";
  // What is co-signed later shows more to who asks for witnesses.
  down_ = false;
  centre_.clock.pass(5min);
  cosigning_.work();
  EXPECT_EQ(proving().prove(0)->checkpoint, centre_.log.find_cosigned()->bytes());
}

}  // namespace
}  // namespace yizhan
