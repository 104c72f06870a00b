#include "way/route/routing.h"

#include <algorithm>

#include "ground/control/control.h"

namespace yizhan {

namespace {

// How soon a suspended recipient is looked at again.
constexpr Milliseconds kLookAgain = std::chrono::seconds{15};
constexpr std::int64_t kAtOnceMax = 16;
// Of packages that wait for their turn, only so many of the oldest take turns.
constexpr int kTakingTurns = 16;

}  // namespace

Routing::Routing(Parts parts) : parts_(std::move(parts)) {}

bool Routing::work(int count_max) {
  std::vector<DeliveryId> moved;
  const auto id = parts_.database.read([&](Transaction& tx) {
    const std::optional<PackageId> due = next(tx);
    if (due) moved = find_moved(tx, *due, count_max);
    return due;
  });
  if (!id) return false;
  parts_.database.transact([&](Transaction& tx) {
    route_part(tx, *id, moved, count_max);
    tx.after_commit(parts_.wake_signing);
  });
  last_ = id;
  return true;
}

// Of the most urgent that are due, the one after that which had its turn.
std::optional<PackageId> Routing::next(Transaction& tx) const {
  JourneyStore& journeys = parts_.custody.journeys();
  const auto due = journeys.due_at(tx, Station::kRoute, parts_.custody.now(), kTakingTurns);
  if (due.empty() || !last_) return due.empty() ? std::nullopt : std::optional(due.front());
  const int rank = journeys.require(tx, due.front()).urgency_rank;
  for (const PackageId& id : due) {
    if (*last_ < id && journeys.require(tx, id).urgency_rank == rank) return id;
  }
  return due.front();
}

// Those that wait for a centre that does not serve their agency any more. Only once the others are
// routed: they have waited longer. A reader looks, who keeps nobody from writing.
std::vector<DeliveryId> Routing::find_moved(Transaction& tx, const PackageId& id,
                                            int count_max) const {
  JourneyStore& journeys = parts_.custody.journeys();
  const StoredPackage package = journeys.require(tx, id);
  const auto accepted = journeys.in_state(tx, id, State::kAccepted, count_max);
  std::vector<DeliveryId> moved;
  if (static_cast<int>(accepted.size()) == count_max) return moved;
  for (const DeliveryId& each :
       journeys.in_state(tx, id, State::kForwarding, static_cast<int>(package.recipient_count))) {
    if (is_moved(package, journeys.find(tx, each).value())) moved.push_back(each);
  }
  return moved;
}

// What is routed has left the state in which it is looked for: stopped between two parts, the next
// start goes on with those that are left.
void Routing::route_part(Transaction& tx, const PackageId& id,
                         const std::vector<DeliveryId>& moved, int count_max) {
  JourneyStore& journeys = parts_.custody.journeys();
  StoredPackage package = journeys.require(tx, id);
  if (package.station != Station::kRoute) return;  // held meanwhile
  std::vector<DeliveryId> part = journeys.in_state(tx, id, State::kAccepted, count_max + 1);
  part.insert(part.end(), moved.begin(), moved.end());
  const auto most = static_cast<std::size_t>(count_max);
  if (part.size() <= most) {  // the last
    package.station = Station::kRouted;
    journeys.move(tx, package);
    tx.after_commit(parts_.wake_relaying);
  }
  if (part.size() > most) part.erase(part.begin() + count_max, part.end());
  Routed routed{package};
  for (const DeliveryId& each : part) {
    Delivery delivery = journeys.find(tx, each).value();
    const bool waits = delivery.state == State::kAccepted || is_moved(package, delivery);
    if (waits) route(tx, routed, delivery);
  }
}

bool Routing::route_now(Transaction& tx, StoredPackage& package) {
  if (package.recipient_count > kAtOnceMax) return false;
  JourneyStore& journeys = parts_.custody.journeys();
  package.station = Station::kRouted;
  journeys.move(tx, package);
  Routed routed{package};
  for (Delivery& delivery : journeys.deliveries_of(tx, package.id)) {
    const bool waits = delivery.state == State::kAccepted || is_moved(package, delivery);
    if (waits) route(tx, routed, delivery);
  }
  tx.after_commit(parts_.wake_signing);
  return true;
}

// It waits for a centre that does not serve its agency any more.
bool Routing::is_moved(const StoredPackage& package, const Delivery& delivery) const {
  if (delivery.state != State::kForwarding) return false;
  const auto directory = parts_.directory.current();
  const Result<const Agency*> found = directory->find_recipient(delivery.addressee);
  return !found || destination(package, **found) != delivery.next_centre;
}

// Its home centre; where the package can not go there (its scanner has no key, or it was taken over
// and goes no further), the centre from which the agency has moved, for a while.
CentreCode Routing::destination(const StoredPackage& package, const Agency& agency) const {
  const CentreCode& own = parts_.custody.centre().code;
  const auto is_open = [&](const CentreCode& centre) {
    return centre == own || (!package.from_centre && package.next_key_blocks.contains(centre));
  };
  if (is_open(agency.home_centre) || !agency.former) return agency.home_centre;
  const CentreCode& former = agency.former->centre;
  const bool serves = agency.is_served_by(former, parts_.custody.now());
  return serves && is_open(former) ? former : agency.home_centre;
}

void Routing::route(Transaction& tx, Routed& routed, Delivery& delivery) {
  const StoredPackage& package = routed.package;
  const auto directory = parts_.directory.current();
  Custody::Move move{.step = Step::kConsign, .due = package.expires};
  const Result<const Agency*> found = directory->find_recipient(delivery.addressee);
  if (!found) {
    move.step = Step::kStop;
    move.why = found.refusal();
  } else if (const CentreCode next = destination(package, **found);
             next != parts_.custody.centre().code) {
    const Result<void> forwarded = forward(tx, package, delivery, next);
    if (forwarded) return;
    move.step = Step::kStop;
    move.why = forwarded.refusal();
  } else if ((*found)->standing == Standing::kSuspended) {
    // 十三: 中止對該機關之系統服務 — its mail waits, it is not lost.
    move.step = Step::kHold;
    move.why = Refusal{Reason::kAgencySuspended, (*found)->suspended_text()};
    move.due = std::min(parts_.custody.now() + kLookAgain, package.expires);
  } else {
    if (!routed.previous) routed.previous = previous_of(tx, package);
    move.previous = *routed.previous;
  }
  parts_.custody.take(tx, package, delivery, move).value();
}

std::vector<Sha256> Routing::previous_of(Transaction& tx, const StoredPackage& package) {
  std::vector<Sha256> names;
  for (const EvidenceRow& row : parts_.custody.before_consignment(tx, package)) {
    names.push_back(row.sha256);
  }
  return names;
}

// Only its own agencies' documents leave a centre for another: what was taken over goes no further.
Result<void> Routing::forward(Transaction& tx, const StoredPackage& package, Delivery& delivery,
                              const CentreCode& home) {
  const auto directory = parts_.directory.current();
  const Centre* centre = directory->find(home);
  if (centre == nullptr || centre->standing == Standing::kClosed || centre->centre_port == 0) {
    return Refusal{Reason::kUnknownCentre, home.text()};
  }
  if (!upheld("relays_own", !package.from_centre)) {
    return Refusal{Reason::kWrongHomeCentre, "受文機關已改屬 " + home.text() + "，請重新發文"};
  }
  if (!package.next_key_blocks.contains(home)) {
    return Refusal{Reason::kScannersMismatch, "受文機關已改屬 " + home.text() + "，請重新封裝發文"};
  }
  const Time now = parts_.custody.now();
  parts_.custody.journeys().set_next_centre(tx, delivery, home);
  parts_.custody
      .take(tx, package, delivery, {.step = Step::kForward, .due = package.expires})
      .value();
  parts_.custody.relays().put(tx, {.package = package.id,
                                   .centre = home,
                                   .state = RelayState::kWaiting,
                                   .urgency_rank = package.urgency_rank,
                                   .attempts = 0,
                                   .due = now,
                                   .since = now});
  tx.after_commit(parts_.wake_relaying);
  return {};
}

}  // namespace yizhan
