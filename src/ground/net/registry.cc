#include "ground/net/registry.h"

namespace yizhan {

bool Registry::enter(const std::string& address, Caps caps) {
  const std::scoped_lock lock(mutex_);
  const auto found = per_address_.find(address);
  const std::size_t here = found == per_address_.end() ? 0 : found->second;
  if (count_ >= caps.all || here >= caps.per_address) return false;
  ++count_;
  ++per_address_[address];
  return true;
}

void Registry::leave(const std::string& address) {
  const std::scoped_lock lock(mutex_);
  --count_;
  const auto found = per_address_.find(address);
  if (--found->second == 0) per_address_.erase(found);
  if (count_ == 0) left_.notify_all();
}

void Registry::list(Stoppable& connection, std::weak_ptr<Stoppable> itself) {
  const std::scoped_lock lock(mutex_);
  connections_.emplace(&connection, std::move(itself));
}

void Registry::delist(Stoppable& connection) {
  const std::scoped_lock lock(mutex_);
  connections_.erase(&connection);
}

void Registry::stop_all(Ending ending) {
  std::vector<std::shared_ptr<Stoppable>> alive;  // let go outside the lock: the last may delist
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [connection, itself] : connections_) alive.push_back(itself.lock());
  }
  for (const auto& connection : alive) {
    if (connection) connection->stop(ending);
  }
}

bool Registry::wait_until_empty(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return left_.wait_for(lock, patience, [this] { return count_ == 0; });
}

}  // namespace yizhan
