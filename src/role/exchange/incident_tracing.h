#pragma once

#include "duty/incident/incident.h"
#include "model/journey/journey.h"

namespace yizhan {

// What the scanner found in a package, and to whom it leads: who sealed it with which certificate,
// from which address it came, and when.
IncidentFinding finding_of(const StoredPackage& package, const Verdict& verdict);

// Who of its document's recipients does not get it, who has it, and whether the sender's evidence
// of why it is held was published.
IncidentTrace trace_of(Transaction& tx, Custody& custody, const IncidentSource& source);

}  // namespace yizhan
