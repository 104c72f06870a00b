#include "role/terminal/former_centre.h"

#include "ground/daemon/daemon.h"

namespace yizhan {

namespace {

constexpr Milliseconds kAskAgain = std::chrono::seconds{5};

}  // namespace

FormerCentreWork::FormerCentreWork(Parts parts)
    : code_(parts.code),
      line_(std::move(parts.endpoint)),
      news_({parts.database, line_, parts.identity, parts.directory, parts.policy, parts.journal,
             parts.clock, [] {}, std::move(parts.wake_sealing), code_.text(), [this] { wake(); }}),
      opening_({parts.database, parts.objects, line_, parts.identity, std::move(parts.checking),
                parts.journal, parts.clock, std::move(parts.wake_signing), code_.text()}),
      handing_in_({parts.database, line_, parts.clock, code_.text()}),
      holdings_({parts.objects, code_.text(), std::move(parts.wake_submitting)}),
      retelling_({parts.database, code_.text(),
                  [this](const Retold& retold) { return line_.tell(retold); }, holdings_,
                  parts.clock}) {}

void FormerCentreWork::start(const Plan& plan, std::chrono::seconds wait_for_news) {
  LoopPlan news = plan("former_news", [this, wait_for_news] { return follow(wait_for_news); });
  news.look_again = kAskAgain;
  loops_.push_back(std::make_unique<Loop>(std::move(news)));
  // The replay register must be whole before anything is opened.
  loops_.push_back(std::make_unique<Loop>(
      plan("former_open", [this] { return news_.caught_up() && opening_.work(); })));
  loops_.push_back(
      std::make_unique<Loop>(plan("former_hand_in", [this] { return handing_in_.work(); })));
  loops_.push_back(
      std::make_unique<Loop>(plan("former_retell", [this] { return retelling_.work(); })));
  started_ = true;
}

bool FormerCentreWork::follow(std::chrono::seconds wait) {
  const Result<int> came = news_.work(wait);
  if (came) return true;
  log(LogLevel::kWarning, "news_waits",
      {{"centre", code_.text()}, {"reason", std::string(code_of(came.reason()))}});
  return false;
}

void FormerCentreWork::wake() {
  if (!started_) return;  // everybody looks first
  for (auto& loop : loops_) loop->wake();
}

void FormerCentreWork::stop() {
  line_.stop();
  for (auto& loop : loops_) loop->stop();
}

}  // namespace yizhan
