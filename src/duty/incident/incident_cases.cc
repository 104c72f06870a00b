#include "duty/incident/incident_cases.h"

#include <span>

#include "ground/base/base.h"

namespace yizhan {

extern const std::span<const EmbeddedFile> kIncidentCases;

const std::string kFoundIncident = "found_incident";
const std::string kManagedIncident = "incident";
const std::string kIncidentEdition = "105";
const std::string kReportClock = "incident_report";
const std::string kImprovementClock = "incident_improvement";

CaseKinds incident_cases() {
  // A file of this program that it can not read is a bug.
  return parse_case_kinds(bytes_of(kIncidentCases.front().content)).value();
}

std::string review_clock(int level) {
  return is_grave(level) ? "incident_review_grave" : "incident_review";
}

std::string control_clock(int level) {
  return is_grave(level) ? "incident_control_grave" : "incident_control";
}

std::string incident_owner(const CentreCode& centre) { return "centre/" + centre.text(); }

std::string incident_subject(const CentreCode& centre, const CaseId& incident) {
  return incident_owner(centre) + "/incident/" + incident.text();
}

}  // namespace yizhan
