#include "role/management/attempts.h"

#include "ground/control/control.h"

namespace yizhan {

Result<void> Attempts::take(const std::string& address) {
  constexpr Milliseconds kMinute = std::chrono::minutes{1};
  const Time now = clock_.now();
  const std::lock_guard lock(mutex_);
  if (now - began_ >= kMinute || now < began_) {
    began_ = now;
    counts_.clear();
  }
  const bool shares = counts_.size() >= kAddressesMax && !counts_.contains(address);
  int& count = counts_[shares ? std::string() : address];
  if (upheld("attempts", count < most_)) {
    ++count;
    return {};
  }
  return Refusal{Reason::kTooManyRequests, "此位址嘗試登入過於頻繁，請於一分鐘後再試"};
}

}  // namespace yizhan
