#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "ground/base/base.h"
#include "ground/json/json.h"

namespace yizhan {

// Whether a program can do what it is for: each check does the real thing (signs, writes, scans)
// rather than to look whether somebody listens. Safe from many threads.
class Readiness {
 public:
  struct Check {
    std::string name;
    std::function<Result<void>()> perform;  // an exception is kInternal
  };
  struct Finding {
    std::string name;
    std::optional<Refusal> why;  // nothing: it is well
    Milliseconds taken;
  };
  // However many ask, the real thing is done no more often than that.
  static constexpr Milliseconds kFresh = std::chrono::seconds{10};

  Readiness(std::vector<Check> checks, const Clock& clock);

  [[nodiscard]] std::vector<Finding> look();

 private:
  static Finding perform(const Check& check);

  std::vector<Check> checks_;
  const Clock& clock_;
  std::mutex mutex_;
  std::optional<Time> looked_;
  std::vector<Finding> findings_;
};

bool is_ready(const std::vector<Readiness::Finding>& findings);
Json describe(const std::vector<Readiness::Finding>& findings);

}  // namespace yizhan
