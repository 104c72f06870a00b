#include "tests/siege/key_siege.h"
#include "tests/support/clause.h"

// K06: a module that answers wrongly, with errors, or late.

namespace yizhan {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

class K06LyingModule : public KeySiege {};

TEST_F(K06LyingModule, NoWrongSignatureEverLeaves) {
  CLAUSE("五(六)");
  for (const char* fault : {"spoil 1", "cut 1"}) {
    suffer(fault);
    const int made = calls("sign 0");
    for (int i = 0; i < 25; ++i) EXPECT_EQ(sign().reason(), Reason::kKeyholderUnavailable);
    EXPECT_EQ(calls("sign 0") - made, 25) << "the module must have lied";
    expect_recovery();
  }
}

TEST_F(K06LyingModule, AWrongSecretOpensNothing) {
  ASSERT_TRUE(open_for(curve_));
  ASSERT_TRUE(open_for(rsa_));
  suffer("spoil 1");
  for (int i = 0; i < 10; ++i) {
    const Result<SecretBytes> curve = open_for(curve_), rsa = open_for(rsa_);
    EXPECT_EQ(curve.reason(), Reason::kUnopenable);
    EXPECT_EQ(rsa.reason(), Reason::kUnopenable);
  }
  suffer("");
  EXPECT_TRUE(open_for(curve_));
  EXPECT_TRUE(open_for(rsa_));
}

TEST_F(K06LyingModule, EveryErrorInMidOperationIsAClearRefusalAndPasses) {
  const std::pair<CK_RV, Reason> errors[] = {
      {CKR_FUNCTION_FAILED, Reason::kKeyholderUnavailable},
      {CKR_GENERAL_ERROR, Reason::kKeyholderUnavailable},
      {CKR_DEVICE_MEMORY, Reason::kKeyholderUnavailable},
      {CKR_BUFFER_TOO_SMALL, Reason::kKeyholderUnavailable},
      {CKR_VENDOR_DEFINED | 7, Reason::kKeyholderUnavailable},
      {CKR_SESSION_HANDLE_INVALID, Reason::kTokenLocked},
      {CKR_USER_NOT_LOGGED_IN, Reason::kTokenLocked},
      {CKR_DEVICE_ERROR, Reason::kTokenLocked},
      {CKR_DEVICE_REMOVED, Reason::kTokenLocked},
      {CKR_TOKEN_NOT_PRESENT, Reason::kTokenLocked},
      {CKR_PIN_EXPIRED, Reason::kTokenLocked},
  };
  for (const auto& [code, reason] : errors) {
    suffer("sign " + std::to_string(code));
    const Result<Bytes> refused = sign();
    ASSERT_FALSE(refused.ok()) << code;
    EXPECT_EQ(refused.reason(), reason) << code;
    EXPECT_FALSE(refused.refusal().detail.empty()) << code;
    expect_recovery();
  }
}

TEST_F(K06LyingModule, EveryErrorWhileOpeningIsAClearRefusalAndPasses) {
  // Some of these are how modules say of a ciphertext that it is not theirs. A point of the curve
  // is looked at before it is shown to a module: there they are the module's own trouble.
  for (const CK_RV code : {CKR_ENCRYPTED_DATA_INVALID, CKR_FUNCTION_FAILED, CKR_GENERAL_ERROR}) {
    suffer("open " + std::to_string(code));
    EXPECT_EQ(open_for(rsa_).reason(), Reason::kUnopenable) << code;
    EXPECT_EQ(open_for(curve_).reason(), Reason::kKeyholderUnavailable) << code;
    suffer("");
  }
  const std::pair<CK_RV, Reason> errors[] = {
      {CKR_DEVICE_MEMORY, Reason::kKeyholderUnavailable},
      {CKR_VENDOR_DEFINED | 7, Reason::kKeyholderUnavailable},
      {CKR_SESSION_HANDLE_INVALID, Reason::kTokenLocked},
      {CKR_USER_NOT_LOGGED_IN, Reason::kTokenLocked},
      {CKR_DEVICE_ERROR, Reason::kTokenLocked},
      {CKR_DEVICE_REMOVED, Reason::kTokenLocked},
  };
  for (const auto& [code, reason] : errors) {
    for (const Certificate* certificate : {&curve_, &rsa_}) {
      ASSERT_TRUE(becomes([&] { return open_for(*certificate).ok(); })) << code;
      suffer("open " + std::to_string(code));
      const Result<SecretBytes> refused = open_for(*certificate);
      suffer("");
      ASSERT_FALSE(refused.ok()) << code;
      EXPECT_EQ(refused.reason(), reason) << code;
    }
  }
  EXPECT_TRUE(becomes([&] { return open_for(curve_).ok() && open_for(rsa_).ok(); }));
  expect_recovery();
}

TEST_F(K06LyingModule, ASlowModuleKeepsNobodyWaitingWhileOpeningEither) {
  for (const Certificate* certificate : {&curve_, &rsa_}) {
    ASSERT_TRUE(becomes([&] { return open_for(*certificate).ok(); }));
    suffer("slow 5000");
    const auto begun = steady_clock::now();
    EXPECT_EQ(open_for(*certificate).reason(), Reason::kKeyholderUnavailable);
    EXPECT_LT(steady_clock::now() - begun, seconds{4});
    expect_recovery();
  }
}

TEST_F(K06LyingModule, ASlowModuleKeepsNobodyWaitingBeyondItsDeadline) {
  suffer("slow 5000");
  const auto begun = steady_clock::now();
  EXPECT_EQ(sign().reason(), Reason::kKeyholderUnavailable);
  EXPECT_LT(steady_clock::now() - begun, seconds{4});
  EXPECT_EQ(waiting(), Waiting::kSilent);
  EXPECT_EQ(sign().reason(), Reason::kKeyholderUnavailable);
  EXPECT_LT(steady_clock::now() - begun, seconds{4}) << "and the next is refused at once";
  expect_recovery();
}

}  // namespace
}  // namespace yizhan
