#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <utility>

// Inside ground/crypto only.

namespace yizhan {

// What was worked out lately, for any thread. Holds up to twice `kGeneration` values: when the
// newer half is full it becomes the older, and the older is forgotten. Copies begin empty.
template <class Key, class Value>
class Recent {
 public:
  static constexpr std::size_t kGeneration = 512;

  Recent() = default;
  Recent(const Recent&) {}
  Recent& operator=(const Recent&) {
    clear();
    return *this;
  }
  ~Recent() = default;

  [[nodiscard]] std::optional<Value> find(const Key& key) {
    const std::lock_guard lock(mutex_);
    if (const auto found = newer_.find(key); found != newer_.end()) return found->second;
    const auto found = older_.find(key);
    if (found == older_.end()) return std::nullopt;
    Value value = found->second;
    put(key, value);
    return value;
  }

  void keep(const Key& key, Value value) {
    const std::lock_guard lock(mutex_);
    put(key, std::move(value));
  }

  void clear() {
    const std::lock_guard lock(mutex_);
    newer_.clear();
    older_.clear();
  }

 private:
  void put(const Key& key, Value value) {
    if (newer_.size() >= kGeneration) older_ = std::exchange(newer_, {});
    newer_.insert_or_assign(key, std::move(value));
  }

  std::mutex mutex_;
  std::map<Key, Value> newer_;
  std::map<Key, Value> older_;
};

}  // namespace yizhan
