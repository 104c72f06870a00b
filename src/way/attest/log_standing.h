#pragma once

#include <filesystem>
#include <mutex>

#include "ground/json/json.h"
#include "way/attest/alarm.h"

namespace yizhan {

// Since when a centre's log has something to show that not enough witnesses have co-signed: shown
// and told after a minute, and after four hours no new document is admitted. Several threads.
class LogStanding {
 public:
  struct Limits {
    Milliseconds shown_after = std::chrono::seconds{60};
    Milliseconds held_after = std::chrono::hours{4};
  };
  struct Parts {
    std::filesystem::path file;  // what outlives the process: a restart is no excuse
    Limits limits;
    AttestAlarm& alarm;
    const Clock& clock;
  };

  // Throws FileError, and std::runtime_error where the file holds something else.
  explicit LogStanding(Parts parts);

  // After each look: whether all that was there then is covered; else why not.
  void covered();
  void uncovered(const Refusal& why);

  [[nodiscard]] std::optional<Time> uncosigned_since() const;
  // Of a new document: kUnavailable when the log has been uncovered for too long.
  [[nodiscard]] Result<void> check_open() const;
  // How long it is uncovered, and whether that is to be shown.
  [[nodiscard]] Json describe() const;

 private:
  [[nodiscard]] bool lasts(Milliseconds limit) const;  // under the mutex

  Parts parts_;
  mutable std::mutex mutex_;
  std::optional<Time> since_;
  std::optional<Refusal> why_;
  bool told_ = false;
};

}  // namespace yizhan
