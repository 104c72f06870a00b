#pragma once

#include "ground/net/net.h"
#include "model/agency/agency.h"
#include "role/exchange/attesting.h"
#include "role/exchange/distributing.h"
#include "role/exchange/maintenance.h"
#include "way/admit/admit.h"
#include "way/deliver/deliver.h"
#include "way/hold/hold.h"

namespace yizhan {

// docs/protocol/terminal-centre.md: which request goes to which station.
struct TerminalDesk {
  Admission& admission;
  Delivering& delivering;
  Holding& holding;
  Reading& reading;
  const DirectorySource& directory;
  Attesting& attesting;
  Database& database;
  Custody& custody;
  const MaintenanceDesk& maintenance;
  Recollecting& recollecting;
  const Distributing* distributing = nullptr;  // none: the directory file alone
  const FoundIncidents* incidents = nullptr;   // none: a centre that opens none
};

void add_terminal_routes(Router& router, const TerminalDesk& desk);

// The agency behind a connection: its TLS certificate is registered, and it comes from one of
// that agency's addresses. Refuses kCertificateUnregistered, kUnlistedAddress.
Result<OrgCode> identify(const Peer& peer, const Directory& directory, Time now);

}  // namespace yizhan
