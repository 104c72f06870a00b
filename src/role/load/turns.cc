#include "role/load/turns.h"

namespace yizhan {

void Turns::owe(std::size_t agency) {
  const std::scoped_lock lock(mutex_);
  ++owed_[agency];
  if (owed_[agency] > 0 && !out_[agency]) queue(agency);
}

void Turns::queue(std::size_t agency) {
  out_[agency] = true;
  waiting_.push_back(agency);
  changed_.notify_one();
}

std::optional<std::size_t> Turns::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return over_ || !waiting_.empty(); });
  if (over_) return std::nullopt;
  const std::size_t agency = waiting_.front();
  waiting_.pop_front();
  return agency;
}

void Turns::give_back(std::size_t agency, int paid) {
  const std::scoped_lock lock(mutex_);
  owed_[agency] -= paid;
  out_[agency] = false;
  if (owed_[agency] > 0) queue(agency);
}

void Turns::end() {
  const std::scoped_lock lock(mutex_);
  over_ = true;
  changed_.notify_all();
}

bool Turns::has_waiting() {
  const std::scoped_lock lock(mutex_);
  return !waiting_.empty();
}

}  // namespace yizhan
