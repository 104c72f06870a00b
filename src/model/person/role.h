#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace yizhan {

enum class Role {
  kClerk,
  kSupervisor,
  kTerminalAdministrator,
  kCentreOperator,
  kCentreSecurityOfficer,
  kManagementOfficer,
  kReleaseOfficer,
  kAuditor,
  kObserver,
};

struct RoleText {
  Role role;
  std::string_view code;   // stable: as it stands on an account, in API and journal
  std::string_view title;  // zh-TW, as in regulation/glossary.md
};

const RoleText& describe(Role role);
std::optional<Role> find_role(std::string_view code);
std::span<const RoleText> all_roles();

}  // namespace yizhan
