#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/siege/canary_search.h"
#include "tests/siege/card_scene.h"
#include "tests/siege/tracer.h"

// K08: the PIN of a card goes from its file to the card, and is nowhere else afterwards.

namespace yizhan {
namespace {

TEST(K08CardPin, IsNowhereAfterItsUse) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may look into the memory of our programs";
  CardScene& card = CardScene::shared();
  const Canaries pin = {{"PIN", SoftToken::kPin}};
  const TemporaryFolder folder;
  Tracer relay(card.world().pid_of("exchange"), folder / "relay");
  Tracer terminal(card.world().pid_of("a-terminal"), folder / "terminal");
  Clerk clerk(card.lab(), "a");
  const std::string document = clerk.send_letter(card.next_serial(), "用卡簽章");
  EXPECT_TRUE(becomes([&] {
    return clerk.states_of(document) == std::map<std::string, int>{{"received", 2}};
  }));
  EXPECT_GT(card.calls("login 0"), 0) << "the card took its PIN";
  // The search finds what is there:
  EXPECT_EQ(search_memory(::getpid(), pin)->names.size(), 1u);
  EXPECT_EQ(search_files(card.token().pin_file(), pin).names.size(), 1u);
  const CanarySearch search(card.lab(), card.world());
  search.expect_none_in_memory(pin, [](const std::string&) { return false; });
  search.expect_none_at_start(pin);
  search.expect_none_in_files(pin, {"."});
  for (const auto& trace : {relay.stop(), terminal.stop()}) {
    const Findings found = search_files(trace, pin);
    EXPECT_GT(found.searched, 1000u) << trace;
    EXPECT_TRUE(found.names.empty()) << trace;
  }
}

}  // namespace
}  // namespace yizhan
