#include "model/line/centre_lines.h"

namespace yizhan {

CentreLine& CentreLines::line_for(ByteView envelope) const {
  if (!former_) return *home_;
  const Result<Envelope> read = Envelope::parse(envelope);
  if (!read) return *home_;
  const Result<SealedHeader> sealed = open_header(read->header);
  return sealed && sealed->header.home_centre == *former_ ? *to_former_ : *home_;
}

}  // namespace yizhan
