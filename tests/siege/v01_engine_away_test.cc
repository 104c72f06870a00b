#include "tests/siege/engine_siege.h"
#include "tests/support/clause.h"

// V01: the engine is killed, stopped, or never answers.

namespace yizhan {
namespace {

class V01EngineAway : public EngineSiege {};

TEST_F(V01EngineAway, AKilledEngineHoldsLettersAndItsReturnFreesThem) {
  CLAUSE("五(二)6");
  scene_.world().kill("clamd", SIGKILL);
  const std::string document = send();
  expect_nothing_passes({document});
  bring_engine_back();
  expect_received(document);
}

TEST_F(V01EngineAway, AStoppedEngineHoldsLettersAndGoesOnWhereItStopped) {
  const pid_t engine = scene_.world().pid_of("clamd");
  ASSERT_EQ(::kill(engine, SIGSTOP), 0);
  const std::string document = send();
  expect_nothing_passes({document});
  ASSERT_EQ(::kill(engine, SIGCONT), 0);
  expect_received(document);
}

TEST_F(V01EngineAway, AnEngineThatNeverAnswersIsNoEngine) {
  scene_.world().kill("clamd", SIGKILL);
  std::string document;
  {
    const Impostor silent({.socket = socket(), .manner = Impostor::Manner::kSilent, .version = ""});
    document = send();
    expect_nothing_passes({document});
  }
  bring_engine_back();
  expect_received(document);
}

}  // namespace
}  // namespace yizhan
