#pragma once

#include <set>
#include <utility>

#include "duty/distribution/distribution_line.h"
#include "duty/distribution/own_report.h"

namespace yizhan {

// A centre hands its own word and the last word of each of its terminals to management, as they
// were signed; each once since the start, and again after a start: management may have lost it.
// One thread.
class HandingUp {
 public:
  // All outlive this object.
  HandingUp(DistributionLine& line, OwnReport& own, const ReportShelf& shelf)
      : line_(line), own_(own), shelf_(shelf) {}

  // How many were handed over. Refuses what the own key refuses, and kUnavailable: the rest is
  // handed over next time.
  Result<int> work(const FollowStanding& standing);
  // The reports that management refused since this was asked last: whose, and why. They hold up no
  // other, and are not offered again before there is something new to say, or a start.
  std::vector<std::pair<std::string, Refusal>> take_refused() {
    return std::exchange(refused_, {});
  }

 private:
  // False: refused.
  Result<bool> hand(const std::string& whose, ByteView cms);

  DistributionLine& line_;
  OwnReport& own_;
  const ReportShelf& shelf_;
  std::set<std::string> waiting_;  // agencies whose report is to be handed over
  std::vector<std::pair<std::string, Refusal>> refused_;
};

}  // namespace yizhan
