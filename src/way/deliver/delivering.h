#pragma once

#include <functional>

#include "ground/files/files.h"
#include "model/agency/agency.h"
#include "model/journey/journey.h"

// deliver: a terminal leases a consigned document, fetches it by groups and completes with its
// signed E.1 or E.2. Of two terminals one gets it; a lease that lapses gives it back.

namespace yizhan {

struct LeaseWish {
  std::string terminal;
  std::string key;  // idempotency: the same key renews its own lease
  bool with_body = false;  // where it is a single group, along with the answer
};

class Delivering {
 public:
  struct Parts {
    Database& database;
    Custody& custody;
    const ObjectStore& objects;
    const DirectorySource& directory;
    const CryptoPolicy& policy;
    std::function<void()> wake_signing;
    // A recipient's terminal found malware in what was delivered to it; in the transaction that
    // enters its E.2.
    FoundAtRecipient on_malware = {};
  };

  explicit Delivering(Parts parts);

  // kNotFound (also for another agency's: an id tells nothing), kLeaseLost, kAlreadyFinal,
  // kAgencySuspended, kPackageExpired.
  Result<Consignment> lease(const OrgCode& reader, const DeliveryId& id, const LeaseWish& wish);
  // One group of the body; keeps the lease alive. kNotFound, kLeaseLost, kBadRequest.
  Result<Bytes> group(const OrgCode& reader, const DeliveryId& id, const std::string& lease,
                      std::int64_t index);
  // E.1 or E.2. The first final that is entered wins; a later one is kept, marked superseded, and
  // answered with where the document stands.
  Result<State> complete(const OrgCode& reader, const DeliveryId& id, ByteView evidence);
  // F.1 or F.2, after E.1.
  Result<State> acknowledge(const OrgCode& reader, const DeliveryId& id, ByteView evidence);

  // Gives back what was leased and not completed in time. How many.
  int lapse_due(int count_max);

 private:
  struct Held;

  Result<Held> find_for(Transaction& tx, const OrgCode& reader, const DeliveryId& id);
  // What the receipt is about: a store that came back and took the package again calls it by
  // another name than the one by which its recipient had it.
  Result<Held> find_stated(Transaction& tx, const OrgCode& reader, const DeliveryId& id,
                           const Statement& statement);
  Result<SignedStatement> read_statement(ByteView cms) const;
  static Result<void> check_concerns(const Held& held, const Statement& statement);
  Result<State> enter(Transaction& tx, const Held& held, const SignedStatement& statement,
                      Step step);
  void hold(Transaction& tx, const StoredPackage& package, Delivery& delivery);
  Result<std::vector<Bytes>> evidence_for(Transaction& tx, const Held& held);

  Parts parts_;
};

}  // namespace yizhan
