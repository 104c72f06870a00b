#pragma once

#include <optional>
#include <span>
#include <string_view>

// Every reason for which Yizhan refuses something: one enum, because peers, evidence, journal,
// API and pages all show it. Codes are stable; titles and remedies are for people.

namespace yizhan {

enum class Reason {
  // Requests
  kBadRequest,
  kNotFound,
  kForbidden,
  kTooLarge,
  kConflict,
  kIdempotencyMismatch,
  kUnavailable,
  kTooManyRequests,
  kQuotaReached,
  kMethodNotAllowed,
  kHeaderTooLarge,
  kInternal,
  // Bytes
  kMalformed,
  kUnknownFormat,
  // Who, and may they
  kUnknownAgency,
  kUnknownUnit,
  kUnknownCentre,
  kCentreUnreachable,
  kAgencySuspended,
  kAgencyClosed,
  kWrongHomeCentre,
  kWrongSender,
  kUnlistedAddress,
  kCertificateUnregistered,
  kCertificateUntrusted,
  kCertificateExpired,
  kCertificateRevoked,
  kCertificatePurpose,
  kRevocationUnknown,
  kBadSignature,
  kAlgorithmRefused,
  // The package
  kReplayed,
  kDirectoryStale,
  kDirectoryNewer,
  kPolicyNewer,
  kPackageExpired,
  kClockSkew,
  kRecipientsMismatch,
  kScannersMismatch,
  kLengthMismatch,
  kGroupMismatch,
  kProofMismatch,
  kUnopenable,
  // Scanning
  kVerdictMissing,
  kInfected,
  kScanIncomplete,
  kScannerUnavailable,
  kScanBudget,
  kClassified,
  kContentRefused,
  kArchiveLimits,
  kArchiveEncrypted,
  // The document
  kDocumentInvalid,
  kAttachmentType,
  kAttachmentName,
  kAttachmentMissing,
  kDuplicateRecipient,
  kNumberReused,
  // The journey
  kStepNotAllowed,
  kLeaseLost,
  kAlreadyFinal,
  kWithdrawn,
  kExpired,
  kHoldExpired,
  kPaper,
  // Keys
  kKeyUnknown,
  kKeyForbidden,
  kKeyholderUnavailable,
  kTokenLocked,
  // Offline verification
  kExportBroken,
  kAnchorUnknown,
  // What management hands down
  kMetadataExpired,
  kMetadataRolledBack,
  kMetadataMismatch,
  kThresholdNotMet,
  // People
  kNotLoggedIn,
  kLogInRefused,
  kPasswordRefused,
  kRecoveryRefused,
  kRoleMissing,
  // Records and decisions
  kFormInvalid,
  kSamePerson,
  kDecisionLapsed,
  kDecisionChanged,
};

struct ReasonText {
  Reason reason;
  std::string_view code;    // stable, for machines
  std::string_view title;   // what is wrong (zh-TW)
  std::string_view remedy;  // what to do about it (zh-TW)
  int http_status;
};

const ReasonText& describe(Reason reason);
std::string_view code_of(Reason reason);
std::optional<Reason> find_reason(std::string_view code);
std::span<const ReasonText> all_reasons();

}  // namespace yizhan
