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

  // Asks for the version and shows it the EICAR test file, each time; all that Clamd::check() shows
  // too, when its signatures changed or a minute has passed. kScannerUnavailable
  Result<EngineVersion> ready(ClamdSession& session);
  Result<EngineVersion> ready();  // in a session for this alone

 private:
  [[nodiscard]] Result<void> check_age(const EngineVersion& version) const;
  [[nodiscard]] Result<void> prove(ClamdSession& session, const std::string& name);

  const Clamd& engine_;
  const Clock& clock_;
  const std::optional<Milliseconds> signatures_age_max_;

  std::mutex mutex_;
  std::string proven_;  // engine and signatures that passed the whole check last
  std::chrono::steady_clock::time_point proven_at_;
};

}  // namespace yizhan
