#pragma once

#include <functional>

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

  explicit Routing(Parts parts);

  // Routes every recipient of the next packages that are due, about `count_max` recipients. false
  // when none is due.
  bool work(int count_max);

  // At once, in the transaction that lets the package pass. false, and nothing done, when it has so
  // many recipients that they had better take turns.
  bool route_now(Transaction& tx, StoredPackage& package);

 private:
  void route(Transaction& tx, StoredPackage& package);
  void route(Transaction& tx, const StoredPackage& package, Delivery& delivery);
  // Into that centre's queue, or why not.
  Result<void> forward(Transaction& tx, const StoredPackage& package, Delivery& delivery,
                       const CentreCode& home);
  [[nodiscard]] CentreCode destination(const StoredPackage& package, const Agency& agency) const;
  bool is_moved(Transaction& tx, const Delivery& delivery) const;

  Parts parts_;
};

}  // namespace yizhan
