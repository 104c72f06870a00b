#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "model/person/role.h"

// Everything for which it matters who does it. A route, and a step of a case, names one act.

namespace yizhan {

enum class Act {
  // An agency's own work
  kHandleDocuments,
  kSeeUnconfirmed,
  kRequestChange,
  kApproveRequest,
  kManageTerminal,
  // A centre's
  kRunCentre,
  kReviewChange,
  kProposeQuarantineRelease,
  kConfirmQuarantineRelease,
  kApproveException,
  // Management's
  kProposeDirectoryChange,
  kConfirmDirectoryChange,
  kPublishNotice,
  kProposeRelease,
  kConfirmRelease,
  kProposeSuspension,
  kConfirmSuspension,
  // Everybody's duties
  kAnswerDuty,
  kReportIncident,
  kReviewIncident,
  kFillSelfAssessment,
  kConfirmSelfAssessment,
  kConductAudit,
  kAnswerAudit,
  // Accounts and what is kept of people
  kManageAccounts,
  kReadJournal,
  kReadPersonalFields,
  // Looking
  kSeeBoard,
  kSeeDirectory,
};

struct ActText {
  Act act;
  std::string_view code;        // stable
  std::string_view title;       // zh-TW
  std::span<const Role> roles;  // that may; nobody else does
};

const ActText& describe(Act act);
std::optional<Act> find_act(std::string_view code);
std::span<const ActText> all_acts();

// Whether one of the roles may, by their codes as on an account. A code that is no role may
// nothing. For where they hold (the account's scope) the caller looks itself.
bool may(const std::set<std::string>& roles, Act act);

}  // namespace yizhan
