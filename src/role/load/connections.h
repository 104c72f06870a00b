#pragma once

#include <functional>
#include <list>
#include <mutex>
#include <unordered_map>

namespace yizhan {

// Which agencies keep their connection while they wait for their next turn: as many as allowed,
// those that were served last. Thread-safe.
class Connections {
 public:
  Connections(std::size_t kept_max, std::function<void(std::size_t agency)> close)
      : kept_max_(kept_max), close_(std::move(close)) {}

  void begin_turn(std::size_t agency);
  void end_turn(std::size_t agency);

 private:
  const std::size_t kept_max_;
  const std::function<void(std::size_t)> close_;
  std::mutex mutex_;
  std::list<std::size_t> resting_;  // the longest first
  std::unordered_map<std::size_t, std::list<std::size_t>::iterator> places_;
};

}  // namespace yizhan
