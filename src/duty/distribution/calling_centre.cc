#include "duty/distribution/calling_centre.h"

#include <algorithm>

#include "ground/control/control.h"

namespace yizhan {

Result<CentreCode> find_calling_centre(const Peer& peer, const Directory& directory, Time now) {
  if (!peer.certificate) return Reason::kCertificateUnregistered;
  const Centre* centre = directory.find_centre_by_tls(peer.certificate->sha256(), now);
  if (centre == nullptr) return Reason::kCertificateUnregistered;
  if (centre->standing == Standing::kClosed) return Refusal{Reason::kForbidden, centre->name};
  const bool is_listed = std::ranges::count(centre->addresses, peer.address) > 0;
  if (!upheld("follower_address", is_listed)) {
    return Refusal{Reason::kUnlistedAddress, peer.address};
  }
  return centre->code;
}

}  // namespace yizhan
