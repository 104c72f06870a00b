#include <array>

#include "ground/control/control.h"
#include "role/management/people_routes.h"

// Incidents that centres reported: how they stand, the review of their level, and their end.

namespace yizhan {

namespace {

using enum Method;

Result<IncidentBook::Name> name_in(const Request& request) {
  const std::string& incident = request.parameters.at("incident");
  const CentreCode centre = YZ_TRY(CentreCode::parse(request.parameters.at("centre")));
  const auto id = CaseId::parse(incident);
  if (!id) return Refusal{Reason::kNotFound, incident};
  return IncidentBook::Name{centre, *id};
}

// A centre's security officer has the act, for their own; nobody reviews or closes what they
// reported.
Result<void> check_management(const Caller& caller) {
  const std::string officer(describe(Role::kManagementOfficer).code);
  const bool manages = caller.scope.empty() && caller.roles.contains(officer);
  if (upheld("incident_reviewer", manages)) return {};
  return Refusal{Reason::kRoleMissing, "資安事件由管理層審核及結案"};
}

// Whoever's scope is a centre's sees that centre's; an agency's scope sees none.
Result<Response> show_incidents(const PeopleDesk& desk, const Caller& caller, const Request&) {
  const auto covers = [&](const CentreCode& centre) {
    return caller.scope.empty() || caller.scope == centre.text();
  };
  return Response::json(200, desk.incidents.describe(covers));
}

Result<Response> review(const PeopleDesk& desk, const Caller& caller, const Request& request) {
  YZ_TRY(check_management(caller));
  const IncidentBook::Name name = YZ_TRY(name_in(request));
  const Json body = YZ_TRY(small_body(request));
  Members members(body, "review");
  const auto degree = [&](const char* what) {
    return static_cast<int>(members.integer(what, {.min = 1, .max = 4}));
  };
  const IncidentImpact impact{degree("confidentiality"), degree("integrity"),
                              degree("availability")};
  const std::string note = members.text("note");
  YZ_TRY(members.check());
  const Json then =
      YZ_TRY(desk.incidents.review(name, {impact, note}, {caller.who, desk.clock.now()}));
  return Response::json(200, then);
}

Result<Response> propose_closing(const PeopleDesk& desk, const Caller& caller,
                                 const Request& request) {
  YZ_TRY(check_management(caller));
  const IncidentBook::Name name = YZ_TRY(name_in(request));
  const Json then = YZ_TRY(desk.incidents.propose_closing(name, {caller.who, desk.clock.now()}));
  return Response::json(200, then);
}

Result<Response> confirm_closing(const PeopleDesk& desk, const Caller& caller,
                                 const Request& request) {
  YZ_TRY(check_management(caller));
  const IncidentBook::Name name = YZ_TRY(name_in(request));
  const Json body = YZ_TRY(small_body(request));
  Members members(body, "confirmation");
  const Sha256 digest = members.sha256("digest");
  YZ_TRY(members.check());
  const Json then = YZ_TRY(
      desk.incidents.confirm_closing(name, {digest, caller.roles}, {caller.who, desk.clock.now()}));
  return Response::json(200, then);
}

constexpr auto kRoutes = std::to_array<PersonRoute>({
    {kGet, "/v1/incidents", show_incidents},
    {kPost, "/v1/incidents/{centre}/{incident}/review", review},
    {kPost, "/v1/incidents/{centre}/{incident}/closing", propose_closing},
    {kPost, "/v1/incidents/{centre}/{incident}/confirmation", confirm_closing},
});

}  // namespace

std::span<const PersonRoute> incident_routes() { return kRoutes; }

}  // namespace yizhan
