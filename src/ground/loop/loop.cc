#include "ground/loop/loop.h"

#include <cstdlib>
#include <exception>
#include <utility>

#include "ground/subject/subject.h"

namespace yizhan {

namespace {

constexpr Milliseconds kPauseAfterAccident = std::chrono::seconds{1};

}  // namespace

Loop::Loop(LoopPlan plan)
    : plan_(std::move(plan)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

Loop::~Loop() { stop(); }

bool Loop::wake() {
  bool slept = false;
  {
    const std::lock_guard lock(mutex_);
    wake_ = true;
    slept = std::exchange(asleep_, false);
  }
  if (slept) woken_.notify_one();
  return slept;
}

void Loop::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Loop::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    bool worked = false;
    Milliseconds pause = plan_.look_again;
    work_on({});
    try {
      worked = plan_.work();
    } catch (const std::exception& accident) {
      if (plan_.on_accident) plan_.on_accident(plan_.name, accident.what());
      if (plan_.ends_program) std::quick_exit(EXIT_FAILURE);
      pause = kPauseAfterAccident;
    }
    if (worked) gather(stop);
    else sleep(stop, pause);
  }
}

void Loop::gather(const std::stop_token& stop) {
  if (plan_.gather == Milliseconds{0}) return;
  std::unique_lock lock(mutex_);
  woken_.wait_for(lock, stop, plan_.gather, [] { return false; });
}

void Loop::sleep(const std::stop_token& stop, Milliseconds time) {
  std::unique_lock lock(mutex_);
  asleep_ = !wake_;
  woken_.wait_for(lock, stop, time, [this] { return wake_; });
  wake_ = asleep_ = false;
}

}  // namespace yizhan
