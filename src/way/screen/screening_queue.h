#pragma once

#include <compare>
#include <map>
#include <optional>

#include "model/journey/journey.h"

namespace yizhan {

// Who is screened next: the more urgent first; of equal urgency the senders in turns, each turn as
// long as what it brings, so that who hands in thousands waits behind its own and delays nobody
// else (start-time fair queueing). Bounded: what would come last gives way. Not for many threads.
class ScreeningQueue {
 public:
  explicit ScreeningQueue(std::size_t packages_max) : max_(packages_max) {}

  // The package that finds no room: this one, or the last of a sender that has many.
  [[nodiscard]] std::optional<PackageId> put(StoredPackage package);
  [[nodiscard]] std::optional<StoredPackage> take();

 private:
  using Cost = std::int64_t;  // bytes
  struct Place {
    int rank;
    Cost begin;  // when its turn begins, had its rank a scanner to itself
    PackageId id;
    auto operator<=>(const Place&) const = default;
  };
  // One sender's packages of one urgency.
  using Line = std::pair<int, OrgCode>;

  const std::size_t max_;
  std::map<Place, StoredPackage> waiting_;
  std::map<Line, Cost> ends_;  // where the turn of a line's last package ends
  std::map<int, Cost> now_;    // by rank: where the turn began that was taken last
};

}  // namespace yizhan
