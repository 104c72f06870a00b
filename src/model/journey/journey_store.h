#pragma once

#include <map>
#include <optional>
#include <vector>

#include "ground/store/store.h"
#include "model/journey/steps.h"
#include "model/package/package.h"

// Where each package and each of its recipients stands. The stations of the way meet here and
// nowhere else.

namespace yizhan {

struct PackageNoun;
struct DeliveryNoun;
using PackageId = Id<PackageNoun>;
using DeliveryId = Id<DeliveryNoun>;

// What the package as a whole waits for. At kRouted each recipient goes its own way; at kDone all
// are at their end; at kClearing its body is being removed; at kCleared the body is gone, the
// evidence stays.
enum class Station { kScreen, kHeld, kRoute, kRouted, kDone, kClearing, kCleared };

std::string_view text_of(Station station);

// Who enters a package has it screened at once, and counts that as its first try; should the
// program die over it, it is due so long after it entered.
inline constexpr Milliseconds kFirstTurn = std::chrono::seconds{1};

// 0 最速件, 1 速件, 2 the rest: the order in which stations serve.
int urgency_rank(const std::optional<Urgency>& urgency);

struct StoredPackage {
  PackageId id;
  MessageKey key;
  DocumentId document;
  Sha256 header_sha256;
  Bytes header;
  std::vector<Sha256> groups;
  Bytes scanner_key_block;
  Sha256 cipher_root;
  std::int64_t body_bytes;
  std::int64_t recipient_count;
  int urgency_rank;
  std::string source_address;
  Station station;
  std::optional<Reason> reason;
  std::int64_t attempts;
  Time due;
  Time accepted;
  Time expires;
  std::optional<CentreCode> from_centre = {};  // that handed it over; none: its own agency sent it
  std::map<CentreCode, Bytes> next_key_blocks = {};  // for the scanners of those it goes on to
};

// Which package a message is, and who handed it over; without what it carries.
struct PackageOrigin {
  PackageId id;
  std::optional<CentreCode> from_centre;  // none: its own agency sent it
};

// What was accepted of a sender within one hour, in recipients.
struct AcceptedCount {
  static constexpr Milliseconds kHour = std::chrono::hours{1};
  OrgCode sender;
  std::int64_t hour;  // since 1970
  std::int64_t recipients;
};

// What was found in a document: in which of its packages, and the malware's name.
struct Infection {
  MessageId message;
  std::string malware;

  [[nodiscard]] Refusal why_held() const;  // why the document's other packages are
};

struct Lease {
  std::string id;
  std::string key;  // the terminal's idempotency key
  std::string terminal;
  Time until;
  std::int64_t fencing;
  std::int64_t fetched_bytes;
};

struct Delivery {
  DeliveryId id;
  PackageId package;
  PlacedLeaf placed;
  Addressee addressee;
  std::vector<Bytes> key_blocks;
  State state;
  std::optional<Reason> reason;
  Time since;
  Time due;                     // when somebody has to look again
  std::int64_t fencing;         // of the last lease that was given
  std::optional<Lease> lease;   // while one lives or has just lapsed
  std::optional<CentreCode> next_centre = {};  // to which it is or was relayed
};

// A delivery is named after who takes it into custody when, the header and the place of its leaf: a
// store that forgot it gives it the same name again.
DeliveryId name_delivery(Time taken, const Sha256& header_sha256, std::int64_t leaf_index);

// How a step leaves a delivery.
struct StepMark {
  Step step;
  Time now;
  Time due;
  std::optional<Reason> reason = {};
};

// Packages that are held or not scanned, for one reason.
struct WaitingCount {
  Reason reason;
  std::int64_t count;
  Time oldest;  // acceptance
};

class JourneyStore {
 public:
  void add(Transaction& tx, const StoredPackage& package);
  void add(Transaction& tx, const Delivery& delivery);

  std::optional<StoredPackage> find(Transaction& tx, const MessageKey& key);
  std::optional<PackageOrigin> find_origin(Transaction& tx, const MessageKey& key);
  StoredPackage require(Transaction& tx, const PackageId& id);
  // The most urgent first, then the oldest.
  std::vector<PackageId> due_at(Transaction& tx, Station station, Time now, int count_max);
  void move(Transaction& tx, const StoredPackage& package);  // station, reason, attempts, due
  std::int64_t count(Transaction& tx, Station station);
  std::vector<AcceptedCount> accepted_since(Transaction& tx, Time since);
  // Of 最速件 and 速件; nullopt for the rest and for a package that is not here.
  std::optional<Urgency> find_urgency(Transaction& tx, const MessageKey& key);
  // Whether another package, not cleared, still needs its body.
  bool shares_body(Transaction& tx, const StoredPackage& package);
  // Whether that body is being removed: nothing may be entered that needs it.
  bool is_clearing(Transaction& tx, const Sha256& cipher_root);
  // What waits for people or for something to come back: held, not scanned for a reason, or held
  // for some recipient. After that one; empty: from the first.
  std::vector<PackageId> waiting_after(Transaction& tx, const std::string& id, int count_max);
  std::vector<WaitingCount> waiting_by_reason(Transaction& tx);
  // Malware was found in it: its whole document is infected from now on.
  void mark_infected(Transaction& tx, const PackageId& package, const std::string& malware);
  std::optional<Infection> find_infection(Transaction& tx, const StoredPackage& of_document);
  // The packages of its document that have left the scanner and are not at their end.
  std::vector<PackageId> packages_on_their_way(Transaction& tx, const StoredPackage& of_document);

  std::optional<Delivery> find(Transaction& tx, const DeliveryId& id);
  std::vector<Delivery> deliveries_of(Transaction& tx, const PackageId& package);
  // Its recipients that stand there, by code, as their leaves are.
  std::vector<DeliveryId> in_state(Transaction& tx, const PackageId& package, State state,
                                   int count_max);
  std::vector<DeliveryId> due_deliveries(Transaction& tx, State state, Time now, int count_max);
  std::vector<DeliveryId> deliveries_in(Transaction& tx, const OrgCode& org, State state);
  // Those that go or went to that centre.
  std::vector<Delivery> deliveries_to(Transaction& tx, const PackageId& package,
                                      const CentreCode& centre);
  // Those that wait for that centre since before then, without a reason that their sender was told.
  std::vector<DeliveryId> untold_to(Transaction& tx, const CentreCode& centre, Time before,
                                    int count_max);
  void set_next_centre(Transaction& tx, Delivery& delivery, const CentreCode& centre);
  // The first of its recipients that is held, or else that is not at its end.
  std::optional<Delivery> first_waiting(Transaction& tx, const PackageId& package);
  std::optional<DeliveryId> find_delivery(Transaction& tx, const PackageId& package,
                                          const Addressee& recipient);
  bool has_open(Transaction& tx, const PackageId& package);  // not all are at their end
  // Whom other centres have taken over, in the order of the tree.
  std::vector<Addressee> relayed_recipients(Transaction& tx, const PackageId& package,
                                            int count_max);
  // By conditional update: of two who decide at once the second is refused. The delivery is
  // brought up to date. Refuses kStepNotAllowed, kConflict.
  Result<void> take(Transaction& tx, Delivery& delivery, const StepMark& mark);
  // Not a step: what was decided before this store came back (Custody::recall). Refuses kConflict.
  Result<void> set_state(Transaction& tx, Delivery& delivery, State state, Time now);
  void set_lease(Transaction& tx, Delivery& delivery, const Lease& lease);
  void keep_lease_alive(Transaction& tx, const Delivery& delivery, Time until, std::int64_t bytes);

  struct StateCount {
    State state;
    std::int64_t count;
    Time oldest;
  };
  std::vector<StateCount> count_by_state(Transaction& tx);
};

}  // namespace yizhan
