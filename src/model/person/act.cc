#include "model/person/act.h"

#include <algorithm>
#include <array>

#include "ground/control/control.h"

namespace yizhan {

namespace {

using enum Act;
using enum Role;

template <std::size_t kCount>
using Roles = std::array<Role, kCount>;

// Who proposes and who confirms are the same people where one pair of eyes is not enough: that they
// are two is kept by model/record. Auditors change nothing that they audit; observers nothing.
constexpr Roles<1> kClerks{kClerk};
constexpr Roles<1> kSupervisors{kSupervisor};
constexpr Roles<2> kRegistry{kClerk, kSupervisor};
constexpr Roles<3> kAgency{kClerk, kSupervisor, kTerminalAdministrator};
constexpr Roles<1> kAdministrators{kTerminalAdministrator};
constexpr Roles<1> kOperators{kCentreOperator};
constexpr Roles<1> kSecurity{kCentreSecurityOfficer};
constexpr Roles<2> kCentre{kCentreOperator, kCentreSecurityOfficer};
constexpr Roles<1> kManagement{kManagementOfficer};
constexpr Roles<1> kReleases{kReleaseOfficer};
constexpr Roles<1> kAuditors{kAuditor};
constexpr Roles<2> kSecurityAndManagement{kCentreSecurityOfficer, kManagementOfficer};
constexpr Roles<3> kReviewers{kCentreOperator, kCentreSecurityOfficer, kManagementOfficer};
constexpr Roles<3> kAccountKeepers{kTerminalAdministrator, kCentreSecurityOfficer,
                                   kManagementOfficer};
constexpr Roles<3> kJournalReaders{kCentreSecurityOfficer, kManagementOfficer, kAuditor};
constexpr Roles<4> kAnswerable{kSupervisor, kTerminalAdministrator, kCentreSecurityOfficer,
                               kManagementOfficer};
constexpr Roles<3> kConfirming{kSupervisor, kCentreSecurityOfficer, kManagementOfficer};
constexpr Roles<7> kWorking{kClerk,
                            kSupervisor,
                            kTerminalAdministrator,
                            kCentreOperator,
                            kCentreSecurityOfficer,
                            kManagementOfficer,
                            kReleaseOfficer};
constexpr Roles<9> kAll{kClerk,
                        kSupervisor,
                        kTerminalAdministrator,
                        kCentreOperator,
                        kCentreSecurityOfficer,
                        kManagementOfficer,
                        kReleaseOfficer,
                        kAuditor,
                        kObserver};

// In the order of the enum.
constexpr auto kActs = std::to_array<ActText>({
    {kHandleDocuments, "handle_documents", "收發公文", kClerks},
    {kSeeUnconfirmed, "see_unconfirmed", "查看未確認公文", kRegistry},
    {kRequestChange, "request_change", "申請連線異動", kAgency},
    {kApproveRequest, "approve_request", "核可機關申請", kSupervisors},
    {kManageTerminal, "manage_terminal", "管理終端主機", kAdministrators},
    {kRunCentre, "run_centre", "維運交換中心", kOperators},
    {kReviewChange, "review_change", "審查連線異動", kReviewers},
    {kProposeQuarantineRelease, "propose_quarantine_release", "提議解除隔離", kCentre},
    {kConfirmQuarantineRelease, "confirm_quarantine_release", "核定解除隔離", kSecurity},
    {kApproveException, "approve_exception", "核准例外", kSecurityAndManagement},
    {kProposeDirectoryChange, "propose_directory_change", "提議目錄及位址清單異動", kManagement},
    {kConfirmDirectoryChange, "confirm_directory_change", "核定目錄及位址清單異動", kManagement},
    {kPublishNotice, "publish_notice", "發布更新通知", kManagement},
    {kProposeRelease, "propose_release", "提議派送版本", kReleases},
    {kConfirmRelease, "confirm_release", "核定派送版本", kReleases},
    {kProposeSuspension, "propose_suspension", "提議中止或恢復服務", kSecurityAndManagement},
    {kConfirmSuspension, "confirm_suspension", "核定中止或恢復服務", kManagement},
    {kAnswerDuty, "answer_duty", "回報應辦事項", kWorking},
    {kReportIncident, "report_incident", "通報資安事件", kWorking},
    {kReviewIncident, "review_incident", "審核資安事件", kSecurityAndManagement},
    {kFillSelfAssessment, "fill_self_assessment", "填寫自評表", kAnswerable},
    {kConfirmSelfAssessment, "confirm_self_assessment", "核定自評表", kConfirming},
    {kConductAudit, "conduct_audit", "辦理稽核", kAuditors},
    {kAnswerAudit, "answer_audit", "回覆稽核", kAnswerable},
    {kManageAccounts, "manage_accounts", "管理帳號", kAccountKeepers},
    {kReadJournal, "read_journal", "查閱稽核軌跡", kJournalReaders},
    {kReadPersonalFields, "read_personal_fields", "查閱個人資料欄位", kSecurityAndManagement},
    {kSeeBoard, "see_board", "查看應辦事項", kAll},
    {kSeeDirectory, "see_directory", "查詢地址簿", kAll},
});

}  // namespace

const ActText& describe(Act act) { return kActs.at(static_cast<std::size_t>(act)); }

std::optional<Act> find_act(std::string_view code) {
  const auto* const found = std::ranges::find(kActs, code, &ActText::code);
  return found == kActs.end() ? std::nullopt : std::optional(found->act);
}

std::span<const ActText> all_acts() { return kActs; }

bool may(const std::set<std::string>& roles, Act act) {
  const bool one_may = std::ranges::any_of(describe(act).roles, [&](Role role) {
    return roles.contains(std::string(describe(role).code));
  });
  return upheld("role_table", one_may);
}

}  // namespace yizhan
