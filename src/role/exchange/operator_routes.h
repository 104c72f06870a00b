#pragma once

#include "duty/incident/incident.h"
#include "duty/suspension/suspension.h"
#include "ground/net/net.h"
#include "model/agency/agency.h"
#include "model/renewal/renewal.h"
#include "role/exchange/accounting_gauge.h"
#include "role/exchange/attesting.h"
#include "role/exchange/centre_links.h"
#include "role/exchange/distributing.h"
#include "role/exchange/maintenance.h"
#include "way/admit/admit.h"
#include "way/deliver/deliver.h"
#include "way/hold/hold.h"

namespace yizhan {

// The operators' own socket: docs/protocol/terminal-centre.md, "Operators". Whoever may open the
// socket is on this host; what they decide is signed with their own cards.
struct OperatorDesk {
  Holding& holding;
  Reading& reading;
  const DirectorySource& directory;
  const Attesting& attesting;
  Custody& custody;
  Database& database;
  MaintenanceDesk& maintenance;
  AccountingGauge& gauge;
  const CentreLinks& centres;
  const SendingQuota& quota;
  Milliseconds certificate_warning = std::chrono::days{30};
  Distributing* distributing = nullptr;        // none: the directory file alone
  const StandingOrders* orders = nullptr;      // none: a desk that is asked for none
  FoundIncidents* incidents = nullptr;         // none: likewise

  // The centre's own certificates, as the directory has them.
  [[nodiscard]] Certificates registered() const;
};

void add_operator_routes(Router& router, const OperatorDesk& desk);

}  // namespace yizhan
