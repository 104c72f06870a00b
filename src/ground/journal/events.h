#pragma once

#include <span>
#include <string_view>

// Every kind of event that the journal keeps: one table, with the fields that each must carry and
// the clause of the regulation that it proves (regulation/clauses.txt).

namespace yizhan {

enum class Event {
  // The way of a document
  kMessageAdmitted,
  kSubmissionRefused,
  kDocumentScreened,
  kMalwareFound,
  kDocumentHeld,
  kDocumentReleased,
  kDocumentStopped,
  kMessageConsigned,
  kMessageLeased,
  kLeaseLapsed,
  kMessageHandedOver,
  kHandoverRefused,
  kMessageAcknowledged,
  kDeliveryWithdrawn,
  kMessageExpired,
  // Between centres
  kMessageForwarded,
  kMessageOffered,
  kMessageRelayed,
  kRelayFailed,
  kMessageTakenOver,
  kRelayRefused,
  // A store that came back from an older copy
  kStoreCameBack,
  kDeliveryRecalled,
  // At the terminal
  kDocumentSealed,
  kDocumentSent,
  kMessageConfirmed,
  kMessageReturned,
  kMessageWithdrawn,
  kFollowUpNoted,
  kDocumentReceived,
  kPackageUnopenable,
  // What surrounds it
  kDirectoryLoaded,
  kDirectoryRefused,
  kOrderReceived,
  kOrderInForce,
  kOrderEnded,
  kOrderLapsed,
  kOrderRefused,
  kNoticePublished,
  kNoticeReceived,
  kNoticeAnswered,
  kNoticeRefused,
  kReleaseVerified,
  kReleaseRefused,
  kHostChecked,
  kConnectionRefused,
  kScannerDown,
  kScannerUp,
  kMaintenanceBegun,
  kMaintenanceEnded,
  // The evidence log and who watches it
  kLogUncosigned,
  kLogCosigned,
  kWitnessDisagrees,
  kLogConflict,
  kStampsMissing,
  kStampsBack,
  kProofOverdue,
  kProofArrived,
  // Accounts of people
  kAccountOpened,
  kAccountChanged,
  kAccountClosed,
  kAccountLocked,
  kRecoveryGiven,
  kCredentialsRenewed,
  kPasswordChanged,
  kCertificateRegistered,
  kCertificateRemoved,
  kLoggedIn,
  kLogInRefused,
  kSessionEnded,
  // Records: facts, obligations, cases, decisions by two
  kFactRecorded,
  kObligationOpened,
  kObligationReminded,
  kObligationLate,
  kObligationEscalated,
  kObligationDone,
  kCaseOpened,
  kCaseStepTaken,
  kDecisionProposed,
  kDecisionConfirmed,
  kDecisionRefused,
  kDecisionLapsed,
  kDecisionUsed,
  // What management publishes
  kRoleSigned,
  kRolePublishing,
  kPublicationRefused,
  kProcessStarted,
  kProcessStopped,
};

enum class Outcome { kSuccess, kRefusal };

struct EventText {
  Event event;
  std::string_view name;  // stable, for machines
  Outcome outcome;
  std::string_view clause;  // "" if none
  std::span<const std::string_view> fields;
};

const EventText& describe(Event event);
std::span<const EventText> all_events();
std::string_view name_of(Outcome outcome);  // "success", "refusal"

}  // namespace yizhan
