#pragma once

#include <functional>

#include "ground/journal/journal.h"
#include "model/evidence/evidence.h"
#include "model/journey/comebacks.h"
#include "model/journey/journey_store.h"
#include "model/journey/relay_store.h"

// A centre that has documents in custody. Every step of a document is taken, stated as evidence
// and journalled in one transaction: there is no fact without its evidence and none the other
// way round.

namespace yizhan {

// A recipient's terminal states in its E.2 that malware was found in the package.
using FoundAtRecipient = std::function<void(Transaction& tx, const StoredPackage& package,
                                            const Statement& failure)>;

class Custody {
 public:
  Custody(CentreIdentity centre, Journal& journal, const Clock& clock);

  struct Move {
    Step step;
    Time due;                           // when somebody has to look again
    std::optional<Refusal> why = {};    // for holds, stops, withdrawals, expiry
    std::vector<Sha256> previous = {};  // evidence that this follows
    std::vector<Bytes> approvals = {};  // signed orders that this obeys
  };

  // One recipient. Steps that are the centre's to state (hold, delay, consign, stop, withdraw,
  // paper, expire, fail to relay) leave evidence; the others are only journalled.
  // Refuses kStepNotAllowed, kConflict.
  Result<void> take(Transaction& tx, const StoredPackage& package, Delivery& delivery,
                    const Move& move);

  // The package as a whole and all of its recipients that are not at their end: one Held. Who is
  // fetching it is held when the lease lapses.
  void hold(Transaction& tx, StoredPackage& package, const Refusal& why,
            std::vector<Sha256> previous);
  // Malware was found in that package of it: its whole document is infected from now on, and
  // whoever of its recipients is not at the end is held.
  void stop_document(Transaction& tx, const StoredPackage& package, const std::string& malware);
  // Until officers have decided about what is held now.
  [[nodiscard]] Time hold_until(const StoredPackage& package) const;
  // All that are held go on; the package returns to `next`.
  void release(Transaction& tx, StoredPackage& package, Station next);

  // What the scanners said about it before it came here and here, oldest first.
  std::vector<Sha256> verdicts_on(Transaction& tx, const StoredPackage& package);
  // What a consignment here rests on, oldest first: the acceptance, the hand-over to this centre,
  // the verdicts, and officers' releases that override them. A verdict names the package and no
  // evidence (docs/decisions/0010).
  std::vector<EvidenceRow> before_consignment(Transaction& tx, const StoredPackage& package);
  // A statement about the package (delivery none) or about one recipient.
  [[nodiscard]] Statement statement(EvidenceType type, const StoredPackage& package,
                                    const Delivery* delivery) const;

  // The package is at its end when all of its recipients are; of those whom another centre took
  // over the final is known.
  void close_when_done(Transaction& tx, const StoredPackage& package);
  // Its body is wanted by nobody any more, or by others that share it.
  void begin_clearing(Transaction& tx, const StoredPackage& package);
  // What evidence says was decided about a recipient before this store came back from an older
  // copy, without a step of now and without further evidence. Refuses kConflict.
  Result<void> recall(Transaction& tx, const StoredPackage& package, Delivery& delivery,
                      State decided);
  // This store came back: see Comebacks::note.
  void note_comeback(Transaction& tx, std::int64_t known, const std::string& found_by);
  [[nodiscard]] Comebacks& comebacks() { return comebacks_; }

  [[nodiscard]] JourneyStore& journeys() { return journeys_; }
  [[nodiscard]] RelayStore& relays() { return relays_; }
  [[nodiscard]] EvidenceStore& evidence() { return evidence_; }
  [[nodiscard]] const CentreIdentity& centre() const { return centre_; }
  [[nodiscard]] Time now() const { return clock_.now(); }
  // Sender, message id, recipient (or empty), reason (or empty) of an event.
  void record(Transaction& tx, Event event, const StoredPackage& package, Fields more);

 private:
  bool awaits_final(Transaction& tx, const StoredPackage& package);
  [[nodiscard]] bool precedes(const EvidenceRow& row, const StoredPackage& package) const;

  CentreIdentity centre_;
  Journal& journal_;
  const Clock& clock_;
  JourneyStore journeys_;
  RelayStore relays_;
  EvidenceStore evidence_;
  Comebacks comebacks_;
};

}  // namespace yizhan
