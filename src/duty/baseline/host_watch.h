#pragma once

#include <mutex>

#include "duty/baseline/findings.h"
#include "ground/journal/journal.h"
#include "ground/monitor/monitor.h"
#include "ground/store/store.h"

namespace yizhan {

// How a node's host stands to the standard configuration, by the newest look at it.
enum class HostStanding {
  kUnchecked,  // nobody has looked for more than two days: the look itself may have failed
  kKept,       // nothing deviates but what is approved
  kDeviates,
};
std::string_view text_of(HostStanding standing);  // "unchecked", "kept", "deviates"

// What `yizhan baseline check` leaves behind, read by the node whose host it is (五(一)4, 五(二)3).
// A node never looks itself: confined as it is, it sees little of its host. Any thread.
class HostWatch {
 public:
  struct Parts {
    std::filesystem::path file;  // empty: nobody looks
    std::string node;
    Database& database;
    const Journal& journal;
    const Clock& clock;
  };

  explicit HostWatch(Parts parts) : parts_(std::move(parts)) {}

  // Reads the file again; what is new in it is entered in the journal. What can not be read, or is
  // another node's, is as if nobody had looked.
  void look();

  [[nodiscard]] HostStanding standing() const;
  // nullopt: nobody has looked.
  [[nodiscard]] std::optional<HostFindings> findings() const;
  [[nodiscard]] Json describe() const;  // {standing, findings?}
  // For the node's signed report.
  [[nodiscard]] HostWord word() const;
  [[nodiscard]] std::vector<Metric> metrics() const;

 private:
  void note(const HostFindings& findings);

  const Parts parts_;
  mutable std::mutex mutex_;
  std::optional<HostFindings> findings_;
};

// Of findings made on that day, seen today.
HostStanding standing_of(Day checked, bool deviates, Day today);

}  // namespace yizhan
