#include "tests/siege/key_siege.h"
#include "tests/support/clause.h"

// K07: "I did not use my card".

namespace yizhan {
namespace {

class K07JournalOfUses : public KeySiege {};

// The journal of uses against an independent count: what the module did with its private keys.
TEST_F(K07JournalOfUses, HoldsExactlyTheUsesThatTheModuleSaw) {
  CLAUSE("五(六)");
  constexpr int kRounds = 15;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kRounds; ++i) {
        EXPECT_TRUE(is_right(sign()));
        EXPECT_TRUE(open_for(i % 2 == 0 ? curve_ : rsa_));
      }
    });
  }
  threads.clear();
  suffer("spoil 1");
  for (int i = 0; i < kRounds; ++i) EXPECT_FALSE(sign().ok());
  suffer("sign " + std::to_string(CKR_FUNCTION_FAILED));
  for (int i = 0; i < kRounds; ++i) EXPECT_FALSE(sign().ok());
  suffer("");
  const int made = calls("sign 0") + calls("decrypt 0") + calls("derive 0");
  EXPECT_GE(made, 4 * kRounds * 2 + kRounds);
  EXPECT_EQ(uses("done"), made);
  EXPECT_EQ(uses(""), calls("sign") + calls("decrypt") + calls("derive"));
}

}  // namespace
}  // namespace yizhan
