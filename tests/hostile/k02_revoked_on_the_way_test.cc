#include "tests/hostile/stage.h"

// K02: a certificate that is revoked between A.1 and the opening.

namespace yizhan {
namespace {

constexpr auto kDay = std::chrono::hours{24};

// What was signed before stays good, unless the key was no longer its owner's.
TEST(K02RevokedOnTheWay, IsGoodUnlessTheKeyWasCompromisedBefore) {
  for (const bool compromised : {false, true}) {
    Stage stage;
    const TestPackage package = seal_letter(stage.exchange);
    ASSERT_EQ(stage.admitted(package.with_body()), "accepted");
    stage.exchange.authority.revoke(
        stage.exchange.a.sign.certificate(),
        {.revoked_at = kTestNow + std::chrono::hours{1},
         .invalid_since = compromised ? std::optional(kTestNow - kDay) : std::nullopt,
         .compromised = compromised});
    stage.publish();
    EXPECT_EQ(stage.scanned(package), compromised ? "none revocation_unknown" : "clean");
    EXPECT_EQ(stage.opened(stage.consign(package, stage.exchange.b)),
              compromised ? "revocation_unknown" : "ok");
  }
}

}  // namespace
}  // namespace yizhan
