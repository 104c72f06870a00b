#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

namespace yizhan {

// Whose turn it is: agencies to which something is owed, the longest waiting first, each served by
// one thread at a time. Thread-safe.
class Turns {
 public:
  explicit Turns(std::size_t agencies) : owed_(agencies, 0), out_(agencies, false) {}

  // So much more will come for it.
  void owe(std::size_t agency);
  // The next one; nullopt once it is over.
  std::optional<std::size_t> take();
  // After its turn: so much has come.
  void give_back(std::size_t agency, int paid);
  void end();

  [[nodiscard]] bool has_waiting();

 private:
  void queue(std::size_t agency);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::size_t> waiting_;
  std::vector<int> owed_;  // below zero: what came was faster than the word that it comes
  std::vector<bool> out_;  // waiting or being served
  bool over_ = false;
};

}  // namespace yizhan
