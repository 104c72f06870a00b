#pragma once

#include <string>

#include "duty/incident/incident_report.h"

namespace yizhan {

// The kinds of cases of regulation/incidents.json: a centre's own, and management's of it.
CaseKinds incident_cases();
extern const std::string kFoundIncident;    // "found_incident": open, reported, controlled, improved,
                                            // closed
extern const std::string kManagedIncident;  // "incident": reported, controlled, improved, closed
extern const std::string kIncidentEdition;  // of the regulation

// The clocks of regulation/obligations.json. Those of levels 3 and 4 are shorter.
extern const std::string kReportClock;       // "incident_report"
extern const std::string kImprovementClock;  // "incident_improvement"
std::string review_clock(int level);         // "incident_review", "incident_review_grave"
std::string control_clock(int level);        // "incident_control", "incident_control_grave"

// "centre/CENTRE-1": who owes.
std::string incident_owner(const CentreCode& centre);
// Of facts, obligations and the case at management.
std::string incident_subject(const CentreCode& centre, const CaseId& incident);

}  // namespace yizhan
