#pragma once

#include "model/line/centre_line.h"

namespace yizhan {

// The lines of one agency: to its home centre, and for a while to the one from which it has moved.
// What was sealed for that one is its to accept, and it alone answers for it.
class CentreLines {
 public:
  CentreLines(CentreLine& home) : home_(&home) {}
  CentreLines(CentreLine& home, CentreCode former, CentreLine& to_former)
      : home_(&home), former_(std::move(former)), to_former_(&to_former) {}

  // That for which an envelope was sealed.
  [[nodiscard]] CentreLine& line_for(ByteView envelope) const;

 private:
  CentreLine* home_;
  std::optional<CentreCode> former_;
  CentreLine* to_former_ = nullptr;
};

}  // namespace yizhan
