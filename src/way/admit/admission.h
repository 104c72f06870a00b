#pragma once

#include <functional>

#include "ground/files/files.h"
#include "ground/journal/journal.h"
#include "model/agency/agency.h"
#include "model/evidence/evidence.h"
#include "model/journey/journey.h"
#include "way/admit/body_intake.h"
#include "way/admit/quota.h"
#include "way/admit/submission_store.h"

// admit: who, may they, is it whole. Makes bytes and one row durable, states A.1 in the same
// transaction, and answers. What an agency is told, it is told again for the same request. What had
// been accepted before the store came back from an older copy is entered under the same A.1.

namespace yizhan {

// Who hands in: the agency that the connection proved to be, and from where.
struct Submitter {
  OrgCode org;
  std::string address;
};

struct SubmissionStatus {
  SubmissionId id;
  SubmissionState state;
  std::optional<Reason> reason;  // of a rejection
  std::int64_t next_group;
  std::int64_t group_count;
  bool seen_before;

  [[nodiscard]] Json describe() const;
};

class Admission {
 public:
  struct Parts {
    Database& database;
    Custody& custody;
    ObjectStore& objects;
    const DirectorySource& directory;
    const TrustSource& trust;
    Journal& journal;
    SendingQuota& quota;
    std::function<void(StoredPackage)> screen;  // once it is durable
    std::function<void()> wake_signing;
  };

  explicit Admission(Parts parts);

  // Refuses what must not be entered at all (the sender is not proven, or should try again):
  // kWrongSender, kWrongHomeCentre, kBadSignature, kReplayed, kIdempotencyMismatch,
  // kDirectoryNewer, kQuotaReached …
  // What is proven to come from the sender and breaks a rule is rejected with evidence A.2.
  Result<SubmissionStatus> submit(const Submitter& submitter, Envelope envelope);
  // kGroupMismatch, kLengthMismatch, kConflict (too early), kNotFound, kStepNotAllowed.
  Result<SubmissionStatus> put_group(const Submitter& submitter, const SubmissionId& id,
                                     std::int64_t index, ByteView group);
  Result<SubmissionStatus> find(const Submitter& submitter, const SubmissionId& id);
  // Uploads that nobody has gone on with for kUploadTimeMax make room, here and on disk. How many.
  int discard_abandoned();

 private:
  struct Receiving;

  bool is_rejected(Transaction& tx, const MessageKey& message);
  bool is_used(Transaction& tx, const MessageKey& message);
  Result<std::optional<SubmissionStatus>> find_earlier(const Submitter& submitter,
                                                       const Envelope& envelope);
  Result<void> check_proven(const Submitter& submitter, const SealedHeader& sealed);
  Result<void> check_quota(const Submitter& submitter, const SealedHeader& sealed);
  void record_refused(Transaction& tx, const Submitter& submitter, const SealedHeader& sealed,
                      Reason reason);
  std::optional<Time> accepted_before(const SealedHeader& sealed);
  bool needs_body(Transaction& tx, const Envelope& envelope, const Header& header);
  Result<CheckedEnvelope> check_rules(const Envelope& envelope, const SealedHeader& sealed);
  Result<SubmissionStatus> reject(const Submitter& submitter, const Submission& submission,
                                  const SealedHeader& sealed, const Refusal& refusal);
  Result<Receiving> load(const Submitter& submitter, const SubmissionId& id);
  Result<SubmissionStatus> accept(const Submitter& submitter, Receiving receiving);
  StoredPackage enter(Transaction& tx, const Submitter& submitter, const Receiving& receiving);
  void state(Transaction& tx, const Submitter& submitter, const Receiving& receiving, Time now);
  SubmissionStatus status_of(const Submission& submission, std::int64_t group_count,
                             bool seen_before) const;

  Parts parts_;
  SubmissionStore submissions_;
  BodyIntake intake_;
};

}  // namespace yizhan
