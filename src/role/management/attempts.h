#pragma once

#include <map>
#include <mutex>
#include <string>

#include "ground/base/base.h"

namespace yizhan {

// How often one address may try to get in: each try costs an Argon2id and a row of the journal. Any
// thread.
class Attempts {
 public:
  // More addresses than this in one minute share one count.
  static constexpr std::size_t kAddressesMax = 4096;

  // `most`: in a minute.
  Attempts(int most, const Clock& clock) : most_(most), clock_(clock) {}

  // Counts one. Refuses kTooManyRequests.
  Result<void> take(const std::string& address);

 private:
  const int most_;
  const Clock& clock_;
  std::mutex mutex_;
  Time began_;  // of the minute
  std::map<std::string, int> counts_;
};

}  // namespace yizhan
