#pragma once

#include <functional>

#include "ground/journal/journal.h"
#include "model/agency/agency.h"
#include "model/evidence/evidence.h"
#include "model/journey/journey.h"
#include "way/admit/body_intake.h"

// What another centre hands over: docs/protocol/centre-centre.md. Body, rows and B.1 become durable
// in one transaction; from then on the recipients are in the custody of this centre. The same offer
// again has the same answer and the same B.1.

namespace yizhan {

// Who hands over: the centre that the connection proved to be, and from where.
struct OfferingCentre {
  CentreCode code;
  std::string address;
};

struct TakeoverStatus {
  TakeoverId id;
  TakeoverState state;
  std::optional<Reason> reason;  // why it was refused
  std::int64_t next_group;
  std::int64_t group_count;
  std::optional<std::int64_t> news = {};  // of its B.1 or B.2 in the other centre's list

  [[nodiscard]] Json describe() const;
};

class TakingOver {
 public:
  struct Parts {
    Database& database;
    Custody& custody;
    ObjectStore& objects;
    const DirectorySource& directory;
    const TrustSource& trust;
    Journal& journal;
    std::function<void(StoredPackage)> screen;  // once it is durable
    std::function<void()> wake_signing;
  };

  explicit TakingOver(Parts parts);

  // Refuses what says nothing about the package: it is not of that centre's own agency
  // (kWrongSender), a recipient is not of this centre (kWrongHomeCentre, kUnknownAgency), or
  // another try may go otherwise (kDirectoryNewer …); and kReplayed, kBadSignature. What is proven
  // to come from the sender's centre and breaks a rule is refused with evidence B.2.
  Result<TakeoverStatus> offer(const OfferingCentre& from, const RelayOffer& offer);
  // kNotFound, kStepNotAllowed, kConflict (too early), kGroupMismatch, kLengthMismatch.
  Result<TakeoverStatus> put_group(const OfferingCentre& from, const TakeoverId& id,
                                   std::int64_t index, ByteView group);
  // Takes custody, when every group is here. kConflict when one is missing, and what offer refuses.
  Result<TakeoverStatus> accept(const OfferingCentre& from, const TakeoverId& id);

 private:
  struct Judged;
  struct Receiving;

  Result<void> check_proven(const OfferingCentre& from, const SealedHeader& sealed);
  Result<void> check_served(std::span<const PlacedRecipient> recipients) const;
  Result<Judged> judge(const OfferingCentre& from, const RelayOffer& offer,
                       const SealedHeader& sealed) const;
  Result<void> check_package(const Judged& judged, const RelayOffer& offer,
                             const SealedHeader& sealed) const;
  bool has_ended_before(const SealedHeader& sealed, const Judged& judged);
  bool enter(Transaction& tx, Takeover& takeover);
  Result<TakeoverStatus> begin(Takeover takeover, std::int64_t group_count);
  Result<TakeoverStatus> refuse(Takeover takeover, const RelayOffer& offer, const Refusal& why);
  Result<Receiving> load(const OfferingCentre& from, const TakeoverId& id);
  Result<void> finish_body(const Receiving& receiving);
  Result<TakeoverStatus> take(const OfferingCentre& from, const Receiving& receiving,
                              const Judged& judged);
  StoredPackage enter(Transaction& tx, const OfferingCentre& from, const Receiving& receiving,
                      const Judged& judged);
  void state(Transaction& tx, const Receiving& receiving, const Judged& judged, Time now);
  Refusal note_refusal(const OfferingCentre& from, const MessageKey& message, Refusal why);
  TakeoverStatus status_of(const Takeover& takeover, std::int64_t group_count);
  std::optional<std::int64_t> find_news(const Takeover& takeover);

  Parts parts_;
  BodyIntake intake_;
};

}  // namespace yizhan
