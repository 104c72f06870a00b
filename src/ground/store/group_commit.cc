#include "ground/store/group_commit.h"

#include <utility>

namespace yizhan {

namespace {

constexpr int kMembersMax = 64;
// The first of a group waits for the work of the others: not longer than for a slow disk.
constexpr auto kOpenMax = std::chrono::milliseconds(5);

}  // namespace

class GroupCommit::Turn {
 public:
  explicit Turn(GroupCommit& writer) : writer_(writer) {
    std::unique_lock lock(writer_.mutex_);
    if (!std::exchange(writer_.taken_, true)) return;
    Waiter self;
    writer_.waiting_.push_back(&self);
    self.turn.wait(lock, [&] { return self.called; });
  }
  ~Turn() {
    const std::lock_guard lock(writer_.mutex_);
    if (writer_.waiting_.empty()) {
      writer_.taken_ = false;
      return;
    }
    Waiter* const next = writer_.waiting_.front();
    writer_.waiting_.pop_front();
    next->called = true;
    next->turn.notify_one();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  GroupCommit& writer_;
};

GroupCommit::GroupCommit(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)) {}

void GroupCommit::run(const Body& body) {
  std::shared_ptr<Group> group;
  std::exception_ptr accident;
  {
    const Turn turn(*this);
    if (!group_) group_ = std::make_shared<Group>();
    group = group_;
    accident = take_part(*group, body);
    if (!is_open(*group)) finish(*std::exchange(group_, nullptr));
  }
  std::unique_lock lock(mutex_);
  group->ended.wait(lock, [&] { return group->done; });
  if (group->failure) throw StoreError(*group->failure);
  if (accident) std::rethrow_exception(accident);
}

// What happened to this member alone; what happens to all is left in the group.
std::exception_ptr GroupCommit::take_part(Group& group, const Body& body) {
  std::exception_ptr accident;
  try {
    if (group.members++ == 0) connection_->begin(true);
    connection_->set_savepoint();
    bool stands = false;
    try {
      stands = body(*connection_);
    } catch (const std::exception&) {
      accident = std::current_exception();
    }
    stands ? connection_->keep_since_savepoint() : connection_->undo_since_savepoint();
  } catch (const StoreError& failure) {
    // Without room on the disk SQLite itself takes the whole transaction back.
    group.failure = failure.what();
  }
  return accident;
}

bool GroupCommit::is_open(const Group& group) {
  if (group.failure || group.members == kMembersMax) return false;
  if (std::chrono::steady_clock::now() - group.begun > kOpenMax) return false;
  const std::lock_guard lock(mutex_);
  return !waiting_.empty();
}

void GroupCommit::finish(Group& group) {
  try {
    if (!group.failure) connection_->commit();
  } catch (const StoreError& failure) {
    group.failure = failure.what();
  }
  if (group.failure) connection_->rollback();
  const std::lock_guard lock(mutex_);
  group.done = true;
  group.ended.notify_all();
}

}  // namespace yizhan
