#pragma once

#include <mutex>

#include "model/journey/journey.h"
#include "way/deliver/deliver.h"

namespace yizhan {

// The accounting equation for whoever looks at the status often: worked out at most once a minute,
// for it reads every A.1. Several threads.
class AccountingGauge {
 public:
  AccountingGauge(Reading& reading, const Custody& custody)
      : reading_(reading), custody_(custody) {}

  // What `/v1/operator/accounting` answers, and as_of.
  Json read();

 private:
  static constexpr Milliseconds kAge = std::chrono::minutes{1};

  Reading& reading_;
  const Custody& custody_;
  std::mutex mutex_;
  std::optional<Time> taken_;
  Json books_;
};

}  // namespace yizhan
