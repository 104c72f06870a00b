#pragma once

#include "ground/net/net.h"
#include "model/agency/agency.h"

namespace yizhan {

// The centre behind a connection to management: its TLS certificate is registered, and it dials
// from one of its addresses. One whose service is suspended is let in: it must learn what becomes
// of it. Refuses kCertificateUnregistered, kForbidden (closed), kUnlistedAddress.
Result<CentreCode> find_calling_centre(const Peer& peer, const Directory& directory, Time now);

}  // namespace yizhan
