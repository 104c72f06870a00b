#include <array>
#include <map>

#include "duty/suspension/suspension.h"
#include "role/management/people_routes.h"

// Which of the nine grounds of 十三 stand in management's own books, and by what: rules over what
// others have signed and what the calendar made. Nothing here suspends anybody: officers give
// notice, a deadline, and an order (docs/protocol/orders.md).

namespace yizhan {

namespace {

using enum Method;

constexpr std::string_view kGraveIncident = "十三(一)";
constexpr std::string_view kCertificateEnded = "十三(二)";
constexpr std::string_view kNotMended = "十三(八)";

// By party and ground; facts as their books list them.
using Standing = std::map<std::pair<std::string, std::string_view>, Json>;

void add(Standing& all, const std::string& party, std::string_view ground, Json fact) {
  all[{party, ground}].push_back(std::move(fact));
}

Json about(const Json& incident, const char* kind, const Json& since) {
  return {{"kind", kind},
          {"centre", incident.at("centre")},
          {"incident", incident.at("incident")},
          {"level", incident.at("level")},
          {"since", since}};
}

// Its agency where malware came from one, else the centre that reported it.
std::string party_in(const Json& incident) {
  const bool sent = incident.contains("sender");
  return std::string(sent ? kAgencyParty : kCentreParty) +
         incident.at(sent ? "sender" : "centre").get<std::string>();
}

void add_incidents(Standing& all, const IncidentBook& book) {
  const Json incidents = book.describe([](const CentreCode&) { return true; });
  for (const Json& incident : incidents.at("items")) {
    if (incident.at("state") == "closed") continue;
    if (incident.contains("ground")) {
      add(all, party_in(incident), kGraveIncident,
          about(incident, "incident", incident.at("detected")));
    }
    for (const Json& clock : incident.at("clocks")) {
      const bool open = clock.at("late").get<bool>() && !clock.at("done").get<bool>();
      if (!open || clock.at("kind") != kImprovementClock) continue;
      add(all, clock.at("owner"), kNotMended, about(incident, "improvement", clock.at("due")));
    }
  }
}

// An officer's own card stops that officer, and not the centre.
void add_certificates(Standing& all, const Directory& directory, Time now) {
  for (const CertificateLine& line : certificate_lines(directory)) {
    if (now < line.ends || line.purpose == Purpose::kOfficer) continue;
    add(all, line.party(), kCertificateEnded,
        {{"kind", "certificate"},
         {"purpose", text_of(line.purpose)},
         {"since", line.ends.text()}});
  }
}

Result<Response> show_grounds(const PeopleDesk& desk, const Caller& caller, const Request&) {
  const auto directory = desk.directory.current();
  const BoardScope scope(caller.scope);
  Standing all;
  add_incidents(all, desk.incidents);
  add_certificates(all, *directory, desk.clock.now());
  Json items = Json::array();
  for (auto& [found, facts] : all) {
    const auto& [party, ground] = found;
    const PartyText text = describe_party(party, *directory);
    const Result<CentreCode> centre = CentreCode::parse(text.centre);
    if (!centre || !scope.covers(text.code, *centre)) continue;  // gone since, or not theirs
    items.push_back({{"party", party},
                     {"code", text.code},
                     {"name", text.name},
                     {"ground", ground},
                     {"words", Ground::find(ground).value().words()},
                     {"facts", std::move(facts)}});
  }
  return Response::json(200, {{"time", desk.clock.now().text()}, {"items", std::move(items)}});
}

constexpr auto kRoutes = std::to_array<PersonRoute>({{kGet, "/v1/grounds", show_grounds}});

}  // namespace

std::span<const PersonRoute> ground_routes() { return kRoutes; }

}  // namespace yizhan
