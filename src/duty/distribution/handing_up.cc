#include "duty/distribution/handing_up.h"

namespace yizhan {

Result<bool> HandingUp::hand(const std::string& whose, ByteView cms) {
  const Result<void> taken = line_.report(cms);
  if (taken) return true;
  if (taken.reason() == Reason::kUnavailable) return taken.refusal();
  refused_.emplace_back(whose, taken.refusal());
  return false;
}

Result<int> HandingUp::work(const FollowStanding& standing) {
  int count = 0;
  if (const auto due = YZ_TRY(own_.due(standing))) {
    if (YZ_TRY(hand("", *due))) ++count;
    own_.handed_over();
  }
  waiting_.merge(shelf_.take_fresh());
  while (!waiting_.empty()) {
    const std::string agency = *waiting_.begin();
    const auto report = shelf_.find(agency);
    if (report && YZ_TRY(hand(agency, report->cms))) ++count;
    waiting_.erase(agency);
  }
  return count;
}

}  // namespace yizhan
