#pragma once

#include "ground/net/net.h"
#include "model/agency/agency.h"
#include "role/exchange/distributing.h"
#include "role/exchange/maintenance.h"
#include "way/admit/admit.h"
#include "way/deliver/deliver.h"
#include "way/hold/hold.h"

namespace yizhan {

// docs/protocol/centre-centre.md: which request of another centre goes to which station.
struct CentreDesk {
  TakingOver& taking_over;
  Holding& holding;
  Reading& reading;
  const DirectorySource& directory;
  Custody& custody;
  const MaintenanceDesk& maintenance;
  Recollecting& recollecting;
  const Distributing* distributing = nullptr;  // none: the directory file alone
};

void add_centre_routes(Router& router, const CentreDesk& desk);

// The centre behind a connection: its TLS certificate is registered, it is in service, and it dials
// from one of its addresses. Refuses kCertificateUnregistered, kForbidden, kUnlistedAddress.
Result<OfferingCentre> identify_centre(const Peer& peer, const Directory& directory, Time now);

}  // namespace yizhan
