#include "ground/journal/refused_connections.h"

namespace yizhan {

namespace {

constexpr Milliseconds kMinute = std::chrono::minutes{1};

}  // namespace

RefusedConnections::~RefusedConnections() {
  try {
    tell_counts();
  } catch (const StoreError&) {
    return;
  }
}

void RefusedConnections::note(Knock knock) {
  {
    const std::lock_guard lock(mutex_);
    if (tallies_.empty()) began_ = clock_.now();
    if (tallies_.size() >= kAddressesMax && !tallies_.contains({knock.address, knock.reason})) {
      knock = {"", "", knock.reason};
    }
    Tally& tally = tallies_[{knock.address, knock.reason}];
    if (++tally.count > 1) return;
    tally.first = knock;
  }
  database_.transact([&](Transaction& tx) { record(tx, knock, 1); });
}

void RefusedConnections::tend() {
  {
    const std::lock_guard lock(mutex_);
    const Milliseconds passed = clock_.now() - began_;
    // A clock that was set back ends the minute too.
    if (tallies_.empty() || (passed >= Milliseconds{0} && passed < kMinute)) return;
  }
  tell_counts();
}

void RefusedConnections::tell_counts() {
  std::map<std::pair<std::string, std::string>, Tally> over;
  {
    const std::lock_guard lock(mutex_);
    over.swap(tallies_);
  }
  std::erase_if(over, [](const auto& entry) { return entry.second.count < 2; });
  if (over.empty()) return;
  database_.transact([&](Transaction& tx) {
    for (const auto& [key, tally] : over) record(tx, tally.first, tally.count - 1);
  });
}

void RefusedConnections::record(Transaction& tx, const Knock& knock, std::int64_t count) const {
  journal_.record(tx, Event::kConnectionRefused,
                  {{"address", knock.address},
                   {"certificate_sha256", knock.certificate_sha256},
                   {"agency", ""},
                   {"reason", knock.reason},
                   {"count", count}},
                  clock_.now());
}

}  // namespace yizhan
