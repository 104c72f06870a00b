#include "role/management/access.h"

#include <algorithm>
#include <array>

#include "ground/control/control.h"

namespace yizhan {

namespace {

using enum Door;
using enum Act;
using enum Method;

constexpr auto kTable = std::to_array<Access>({
    {kPost, "/v1/session", kAnybody},
    {kPost, "/v1/session/certificate", kAnybody},
    {kPost, "/v1/recovery", kAnybody},
    {kGet, "/v1/session", kLoggedIn},
    {kDelete, "/v1/session", kLoggedIn},
    {kPost, "/v1/password", kLoggedIn},
    {kGet, "/v1/accounts", kAct, kManageAccounts, true},
    {kPost, "/v1/accounts", kAct, kManageAccounts, true},
    {kPut, "/v1/accounts/{account}/roles", kAct, kManageAccounts, true},
    {kPost, "/v1/accounts/{account}/closing", kAct, kManageAccounts, true},
    {kPost, "/v1/accounts/{account}/recovery", kAct, kManageAccounts, true},
    {kPut, "/v1/accounts/{account}/certificates/{sha256}", kAct, kManageAccounts, true},
    {kDelete, "/v1/accounts/{account}/certificates/{sha256}", kAct, kManageAccounts, true},
    {kGet, "/v1/board", kAct, kSeeBoard, true},
    {kGet, "/v1/notices", kAct, kSeeBoard, true},
    {kGet, "/v1/certificates", kAct, kSeeBoard, true},
    {kGet, "/v1/incidents", kAct, kSeeBoard, true},
    {kPost, "/v1/incidents/{centre}/{incident}/review", kAct, kReviewIncident},
    {kPost, "/v1/incidents/{centre}/{incident}/closing", kAct, kReviewIncident},
    {kPost, "/v1/incidents/{centre}/{incident}/confirmation", kAct, kReviewIncident},
    {kGet, "/v1/supervision", kAct, kSeeBoard, true},
    {kGet, "/v1/grounds", kAct, kSeeBoard, true},
    {kGet, "/v1/status", kAct, kSeeBoard, true},
    {kGet, "/v1/staged", kAct, kSeeDirectory, true},
    {kGet, "/v1/staged/file", kAct, kSeeDirectory, true},
    {kPost, "/v1/staged/signatures", kAct, kConfirmDirectoryChange},
    {kPost, "/v1/staged/releases/signatures", kAct, kConfirmRelease},
    {kGet, "/v1/requests", kAct, kSeeBoard, true},
    {kGet, "/v1/requests/{case}", kAct, kSeeBoard, true},
    {kPost, "/v1/requests", kAct, kRequestChange},
    {kPost, "/v1/requests/reviews", kAct, kReviewChange},
    {kPost, "/v1/requests/{case}/proposals", kAct, kProposeDirectoryChange},
    {kPost, "/v1/requests/{case}/approval", kAct, kConfirmDirectoryChange},
    {kPost, "/v1/requests/{case}/refusal", kAct, kProposeDirectoryChange},
});

constexpr std::string_view kBearer = "Bearer ";

std::string token_in(const Request& request) {
  const auto header = request.header("Authorization");
  if (!header || !header->starts_with(kBearer)) return {};
  return std::string(header->substr(kBearer.size()));
}

Caller host_of(const Request& request) {
  return {"host:" + std::to_string(*request.peer.uid),
          {std::string(describe(Role::kManagementOfficer).code)},
          "",
          "",
          request.peer.address};
}

Result<Caller> logged_in(const Request& request, Sessions& sessions) {
  const std::string token = token_in(request);
  const PersonalAccount account = YZ_TRY(sessions.account_of(token));
  return Caller{account.name.text(), account.roles, account.scope, token, request.peer.address};
}

Result<void> check_act(const Caller& caller, const Access& access) {
  if (access.door != kAct || may(caller.roles, access.act)) return {};
  return Refusal{Reason::kRoleMissing, std::string(describe(access.act).title)};
}

constexpr std::array kOfAgencies = {Role::kClerk, Role::kSupervisor, Role::kTerminalAdministrator,
                                    Role::kObserver};
constexpr std::array kOfCentres = {Role::kClerk,
                                   Role::kSupervisor,
                                   Role::kTerminalAdministrator,
                                   Role::kCentreOperator,
                                   Role::kCentreSecurityOfficer,
                                   Role::kObserver};

bool has(const std::set<std::string>& roles, Role role) {
  return roles.contains(std::string(describe(role).code));
}

bool are_among(const std::set<std::string>& roles, std::span<const Role> allowed) {
  return std::ranges::all_of(roles, [&](const std::string& code) {
    return std::ranges::any_of(allowed, [&](Role role) { return describe(role).code == code; });
  });
}

// Its own, or an agency's that hangs on it.
bool is_below(const std::string& scope, const std::string& above, const Directory& directory) {
  if (above.empty() || scope.empty()) return false;
  if (scope == above) return true;
  const auto code = OrgCode::parse(scope);
  const Agency* agency = code ? directory.find(*code) : nullptr;
  return agency != nullptr && agency->home_centre.text() == above;
}

bool reaches(const Caller& caller, const Reach& reach, const Directory& directory) {
  if (has(caller.roles, Role::kManagementOfficer) && caller.scope.empty()) return true;
  if (has(caller.roles, Role::kCentreSecurityOfficer) && are_among(reach.roles, kOfCentres)) {
    return is_below(reach.scope, caller.scope, directory);
  }
  return has(caller.roles, Role::kTerminalAdministrator) && !caller.scope.empty() &&
         are_among(reach.roles, kOfAgencies) && reach.scope == caller.scope;
}

}  // namespace

std::span<const Access> access_table() { return kTable; }

Result<Caller> admit(const Access& access, const Request& request, Sessions& sessions) {
  if (access.door == kAnybody) return Caller{"", {}, "", "", request.peer.address};
  const bool from_host = access.host && request.peer.uid && !request.header("Authorization");
  if (from_host) return host_of(request);
  Caller caller = YZ_TRY(logged_in(request, sessions));
  YZ_TRY(upheld("route_act", check_act(caller, access)));
  return caller;
}

Result<void> check_reach(const Caller& caller, const Reach& reach, const Directory& directory) {
  for (const std::string& role : reach.roles) {
    if (!find_role(role)) return Refusal{Reason::kBadRequest, "沒有此角色：" + role};
  }
  if (upheld("account_reach", reaches(caller, reach, directory))) return {};
  return Refusal{Reason::kRoleMissing, "此帳號之角色或範圍不在您管理之內"};
}

}  // namespace yizhan
