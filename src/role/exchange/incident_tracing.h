#pragma once

#include "duty/incident/incident.h"
#include "model/journey/journey.h"

namespace yizhan {

// What the scanner found in a package, and to whom it leads: who sealed it with which certificate,
// from which address it came, and when.
IncidentFinding finding_of(const StoredPackage& package, const Verdict& verdict);
// The same of what a recipient's terminal found in it, by its E.2.
IncidentFinding finding_of(const StoredPackage& package, const Statement& failure);
// What an agency's terminal found before it sent it, said from that address.
IncidentFinding finding_of(const SignedDetection& given, const std::string& address);

// Who of its document's recipients does not get it, who has it and whose own terminal found
// malware in it, and when the first evidence that tells its sender so was stated, once published.
IncidentTrace trace_of(Transaction& tx, Custody& custody, const IncidentSource& source);

}  // namespace yizhan
