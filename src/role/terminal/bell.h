#pragma once

#include <atomic>

#include "ground/net/net.h"

namespace yizhan {

// Wakes whoever waits at GET /api/v1/events. The number goes up with each change; it begins with
// the time of the start, so that a restart is a change too.
class Bell {
 public:
  static constexpr const char* kTopic = "events";

  Bell(Router& router, Time now) : router_(router), number_(now.ms()) {}

  void ring() {
    ++number_;
    router_.wakeups().notify(kTopic);
  }
  [[nodiscard]] std::int64_t number() const { return number_; }

 private:
  Router& router_;
  std::atomic<std::int64_t> number_;
};

}  // namespace yizhan
