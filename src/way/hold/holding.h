#pragma once

#include <functional>

#include "ground/files/files.h"
#include "model/agency/agency.h"
#include "model/journey/journey.h"

// hold: what waits does not wait for ever. Officers decide about held documents, senders withdraw
// what nobody has fetched, suspended agencies resume, and what is past its time ends with evidence.

namespace yizhan {

struct WithdrawalOutcome {
  Addressee addressee;
  State state;  // kWithdrawn or kPaper where it succeeded, else where the delivery stands
};

class Holding {
 public:
  struct Parts {
    Database& database;
    Custody& custody;
    ObjectStore& objects;
    const DirectorySource& directory;
    std::function<void()> wake_signing;
    std::function<void()> wake_routing;
    std::function<void()> wake_relaying = [] {};
  };

  explicit Holding(Parts parts);

  // One round over what is due: resumed agencies, ended holds, expiry, bodies nobody needs.
  // How many were moved.
  int work(int count_max);

  // Release (two officers) or stop (one) of a held package; where it stands then. A release names
  // every verdict on it, or its recipients would refuse it; what no scanner could judge yet goes
  // back to the scanner. kNotFound, kStepNotAllowed, kForbidden, kConflict.
  Result<Station> decide(std::span<const SignedDecision> decisions);
  // Signed by the sending agency; wins only before a lease; kept in the D.2 that it leads to. The
  // same request again does no more, nor do the same decisions. It follows what was or may have
  // been handed over to the centre that has it. `from`: the centre that handed the package over and
  // now brings the request; none: the sender itself. kNotFound, kForbidden.
  Result<std::vector<WithdrawalOutcome>> withdraw(
      const SignedWithdrawal& request, const std::optional<CentreCode>& from = std::nullopt);

 private:
  struct StatedAbout {
    EvidenceType type;
    std::optional<Addressee> recipient;
  };

  int end_or_resume(State state, int count_max);
  int hold_suspended(int count_max);
  int clear_bodies(int count_max);
  std::vector<PackageId> due_at(Station station, int count_max);
  void look_at(Transaction& tx, const StoredPackage& package, Delivery& delivery);
  bool is_resumed(const Delivery& delivery) const;
  Statement released_by(Transaction& tx, const StoredPackage& package,
                        std::span<const SignedDecision> decisions);
  Station release(Transaction& tx, StoredPackage& package, const Statement& released);
  Result<Station> stop(Transaction& tx, const StoredPackage& package,
                       std::span<const SignedDecision> decisions);
  std::optional<Station> find_obeyed(Transaction& tx, const StoredPackage& package,
                                     std::span<const SignedDecision> decisions);
  Result<void> check_timely(Transaction& tx, const StoredPackage& package,
                            std::span<const SignedDecision> decisions);
  void pass_on(Transaction& tx, const StoredPackage& package,
               const std::vector<Delivery>& deliveries, const SignedWithdrawal& request);
  bool obeys(Transaction& tx, const StoredPackage& package, const StatedAbout& about,
             const std::vector<Bytes>& orders);

  Parts parts_;
};

}  // namespace yizhan
