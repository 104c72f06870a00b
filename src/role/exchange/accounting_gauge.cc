#include "role/exchange/accounting_gauge.h"

namespace yizhan {

Json AccountingGauge::read() {
  const Time now = custody_.now();
  {
    const std::lock_guard lock(mutex_);
    if (taken_ && now - *taken_ < kAge && now >= *taken_) return books_;
  }
  Json books = reading_.accounting();
  books["as_of"] = now.text();
  const std::lock_guard lock(mutex_);
  taken_ = now;
  books_ = books;
  return books;
}

}  // namespace yizhan
