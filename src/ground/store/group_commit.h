#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>

#include "ground/store/connection.h"

// Inside ground/store.

namespace yizhan {

// The one writer of a SQLite database, for many threads. They take turns in the order they came;
// whoever is done while others wait leaves the COMMIT to the last of them, so that they share one
// sync of the disk. Each works inside a savepoint: what throws or is refused takes back itself
// alone. All of a group learn their outcomes, good or bad, when what these rest on is durable; a
// COMMIT that fails is a StoreError for each of them.
class GroupCommit {
 public:
  // Answers whether its changes shall stand. What it throws comes out of run().
  using Body = std::function<bool(Connection&)>;

  explicit GroupCommit(std::unique_ptr<Connection> connection);

  void run(const Body& body);

 private:
  struct Group {
    int members = 0;
    std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now();
    std::optional<std::string> failure = {};  // of all
    bool done = false;
    std::condition_variable ended = {};
  };
  struct Waiter {
    bool called = false;
    std::condition_variable turn = {};
  };
  class Turn;

  std::exception_ptr take_part(Group& group, const Body& body);
  [[nodiscard]] bool is_open(const Group& group);
  void finish(Group& group);

  // With the turn only.
  const std::unique_ptr<Connection> connection_;
  std::shared_ptr<Group> group_;  // shared_ptr: its members still look at it when it is done

  std::mutex mutex_;  // of what follows and of Group::done
  bool taken_ = false;
  std::deque<Waiter*> waiting_;
};

}  // namespace yizhan
