#include "ground/store/group_commit.h"

#include <utility>

namespace yizhan {

namespace {

constexpr std::size_t kMembersMax = 64;
// The first of a group waits for the work of the others: not longer than for a slow disk.
constexpr auto kOpenMax = std::chrono::milliseconds(5);

}  // namespace

GroupCommit::GroupCommit(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)) {}

void GroupCommit::run(const Body& body) {
  Member self{.body = body};
  {
    Lock lock(mutex_);
    if (std::exchange(led_, true)) {
      waiting_.push_back(&self);
      self.called.wait(lock, [&] { return self.leads || self.done; });
    }
    if (!self.done) lead(lock, self);
  }
  if (self.failure) throw StoreError(*self.failure);
  if (self.accident) std::rethrow_exception(self.accident);
}

void GroupCommit::lead(Lock& lock, Member& first) {
  const std::vector<Member*> group = write_group(lock, first);
  lock.unlock();
  finish();
  lock.lock();
  if (waiting_.empty()) {
    led_ = false;
  } else {
    Member* const next = waiting_.front();
    waiting_.pop_front();
    next->leads = true;
    next->called.notify_one();
  }
  // Under the lock: who is told that it is done goes away, and its condition with it.
  for (Member* const member : group) {
    member->failure = failure_;
    member->done = true;
    if (member != &first) member->called.notify_one();
  }
}

std::vector<GroupCommit::Member*> GroupCommit::write_group(Lock& lock, Member& first) {
  const auto begun = std::chrono::steady_clock::now();
  failure_.reset();
  std::vector<Member*> group;
  for (Member* next = &first; next != nullptr;) {
    group.push_back(next);
    lock.unlock();
    if (group.size() == 1) begin();
    if (!failure_) take_part(*next);
    const bool open = !failure_ && group.size() < kMembersMax &&
                      std::chrono::steady_clock::now() - begun < kOpenMax;
    lock.lock();
    next = nullptr;
    if (!open || waiting_.empty()) continue;
    next = waiting_.front();
    waiting_.pop_front();
  }
  return group;
}

void GroupCommit::begin() {
  try {
    connection_->begin(true);
  } catch (const StoreError& failure) {
    failure_ = failure.what();
  }
}

// What happened to this member alone; what happens to all is left in failure_.
void GroupCommit::take_part(Member& member) {
  try {
    connection_->set_savepoint();
    bool stands = false;
    try {
      stands = member.body(*connection_);
    } catch (const std::exception&) {
      member.accident = std::current_exception();
    }
    stands ? connection_->keep_since_savepoint() : connection_->undo_since_savepoint();
  } catch (const StoreError& failure) {
    // Without room on the disk SQLite itself takes the whole transaction back.
    failure_ = failure.what();
  }
}

void GroupCommit::finish() {
  try {
    if (!failure_) connection_->commit();
  } catch (const StoreError& failure) {
    failure_ = failure.what();
  }
  if (failure_) connection_->rollback();
}

}  // namespace yizhan
