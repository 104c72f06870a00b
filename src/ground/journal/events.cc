#include "ground/journal/events.h"

#include <array>

#include "ground/base/base.h"

namespace yizhan {

namespace {

using enum Event;
using enum Outcome;

template <std::size_t kCount>
using Names = std::array<std::string_view, kCount>;

constexpr Names<4> kAdmitted{"message_id", "sender", "recipient_count", "address"};
constexpr Names<4> kRefused{"message_id", "sender", "address", "reason"};
constexpr Names<3> kScreened{"message_id", "sender", "result"};
constexpr Names<4> kMalware{"message_id", "sender", "address", "name"};
// One step of one recipient's delivery; no recipient where it concerns all of them.
constexpr Names<4> kStep{"message_id", "sender", "recipient", "reason"};
constexpr Names<4> kTakenOver{"message_id", "sender", "centre", "recipient_count"};
constexpr Names<4> kRelayRefusal{"message_id", "sender", "centre", "reason"};
constexpr Names<3> kComeback{"count", "since", "found_by"};
constexpr Names<3> kByPerson{"message_id", "recipient", "person"};
constexpr Names<4> kByPersonWithReason{"message_id", "recipient", "person", "reason"};
constexpr Names<3> kSealed{"message_id", "document_number", "recipient_count"};
constexpr Names<3> kSent{"message_id", "centre", "person"};
constexpr Names<3> kReceived{"message_id", "sender", "module"};
constexpr Names<3> kUnopenable{"message_id", "step", "reason"};
constexpr Names<2> kDirectory{"version", "sha256"};
constexpr Names<2> kDirectoryReason{"version", "reason"};
constexpr Names<6> kOrder{"order", "kind", "subject", "ground", "effective", "sha256"};
constexpr Names<4> kOrderForce{"order", "kind", "subject", "ground"};
constexpr Names<3> kOrderEnd{"order", "subject", "by"};
constexpr Names<2> kOrderLapse{"order", "subject"};
constexpr Names<2> kOrderRefusal{"order", "reason"};
constexpr Names<3> kNotice{"notice", "title", "sha256"};
constexpr Names<4> kNoticeOwed{"notice", "title", "sha256", "centres"};
constexpr Names<4> kNoticeWord{"notice", "kind", "day", "person"};
constexpr Names<2> kNoticeRefusal{"notice", "reason"};
constexpr Names<3> kReleaseCheck{"release", "packages", "running"};
constexpr Names<2> kReleaseRefusal{"release", "reason"};
constexpr Names<4> kHostCheck{"edition", "checked", "deviations", "excepted"};
constexpr Names<5> kConnection{"address", "certificate_sha256", "agency", "reason", "count"};
constexpr Names<2> kScanner{"scanner", "detail"};
constexpr Names<3> kMaintained{"person", "reason", "until"};
constexpr Names<1> kReasonOnly{"reason"};
constexpr Names<2> kWitness{"witness", "reason"};
constexpr Names<4> kConflict{"log", "size_before", "size_shown", "root_shown"};
constexpr Names<2> kAuthority{"authority", "reason"};
constexpr Names<4> kProof{"message_id", "kind", "evidence_sha256", "reason"};
constexpr Names<3> kAccountRoles{"account", "by", "roles"};
constexpr Names<2> kAccountBy{"account", "by"};
constexpr Names<2> kAccountFrom{"account", "address"};
constexpr Names<3> kAccountCertificate{"account", "by", "certificate_sha256"};
constexpr Names<3> kAccountFactors{"account", "address", "factors"};
constexpr Names<3> kAccountRefusal{"account", "address", "reason"};
constexpr Names<2> kSessionEnd{"account", "reason"};
constexpr Names<5> kFact{"fact", "kind", "subject", "reporter", "sha256"};
constexpr Names<6> kObligation{"obligation", "kind", "subject", "period", "owner", "due"};
constexpr Names<3> kReminder{"obligation", "owner", "days_before"};
constexpr Names<2> kLate{"obligation", "owner"};
constexpr Names<3> kEscalation{"obligation", "owner", "supervisor"};
constexpr Names<4> kDone{"obligation", "owner", "proof", "by"};
constexpr Names<4> kCase{"case", "kind", "edition", "by"};
constexpr Names<6> kCaseStep{"case", "step", "state", "version", "content_sha256", "by"};
constexpr Names<5> kDecision{"decision", "kind", "subject", "digest", "by"};
constexpr Names<5> kRoleSignatures{"role", "version", "sha256", "signers", "by"};
constexpr Names<4> kRoleVersion{"role", "version", "sha256", "signers"};
constexpr Names<2> kRoleReason{"role", "reason"};
constexpr Names<3> kStarted{"program", "version", "configuration_sha256"};
constexpr Names<2> kStoppedProcess{"program", "reason"};

constexpr auto kEvents = std::to_array<EventText>({
    {kMessageAdmitted, "message_admitted", kSuccess, "五(一)9", kAdmitted},
    {kSubmissionRefused, "submission_refused", kRefusal, "五(一)9", kRefused},
    {kDocumentScreened, "document_screened", kSuccess, "五(二)6", kScreened},
    {kMalwareFound, "malware_found", kRefusal, "五(二)7", kMalware},
    {kDocumentHeld, "document_held", kRefusal, "", kStep},
    {kDocumentReleased, "document_released", kSuccess, "", kStep},
    {kDocumentStopped, "document_stopped", kRefusal, "五(二)7", kStep},
    {kMessageConsigned, "message_consigned", kSuccess, "五(一)9", kStep},
    {kMessageLeased, "message_leased", kSuccess, "", kStep},
    {kLeaseLapsed, "lease_lapsed", kRefusal, "", kStep},
    {kMessageHandedOver, "message_handed_over", kSuccess, "五(一)9", kStep},
    {kHandoverRefused, "handover_refused", kRefusal, "", kStep},
    {kMessageAcknowledged, "message_acknowledged", kSuccess, "五(一)9", kStep},
    {kDeliveryWithdrawn, "delivery_withdrawn", kSuccess, "", kStep},
    {kMessageExpired, "message_expired", kRefusal, "", kStep},
    {kMessageForwarded, "message_forwarded", kSuccess, "", kStep},
    {kMessageOffered, "message_offered", kSuccess, "", kStep},
    {kMessageRelayed, "message_relayed", kSuccess, "五(一)9", kStep},
    {kRelayFailed, "relay_failed", kRefusal, "", kStep},
    {kMessageTakenOver, "message_taken_over", kSuccess, "五(一)9", kTakenOver},
    {kRelayRefused, "relay_refused", kRefusal, "", kRelayRefusal},
    {kStoreCameBack, "store_came_back", kRefusal, "", kComeback},
    {kDeliveryRecalled, "delivery_recalled", kSuccess, "", kStep},
    {kDocumentSealed, "document_sealed", kSuccess, "五(六)", kSealed},
    {kDocumentSent, "document_sent", kSuccess, "", kSent},
    {kMessageConfirmed, "message_confirmed", kSuccess, "五(一)9", kByPerson},
    {kMessageReturned, "message_returned", kSuccess, "五(一)9", kByPersonWithReason},
    {kMessageWithdrawn, "message_withdrawn", kSuccess, "", kByPerson},
    {kFollowUpNoted, "follow_up_noted", kSuccess, "", kByPersonWithReason},
    {kDocumentReceived, "document_received", kSuccess, "五(六)", kReceived},
    {kPackageUnopenable, "package_unopenable", kRefusal, "", kUnopenable},
    {kDirectoryLoaded, "directory_loaded", kSuccess, "", kDirectory},
    {kDirectoryRefused, "directory_refused", kRefusal, "", kDirectoryReason},
    {kOrderReceived, "order_received", kSuccess, "十三", kOrder},
    {kOrderInForce, "order_in_force", kSuccess, "十三", kOrderForce},
    {kOrderEnded, "order_ended", kSuccess, "十三", kOrderEnd},
    {kOrderLapsed, "order_lapsed", kRefusal, "十三", kOrderLapse},
    {kOrderRefused, "order_refused", kRefusal, "十三", kOrderRefusal},
    {kNoticePublished, "notice_published", kSuccess, "五(一)2", kNoticeOwed},
    {kNoticeReceived, "notice_received", kSuccess, "五(二)1", kNotice},
    {kNoticeAnswered, "notice_answered", kSuccess, "五(二)1", kNoticeWord},
    {kNoticeRefused, "notice_refused", kRefusal, "五(二)1", kNoticeRefusal},
    {kReleaseVerified, "release_verified", kSuccess, "五(二)2", kReleaseCheck},
    {kReleaseRefused, "release_refused", kRefusal, "五(二)2", kReleaseRefusal},
    {kHostChecked, "host_checked", kSuccess, "五(一)4", kHostCheck},
    {kConnectionRefused, "connection_refused", kRefusal, "五(二)4", kConnection},
    {kScannerDown, "scanner_down", kRefusal, "五(二)6", kScanner},
    {kScannerUp, "scanner_up", kSuccess, "五(二)6", kScanner},
    {kMaintenanceBegun, "maintenance_begun", kSuccess, "", kMaintained},
    {kMaintenanceEnded, "maintenance_ended", kSuccess, "", kMaintained},
    {kLogUncosigned, "log_uncosigned", kRefusal, "", kReasonOnly},
    {kLogCosigned, "log_cosigned", kSuccess, "", kReasonOnly},
    {kWitnessDisagrees, "witness_disagrees", kRefusal, "", kWitness},
    {kLogConflict, "log_conflict", kRefusal, "", kConflict},
    {kStampsMissing, "stamps_missing", kRefusal, "", kAuthority},
    {kStampsBack, "stamps_back", kSuccess, "", kAuthority},
    {kProofOverdue, "proof_overdue", kRefusal, "", kProof},
    {kProofArrived, "proof_arrived", kSuccess, "", kProof},
    {kAccountOpened, "account_opened", kSuccess, "", kAccountRoles},
    {kAccountChanged, "account_changed", kSuccess, "", kAccountRoles},
    {kAccountClosed, "account_closed", kSuccess, "", kAccountBy},
    {kAccountLocked, "account_locked", kRefusal, "", kAccountFrom},
    {kRecoveryGiven, "recovery_given", kSuccess, "", kAccountBy},
    {kCredentialsRenewed, "credentials_renewed", kSuccess, "五(一)1", kAccountFrom},
    {kPasswordChanged, "password_changed", kSuccess, "五(一)1", kAccountFrom},
    {kCertificateRegistered, "certificate_registered", kSuccess, "", kAccountCertificate},
    {kCertificateRemoved, "certificate_removed", kSuccess, "", kAccountCertificate},
    {kLoggedIn, "logged_in", kSuccess, "", kAccountFactors},
    {kLogInRefused, "log_in_refused", kRefusal, "", kAccountRefusal},
    {kSessionEnded, "session_ended", kSuccess, "", kSessionEnd},
    {kFactRecorded, "fact_recorded", kSuccess, "", kFact},
    {kObligationOpened, "obligation_opened", kSuccess, "", kObligation},
    {kObligationReminded, "obligation_reminded", kSuccess, "", kReminder},
    {kObligationLate, "obligation_late", kRefusal, "", kLate},
    {kObligationEscalated, "obligation_escalated", kSuccess, "五(五)", kEscalation},
    {kObligationDone, "obligation_done", kSuccess, "", kDone},
    {kCaseOpened, "case_opened", kSuccess, "", kCase},
    {kCaseStepTaken, "case_step_taken", kSuccess, "", kCaseStep},
    {kDecisionProposed, "decision_proposed", kSuccess, "", kDecision},
    {kDecisionConfirmed, "decision_confirmed", kSuccess, "", kDecision},
    {kDecisionRefused, "decision_refused", kRefusal, "", kDecision},
    {kDecisionLapsed, "decision_lapsed", kRefusal, "", kDecision},
    {kDecisionUsed, "decision_used", kSuccess, "", kDecision},
    {kRoleSigned, "role_signed", kSuccess, "", kRoleSignatures},
    {kRolePublishing, "role_publishing", kSuccess, "", kRoleVersion},
    {kPublicationRefused, "publication_refused", kRefusal, "", kRoleReason},
    {kProcessStarted, "process_started", kSuccess, "", kStarted},
    {kProcessStopped, "process_stopped", kSuccess, "", kStoppedProcess},
});

}  // namespace

const EventText& describe(Event event) {
  const EventText& text = kEvents.at(static_cast<std::size_t>(event));
  YZ_ASSERT(text.event == event);  // the table stands in the order of the enum
  return text;
}

std::span<const EventText> all_events() { return kEvents; }

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case kSuccess:
      return "success";
    case kRefusal:
      return "refusal";
  }
  YZ_ASSERT(false);
}

}  // namespace yizhan
