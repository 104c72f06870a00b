#pragma once

#include <string>

#include "duty/incident/incident_report.h"
#include "ground/monitor/monitor.h"
#include "ground/store/store.h"

namespace yizhan {

// At most so many octets of it, and no half of a character.
std::string cut_text(std::string text, std::size_t bytes_max);

// The kinds of cases of regulation/incidents.json: a centre's own, and management's of it.
CaseKinds incident_cases();
// "found_incident": open, reported, controlled, improved, closed
extern const std::string kFoundIncident;
// "incident": reported, controlled, improved, closed
extern const std::string kManagedIncident;
extern const std::string kIncidentEdition;  // of the regulation

// All of that kind that are not closed, and those of the last 90 days; oldest first; 1,000 of each
// state at most.
std::vector<Case> shown_incidents(Transaction& tx, const CaseKind& kind, Time now);
// How many incidents stand in each of the kind's states, by name.
std::vector<Metric> incident_metrics(const CaseKind& kind, const Json& items);

// The clocks of regulation/obligations.json. Those of levels 3 and 4 are shorter.
extern const std::string kReportClock;       // "incident_report"
extern const std::string kImprovementClock;  // "incident_improvement"
std::string review_clock(int level);         // "incident_review", "incident_review_grave"
std::string control_clock(int level);        // "incident_control", "incident_control_grave"

// Of facts, obligations and the case at management.
std::string incident_subject(const CentreCode& centre, const CaseId& incident);

}  // namespace yizhan
