#include "model/person/role.h"

#include <algorithm>
#include <array>

namespace yizhan {

namespace {

using enum Role;

// In the order of the enum.
constexpr auto kRoles = std::to_array<RoleText>({
    {kClerk, "clerk", "收發人員"},
    {kSupervisor, "supervisor", "單位主管"},
    {kTerminalAdministrator, "terminal_administrator", "終端管理者"},
    {kCentreOperator, "centre_operator", "交換中心操作員"},
    {kCentreSecurityOfficer, "centre_security_officer", "交換中心資安人員"},
    {kManagementOfficer, "management_officer", "管理層承辦人"},
    {kReleaseOfficer, "release_officer", "程式派送人員"},
    {kAuditor, "auditor", "稽核員"},
    {kObserver, "observer", "檢視者"},
});

}  // namespace

const RoleText& describe(Role role) { return kRoles.at(static_cast<std::size_t>(role)); }

std::optional<Role> find_role(std::string_view code) {
  const auto* const found = std::ranges::find(kRoles, code, &RoleText::code);
  return found == kRoles.end() ? std::nullopt : std::optional(found->role);
}

std::span<const RoleText> all_roles() { return kRoles; }

}  // namespace yizhan
