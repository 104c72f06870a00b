#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>

#include "ground/store/connection.h"

// Inside ground/store.

namespace yizhan {

// The one writer of a SQLite database, for many threads. Whoever comes while nobody writes leads:
// it does its own work, then that of those who have come meanwhile, in their order, and commits it
// all with one sync of the disk; they only wait, once. Each works inside a savepoint: what throws
// or is refused takes back itself alone. All of a group learn their outcomes, good or bad, when
// what these rest on is durable; a COMMIT that fails is a StoreError for each of them.
class GroupCommit {
 public:
  // Answers whether its changes shall stand. What it throws comes out of run(). Runs on the thread
  // of whoever leads.
  using Body = std::function<bool(Connection&)>;

  explicit GroupCommit(std::unique_ptr<Connection> connection);

  void run(const Body& body);

 private:
  struct Member {
    const Body& body;
    std::exception_ptr accident = {};           // its own
    std::optional<std::string> failure = {};    // of its whole group
    bool leads = false;
    bool done = false;
    std::condition_variable called = {};
  };
  using Lock = std::unique_lock<std::mutex>;

  void lead(Lock& lock, Member& first);
  std::vector<Member*> write_group(Lock& lock, Member& first);
  void begin();
  void take_part(Member& member);
  void finish();

  // Of whoever leads.
  const std::unique_ptr<Connection> connection_;
  std::optional<std::string> failure_;

  std::mutex mutex_;  // of what follows, and of how a member fared
  bool led_ = false;
  std::deque<Member*> waiting_;
};

}  // namespace yizhan
