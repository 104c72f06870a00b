#include "duty/incident/incident_cases.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>

#include "ground/base/base.h"

namespace yizhan {

extern const std::span<const EmbeddedFile> kIncidentCases;

const std::string kFoundIncident = "found_incident";
const std::string kManagedIncident = "incident";
const std::string kIncidentEdition = "105";
const std::string kReportClock = "incident_report";
const std::string kImprovementClock = "incident_improvement";

namespace {

constexpr Milliseconds kClosedShown = std::chrono::hours{24 * 90};
constexpr int kShownMax = 1'000;  // of each state
constexpr Time kEver = Time::from_ms(253'402'300'799'000);

std::set<std::string> states_of(const CaseKind& kind) {
  std::set<std::string> states{kind.initial};
  for (const CaseStepKind& step : kind.steps) states.insert(step.to);
  return states;
}

bool is_late(const Json& item) { return !item.at("late").empty(); }

}  // namespace

std::string cut_text(std::string text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  return text;
}

std::vector<Case> shown_incidents(Transaction& tx, const CaseKind& kind, Time now) {
  std::vector<Case> all;
  for (const std::string& state : states_of(kind)) {
    const Time from = kind.is_final(state) ? now - kClosedShown : Time();
    for (Case& one : Cases::list(tx, {kind.name, state, "", from, kEver, kShownMax})) {
      all.push_back(std::move(one));
    }
  }
  std::ranges::sort(all, {}, [](const Case& one) { return std::pair(one.opened, one.id); });
  return all;
}

std::vector<Metric> incident_metrics(const CaseKind& kind, const Json& items) {
  std::map<std::string, double> counts;
  for (const std::string& state : states_of(kind)) counts[state] = 0;
  double late = 0;
  for (const Json& item : items) {
    counts[item.at("state").get<std::string>()] += 1;
    if (is_late(item)) ++late;
  }
  Metric incidents{"yizhan_incidents", "incidents, by how they stand", {}};
  for (const auto& [state, count] : counts) {
    incidents.samples.push_back({{{"state", state}}, count});
  }
  return {std::move(incidents),
          Metric::single("yizhan_incidents_late", "incidents of which a clock has run out", late)};
}

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

std::string incident_subject(const CentreCode& centre, const CaseId& incident) {
  return party_of(centre) + "/incident/" + incident.text();
}

}  // namespace yizhan
