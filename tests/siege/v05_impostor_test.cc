#include "tests/siege/engine_siege.h"
#include "tests/support/clause.h"

// V05: somebody else on the engine's socket.

namespace yizhan {
namespace {

class V05Impostor : public EngineSiege {};

// It takes the place of an engine that has just been proven, and calls itself the same.
TEST_F(V05Impostor, ThatCallsAllFilesCleanLetsNothingPass) {
  CLAUSE("五(二)7");
  expect_received(send());
  const std::string name = version();
  scene_.world().kill("clamd", SIGKILL);
  std::string harmless, infected;
  {
    const Impostor liar(
        {.socket = socket(), .manner = Impostor::Manner::kYesSayer, .version = name});
    infected = send(own_test_pattern());
    harmless = send();
    expect_nothing_passes({infected, harmless});
    EXPECT_GT(liar.files_seen(), 0);
  }
  bring_engine_back();
  expect_received(harmless);
  expect_infected(infected);
}

}  // namespace
}  // namespace yizhan
