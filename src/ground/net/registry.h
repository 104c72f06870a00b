#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace yizhan {

enum class Ending { kAfterThisAnswer, kNow };

class Stoppable {
 public:
  virtual ~Stoppable() = default;
  virtual void stop(Ending ending) = 0;  // from any thread
};

// The connections of one listener: for its caps, and for stopping it.
class Registry {
 public:
  struct Caps {
    std::size_t all;
    std::size_t per_address;
  };

  // Counts a connection; false if a cap is reached. leave() undoes it.
  [[nodiscard]] bool enter(const std::string& address, Caps caps);
  void leave(const std::string& address);

  // While listed, a connection is told to stop. It must delist itself before it is gone.
  void list(Stoppable& connection, std::weak_ptr<Stoppable> itself);
  void delist(Stoppable& connection);

  void stop_all(Ending ending);
  [[nodiscard]] bool wait_until_empty(std::chrono::milliseconds patience);

 private:
  std::mutex mutex_;
  std::condition_variable left_;
  std::size_t count_ = 0;
  std::map<std::string, std::size_t> per_address_;
  std::map<Stoppable*, std::weak_ptr<Stoppable>> connections_;
};

}  // namespace yizhan
