#include <signal.h>

#include <barrier>
#include <thread>

#include "tests/siege/centre_visitor.h"

// X02: of many terminals that want the same mail one gets it.

namespace yizhan {
namespace {

class X02OneLease : public Crossing {};

// Last in its program: whoever won keeps the mail until its lease lapses.
TEST_F(X02OneLease, IsGivenToOneOfSixtyFourTerminals) {
  constexpr int kTerminals = 64;
  scene_.world().kill("b-terminal", SIGKILL);  // a stop waits for its news
  const std::string document =
      Clerk(scene_.lab(), "a").send_letter(scene_.next_serial(), "只有一個終端能收");
  wait_for("a", document, {{"received", 1}, {"consigned", 1}});
  CentreVisitor b(scene_.lab(), "b");
  const std::string delivery = last_delivery(b);
  std::mutex mutex;
  std::map<std::string, int> answers;
  {
    std::barrier together(kTerminals);
    std::vector<std::jthread> terminals;
    for (int i = 0; i < kTerminals; ++i) {
      terminals.emplace_back([&, i] {
        CentreVisitor terminal(scene_.lab(), "b");
        terminal.ask(Method::kGet, "/v1/directory");  // connected, before anybody asks
        together.arrive_and_wait();
        const Response answer = terminal.lease(delivery, "terminal-" + std::to_string(i));
        const Json body = Json::parse(CentreVisitor::body_of(answer));
        const std::lock_guard lock(mutex);
        ++answers[std::to_string(answer.status) + " " + body.value("code", "")];
      });
    }
  }
  EXPECT_EQ(answers["200 "], 1) << testing::PrintToString(answers);
  EXPECT_EQ(answers["409 lease_lost"], kTerminals - 1) << testing::PrintToString(answers);
  scene_.world().start("b-terminal");
  scene_.world().wait_until_ready("b-terminal");
}

}  // namespace
}  // namespace yizhan
