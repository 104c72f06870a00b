#include "role/load/wake_book.h"

namespace yizhan {

void WakeBook::expect(const MessageId& message, std::size_t terminals) {
  const std::scoped_lock lock(mutex_);
  entries_.emplace(message, Entry{terminals, {}});
}

void WakeBook::woken(const MessageId& message, Wake wake) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(message);
  if (found == entries_.end()) return;
  found->second.wakes.push_back(std::move(wake));
  changed_.notify_all();
}

std::vector<Wake> WakeBook::wait(const MessageId& message, std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  const Entry& entry = entries_.at(message);
  changed_.wait_for(lock, patience, [&] { return entry.wakes.size() >= entry.expected; });
  return entry.wakes;
}

std::size_t WakeBook::surplus() {
  const std::scoped_lock lock(mutex_);
  std::size_t count = 0;
  for (const auto& [message, entry] : entries_) {
    if (entry.wakes.size() > entry.expected) count += entry.wakes.size() - entry.expected;
  }
  return count;
}

}  // namespace yizhan
