#pragma once

#include <chrono>
#include <mutex>
#include <optional>

#include "ground/antivirus/antivirus.h"

namespace yizhan {

// Whether the anti-virus engine does its work. Any thread.
class EngineWatch {
 public:
  // `signatures_age_max` unset: their age is not judged (signature sets of tests have none).
  EngineWatch(const Clamd& engine, const Clock& clock,
              std::optional<Milliseconds> signatures_age_max)
      : engine_(engine), clock_(clock), signatures_age_max_(signatures_age_max) {}

  // Asks for the version each time; shows it the EICAR test file when its signatures changed or a
  // minute has passed since it last found it. kScannerUnavailable
  Result<EngineVersion> ready();

 private:
  [[nodiscard]] Result<void> check_age(const EngineVersion& version) const;

  const Clamd& engine_;
  const Clock& clock_;
  const std::optional<Milliseconds> signatures_age_max_;

  std::mutex mutex_;
  std::string proven_;  // engine and signatures that found the test file last
  std::chrono::steady_clock::time_point proven_at_;
};

}  // namespace yizhan
