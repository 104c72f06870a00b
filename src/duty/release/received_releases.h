#pragma once

#include <functional>
#include <mutex>
#include <set>

#include "duty/release/layer_release.h"
#include "ground/journal/journal.h"
#include "ground/monitor/monitor.h"
#include "ground/store/store.h"

namespace yizhan {

// How the version that runs stands to what is handed down.
enum class ReleaseState {
  kNone,     // nothing is handed down
  kCurrent,  // the newest, or a later one
  kNewer,    // there is a newer one
  kOld,      // older than the minimum, and its day of grace is not over
  kLate,     // and it is over
};
std::string_view text_of(ReleaseState state);  // "none", "current", "newer", "old", "late"
ReleaseState state_on(Day today, const ReleaseVersion& running,
                      const std::optional<Release>& newest);

// The releases that were handed down to this node, and whether their check codes hold (五(二)2,
// 五(三)3). It installs nothing: that is for who is root on the host (yizhan release install).
class ReceivedReleases {
 public:
  // Told of one that does not hold, in the transaction of its journal entry.
  using Refused =
      std::function<void(Transaction& tx, const std::string& path, const Refusal& why)>;
  struct Parts {
    Layer layer;
    ReleaseVersion running;
    Database& database;
    const Journal& journal;
    const Clock& clock;
    Refused refused = {};
  };

  explicit ReceivedReleases(Parts parts) : parts_(std::move(parts)) {}

  // What the client's metadata lists, after its refresh(); one thread. Refuses what the source
  // refuses. What does not hold is told once, and left out.
  Result<void> take(TrustClient& client);

  // Any thread.
  [[nodiscard]] Json describe() const;  // {running, state, newest?}
  // The newest whose check codes hold; "": none.
  [[nodiscard]] std::string verified() const;
  [[nodiscard]] const ReleaseVersion& running() const { return parts_.running; }
  [[nodiscard]] std::vector<Metric> metrics() const;

 private:
  [[nodiscard]] std::optional<Release> newest() const;
  void refuse(const std::string& path, const Refusal& why);
  void note_verified(const Release& release);

  const Parts parts_;
  std::set<std::pair<std::string, Reason>> told_;
  mutable std::mutex mutex_;
  std::optional<Release> newest_;
};

}  // namespace yizhan
