#pragma once

#include <functional>

#include "model/agency/agency.h"
#include "model/evidence/evidence.h"
#include "model/journey/journey.h"

// What this centre stated or was given, and forgot because its store came back from an older copy:
// docs/protocol/terminal-centre.md, "After a store came back". Only signatures prove it, this
// centre's own among them.

namespace yizhan {

class Recollecting {
 public:
  struct Parts {
    Database& database;
    Custody& custody;
    const DirectorySource& directory;
    const CryptoPolicy& policy;
    std::function<void()> wake_signing;
  };

  explicit Recollecting(Parts parts) : parts_(std::move(parts)) {}

  // By the sender, by one of the recipients, or by the sender's home centre. Whether the package is
  // here: then every recipient stands as the evidence says. Where it is not, its own acceptance
  // (A.1, B.1) is kept with what belongs to it, so that the package may come again under it.
  // Refuses kStepNotAllowed: this store has not come back; kForbidden: it is not theirs; and what
  // open_header refuses.
  Result<bool> take(const OrgCode& from, const Retold& retold);
  Result<bool> take(const CentreCode& from, const Retold& retold);

 private:
  struct Known;
  using MayTell = std::function<bool(const Known&, const ProvenEvidence&)>;

  Result<bool> take(const Retold& retold, const MayTell& may_tell);
  Result<Known> find(const Retold& retold);
  void keep(Transaction& tx, const ProvenEvidence& proven);

  Parts parts_;
};

// When this centre took that package into its custody before its store came back: the time of its
// own A.1 (or, of what another centre handed over, B.1), which was told to it again. nullopt: it
// did not.
std::optional<Time> find_acceptance(Transaction& tx, Custody& custody, const SealedHeader& sealed,
                                    EvidenceType type);

// Whether of all of them a final is here: what is entered again for the record needs no body.
bool has_ended(Transaction& tx, Custody& custody, const MessageKey& message,
               std::span<const PlacedRecipient> recipients);

// Every recipient of the package stands as the evidence here says it was decided; whom another
// centre has taken over is offered to it, and that centre says where it stands.
void follow_evidence(Transaction& tx, Custody& custody, const Directory& directory,
                     const StoredPackage& package);

}  // namespace yizhan
