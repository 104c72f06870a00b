#include "ground/keys/token_worker.h"

namespace yizhan {

namespace {

constexpr std::size_t kJobsMax = 256;

}  // namespace

TokenWorker::~TokenWorker() {
  thread_.request_stop();
  wake_.notify_all();
}

bool TokenWorker::silent() const {
  const std::lock_guard lock(mutex_);
  return busy_since_ && std::chrono::steady_clock::now() - *busy_since_ > deadline_;
}

Result<void> TokenWorker::push(Job job) {
  if (silent()) return late();
  const std::lock_guard lock(mutex_);
  if (jobs_.size() >= kJobsMax) {
    return Refusal{Reason::kKeyholderUnavailable, "等待密碼模組之作業過多，請稍後再試。"};
  }
  jobs_.push_back(std::move(job));
  wake_.notify_one();
  return {};
}

Refusal TokenWorker::late() {
  return {Reason::kKeyholderUnavailable, "密碼模組逾時未回應，請檢查憑證卡、讀卡機或模組。"};
}

void TokenWorker::work(std::stop_token stop) {
  while (true) {
    std::unique_lock lock(mutex_);
    busy_since_.reset();
    if (!wake_.wait(lock, stop, [this] { return !jobs_.empty(); })) return;
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    busy_since_ = std::chrono::steady_clock::now();
    lock.unlock();
    job();
  }
}

}  // namespace yizhan
