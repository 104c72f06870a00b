#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace yizhan {

// Threads that run handlers, before them one bounded queue.
class WorkerPool {
 public:
  WorkerPool(std::size_t threads, std::size_t queue_max);
  ~WorkerPool();  // runs what is queued, then ends

  // False: the queue is full. A job must not throw.
  [[nodiscard]] bool try_submit(std::function<void()> job);

 private:
  void run(const std::stop_token& stop);

  const std::size_t queue_max_;
  std::mutex mutex_;
  std::condition_variable_any arrived_;
  std::deque<std::function<void()>> queue_;
  std::vector<std::jthread> threads_;  // last: they use what stands above
};

}  // namespace yizhan
