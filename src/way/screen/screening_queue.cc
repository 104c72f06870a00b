#include "way/screen/screening_queue.h"

#include <algorithm>
#include <iterator>

namespace yizhan {

namespace {

// What a scan costs beside its bytes, in bytes that take as long.
constexpr std::int64_t kEachScan = 256 << 10;

}  // namespace

std::optional<PackageId> ScreeningQueue::put(StoredPackage package) {
  const int rank = package.urgency_rank;
  const Line line{rank, package.key.sender};
  const Cost begin = std::max(now_[rank], ends_[line]);
  ends_[line] = begin + kEachScan + package.body_bytes;
  waiting_.emplace(Place{rank, begin, package.id}, std::move(package));
  if (waiting_.size() <= max_) return std::nullopt;
  // The last in the queue is the last of its line: the line ends where that one would have begun.
  const auto last = std::prev(waiting_.end());
  const auto [last_rank, its_begin, id] = last->first;
  ends_[{last_rank, last->second.key.sender}] = its_begin;
  waiting_.erase(last);
  return id;
}

std::optional<StoredPackage> ScreeningQueue::take() {
  if (waiting_.empty()) {
    ends_.clear();  // nobody owes anybody a turn
    now_.clear();
    return std::nullopt;
  }
  auto first = waiting_.extract(waiting_.begin());
  now_[first.key().rank] = first.key().begin;
  return std::move(first.mapped());
}

}  // namespace yizhan
