#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "model/agency/agency.h"
#include "model/journey/journey.h"

// route: each recipient of a screened package on its own way: into the inbox of an agency of this
// centre (D.1), held while it is suspended, into the queue of the centre that serves it now, or
// ended when there is no such agency or centre (D.2).

namespace yizhan {

class Routing {
 public:
  struct Parts {
    Database& database;
    Custody& custody;
    const DirectorySource& directory;
    std::function<void()> wake_signing;
    std::function<void()> wake_relaying = [] {};
  };

  // How many recipients one transaction routes: whoever else wants to write waits that long.
  static constexpr int kPart = 256;

  explicit Routing(Parts parts);

  // Routes the next recipients, at most `count_max`, of one package that is due, in one
  // transaction; the package stays due until all are routed. The most urgent first, packages of one
  // urgency in turns. One thread. false when none is due.
  bool work(int count_max);

  // At once, in the transaction that lets the package pass. false, and nothing done, when it has so
  // many recipients that they had better take turns.
  bool route_now(Transaction& tx, StoredPackage& package);

 private:
  // A package in the transaction that routes some of its recipients.
  struct Routed {
    const StoredPackage& package;
    std::optional<std::vector<Sha256>> previous = {};  // what a consignment rests on
  };

  std::optional<PackageId> next(Transaction& tx) const;
  std::vector<DeliveryId> find_moved(Transaction& tx, const PackageId& id, int count_max) const;
  void route_part(Transaction& tx, const PackageId& id, const std::vector<DeliveryId>& moved,
                  int count_max);
  void route(Transaction& tx, Routed& routed, Delivery& delivery);
  std::vector<Sha256> previous_of(Transaction& tx, const StoredPackage& package);
  // Into that centre's queue, or why not.
  Result<void> forward(Transaction& tx, const StoredPackage& package, Delivery& delivery,
                       const CentreCode& home);
  [[nodiscard]] CentreCode destination(const StoredPackage& package, const Agency& agency) const;
  [[nodiscard]] bool is_moved(const StoredPackage& package, const Delivery& delivery) const;

  Parts parts_;
  std::optional<PackageId> last_;  // that had its turn
};

}  // namespace yizhan
