#include "ground/crypto/timestamp.h"

#include <gtest/gtest.h>

#include "ground/crypto/path.h"
#include "tests/support/timestamp_authority.h"

namespace yizhan {
namespace {

class TimestampTest : public ::testing::Test {
 protected:
  static TimestampAuthority& authority() {
    static TimestampAuthority authority;
    return authority;
  }
  static std::vector<Certificate> roots_of(const TimestampAuthority& authority) {
    return TrustAnchors::parse_pem(authority.root_pem()).value().roots();
  }
  static Bytes token(std::string_view data = kText) {
    const Bytes query = make_timestamp_query(bytes_of(data));
    return timestamp_token(authority().answer(query), query).value();
  }
  static Result<TimeStamp> verify(ByteView token, std::string_view data = kText) {
    return verify_timestamp(token, bytes_of(data), roots_of(authority()));
  }

  static constexpr std::string_view kText = "CENTRE-1\n5\nroot\n";
};

TEST_F(TimestampTest, SaysWhenAndByWhom) {
  const Time before = SystemClock().now() - std::chrono::seconds{2};
  const auto stamp = verify(token());
  ASSERT_TRUE(stamp) << stamp.refusal().detail;
  EXPECT_GE(stamp->at, before);
  EXPECT_LE(stamp->at, SystemClock().now() + std::chrono::seconds{2});
  EXPECT_EQ(stamp->authority, "CN=Test Time-Stamps");
}

TEST_F(TimestampTest, IsWhatTheOpensslProgramVerifies) {
  OpensslCommand openssl;
  openssl.write("token", token());
  openssl.write("data", bytes_of(kText));
  openssl.write("root.pem", bytes_of(authority().root_pem()));
  EXPECT_TRUE(openssl.run({"ts", "-verify", "-token_in", "-in", "token", "-data", "data", "-CAfile",
                           "root.pem"}))
      << openssl.log();
}

TEST_F(TimestampTest, IsAboutNothingElse) {
  EXPECT_EQ(verify(token(), "CENTRE-1\n6\nroot\n").reason(), Reason::kProofMismatch);
}

TEST_F(TimestampTest, OfAnAuthorityThatIsNotTrustedCountsAsNone) {
  TimestampAuthority stranger("Somebody Else");
  EXPECT_EQ(verify_timestamp(token(), bytes_of(kText), roots_of(stranger)).reason(),
            Reason::kBadSignature);
  EXPECT_EQ(verify_timestamp(token(), bytes_of(kText), {}).reason(), Reason::kBadSignature);
}

TEST_F(TimestampTest, AnAnswerToAnotherQueryIsNone) {
  const Bytes query = make_timestamp_query(bytes_of(kText));
  const Bytes again = make_timestamp_query(bytes_of(kText));
  EXPECT_NE(query, again) << "a fresh nonce each";
  EXPECT_EQ(timestamp_token(authority().answer(query), again).reason(), Reason::kProofMismatch);
}

TEST_F(TimestampTest, NeitherAShortenedNorALongerOneIsAToken) {
  Bytes bytes = token();
  EXPECT_EQ(verify(ByteView(bytes).first(bytes.size() - 1)).reason(), Reason::kMalformed);
  bytes.push_back(0);
  EXPECT_EQ(verify(bytes).reason(), Reason::kMalformed);
  EXPECT_EQ(verify({}).reason(), Reason::kMalformed);
  EXPECT_EQ(timestamp_token(bytes, make_timestamp_query({})).reason(), Reason::kMalformed);
}

// Where a byte may be other without harm (what is signed by nobody), the stamp says the same.
TEST_F(TimestampTest, NoChangedByteMakesItSaySomethingElse) {
  const Bytes bytes = token();
  const Time at = verify(bytes)->at;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Bytes altered = bytes;
    altered[i] ^= 1;
    const auto stamp = verify(altered);
    EXPECT_EQ(stamp ? stamp->at : at, at) << i;
  }
}

}  // namespace
}  // namespace yizhan
