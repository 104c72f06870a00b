#include "role/load/connections.h"

namespace yizhan {

void Connections::begin_turn(std::size_t agency) {
  const std::scoped_lock lock(mutex_);
  const auto place = places_.find(agency);
  if (place == places_.end()) return;
  resting_.erase(place->second);
  places_.erase(place);
}

void Connections::end_turn(std::size_t agency) {
  const std::scoped_lock lock(mutex_);
  places_[agency] = resting_.insert(resting_.end(), agency);
  if (resting_.size() <= kept_max_) return;
  close_(resting_.front());
  places_.erase(resting_.front());
  resting_.pop_front();
}

}  // namespace yizhan
