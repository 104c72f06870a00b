#pragma once

#include <gtest/gtest.h>

#include "role/exchange/operator_routes.h"
#include "role/exchange/terminal_routes.h"
#include "tests/support/small_centre.h"

namespace yizhan {

// A centre whose stations nobody wakes, and the desks that its routes are given.
class CentreDesks : public ::testing::Test {
 protected:
  [[nodiscard]] MaintenanceDesk::Parts maintenance_parts() {
    return {centre_.place.directory() / "maintenance.json", centre_.database, centre_.journal,
            centre_.clock};
  }
  TerminalDesk terminal_desk(const MaintenanceDesk& maintenance) {
    return {admission_,  delivering_,      holding_,        reading_,  centre_.directory,
            attesting_, centre_.database, centre_.custody, maintenance, recollecting_};
  }
  OperatorDesk operator_desk(MaintenanceDesk& maintenance) {
    return {holding_,         reading_,    centre_.directory, attesting_, centre_.custody,
            centre_.database, maintenance, gauge_,            links_,     quota_};
  }

  SmallCentre centre_{Engine::kSqlite};
  SendingQuota quota_{QuotaPlan{}};
  Admission admission_{{centre_.database, centre_.custody, centre_.objects, centre_.directory,
                        centre_.trust, centre_.journal, quota_, [](StoredPackage) {}, [] {}}};
  Holding holding_{{centre_.database, centre_.custody, centre_.objects, centre_.directory, [] {},
                    [] {}}};
  Delivering delivering_{{centre_.database, centre_.custody, centre_.objects, centre_.directory,
                          centre_.trust.policy(), [] {}}};
  Reading reading_{centre_.database, centre_.custody};
  Recollecting recollecting_{{centre_.database, centre_.custody, centre_.directory,
                              centre_.trust.policy(), [] {}}};
  AccountingGauge gauge_{reading_, centre_.custody};
  Relaying relaying_{{centre_.database, centre_.custody, centre_.objects, [] {}, [] {}}};
  CentreLinks links_{{relaying_, centre_.database, centre_.custody, centre_.directory,
                      centre_.trust, nullptr, centre_.journal, [] {}, centre_.clock},
                     1};
  Attesting attesting_{{centre_.database, centre_.journal, centre_.log, centre_.directory,
                        centre_.trust, centre_.custody.centre().code,
                        std::make_shared<SoftwareKey>(centre_.exchange.first.log),
                        centre_.exchange.first.log, centre_.place.directory(), AttestSettings{},
                        centre_.clock}};
};

}  // namespace yizhan
