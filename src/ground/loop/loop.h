#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "ground/base/base.h"
#include "ground/loop/back_off.h"

// A station at work: a thread that takes its next row again and again, sleeps when there is none,
// and is woken when there is. What it does stands in the store; the loop itself remembers nothing.

namespace yizhan {

struct LoopPlan {
  std::string name;
  // One piece of work; false when there was none.
  std::function<bool()> work;
  Milliseconds look_again = std::chrono::seconds{1};  // without being woken
  Milliseconds gather{0};  // after each piece of work: what comes meanwhile is done together
  // An accident (exception): told to the operator; the loop goes on after a pause. A loop whose
  // parts can not be used again after an accident says so, and the program ends to start afresh.
  std::function<void(const std::string& loop, const std::string& what)> on_accident;
  bool ends_program = false;
};

class Loop {
 public:
  explicit Loop(LoopPlan plan);
  ~Loop();  // stops after the work at hand
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // true when it slept, and so goes to work for this; else it looks again after what it is at.
  bool wake();
  void stop();

 private:
  void run(const std::stop_token& stop);
  void gather(const std::stop_token& stop);
  void sleep(const std::stop_token& stop, Milliseconds time);

  LoopPlan plan_;
  std::mutex mutex_;
  std::condition_variable_any woken_;
  bool wake_ = false;
  bool asleep_ = false;  // and nobody has woken it yet
  std::jthread thread_;  // last: everything above is there when it starts
};

}  // namespace yizhan
