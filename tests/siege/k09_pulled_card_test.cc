#include "tests/siege/key_siege.h"

// K09: the card is pulled out or locked in the middle of an operation.

namespace yizhan {
namespace {

using std::chrono::seconds;

class K09PulledCard : public KeySiege {};

TEST_F(K09PulledCard, ACardPulledOutInMidOperationIsWaitedForAndFoundAgain) {
  suffer("sign " + std::to_string(CKR_DEVICE_REMOVED) + " info " +
         std::to_string(CKR_TOKEN_NOT_PRESENT));
  EXPECT_EQ(sign().reason(), Reason::kTokenLocked);
  EXPECT_EQ(waiting(), Waiting::kRemoved);
  std::this_thread::sleep_for(seconds{3});
  EXPECT_EQ(waiting(), Waiting::kRemoved);
  suffer("");
  // By itself: nobody needs to ask for a signature first.
  EXPECT_TRUE(becomes([&] { return waiting() == Waiting::kNothing; }));
  expect_recovery();
}

TEST_F(K09PulledCard, ALockedCardIsNotOfferedItsPinAgain) {
  const int before = calls("login");
  suffer("sign " + std::to_string(CKR_USER_NOT_LOGGED_IN) + " login " +
         std::to_string(CKR_PIN_LOCKED));
  EXPECT_EQ(sign().reason(), Reason::kTokenLocked);
  EXPECT_EQ(waiting(), Waiting::kLocked);
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(sign().reason(), Reason::kTokenLocked);
    std::this_thread::sleep_for(seconds{1});
  }
  EXPECT_EQ(calls("login") - before, 1);
  EXPECT_EQ(waiting(), Waiting::kLocked);
  suffer("");
  // Whoever unlocks a card gives it a new PIN.
  std::filesystem::last_write_time(
      token_.pin_file(), std::filesystem::last_write_time(token_.pin_file()) + seconds{1});
  expect_recovery();
}

}  // namespace
}  // namespace yizhan
