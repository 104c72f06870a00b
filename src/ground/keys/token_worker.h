#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>

#include "ground/base/base.h"

namespace yizhan {

// The one thread that speaks to a token, which serialises inside anyway. A caller waits for its job
// until the deadline; a job whose caller has left is not begun. A vendor call that never comes back
// leaves the worker silent: everything is refused at once until it returns or is restarted.
class TokenWorker {
 public:
  explicit TokenWorker(Milliseconds deadline) : deadline_(deadline) {}
  ~TokenWorker();
  TokenWorker(const TokenWorker&) = delete;
  TokenWorker& operator=(const TokenWorker&) = delete;

  // Runs the work in the worker's thread and answers what it answers, its exceptions included.
  // Refuses kKeyholderUnavailable: silent, too many waiting, or the deadline passed.
  template <class Value>
  Result<Value> run(std::function<Result<Value>()> work) {
    auto task = std::make_shared<std::packaged_task<Result<Value>()>>(std::move(work));
    auto answer = task->get_future();
    // shared_ptr: the job may outlive a caller that has given up.
    auto left = std::make_shared<std::atomic<bool>>(false);
    YZ_TRY(push([task, left] {
      if (!*left) (*task)();
    }));
    if (answer.wait_for(deadline_) != std::future_status::ready) {
      *left = true;
      return late();
    }
    return answer.get();
  }

  // A job has been running for longer than the deadline.
  [[nodiscard]] bool silent() const;

 private:
  using Job = std::function<void()>;

  Result<void> push(Job job);
  static Refusal late();
  void work(std::stop_token stop);

  const Milliseconds deadline_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Job> jobs_;
  std::optional<std::chrono::steady_clock::time_point> busy_since_;
  std::jthread thread_{[this](std::stop_token stop) { work(stop); }};
};

}  // namespace yizhan
