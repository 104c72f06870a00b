#include "way/route/routing.h"

#include <algorithm>

#include "ground/control/control.h"

namespace yizhan {

namespace {

// How soon a suspended recipient is looked at again.
constexpr Milliseconds kLookAgain = std::chrono::seconds{15};
constexpr std::int64_t kAtOnceMax = 16;

}  // namespace

Routing::Routing(Parts parts) : parts_(std::move(parts)) {}

bool Routing::work(int count_max) {
  JourneyStore& journeys = parts_.custody.journeys();
  return parts_.database.transact([&](Transaction& tx) {
    const auto due = journeys.due_at(tx, Station::kRoute, parts_.custody.now(), count_max);
    std::int64_t recipients = 0;
    for (const PackageId& id : due) {
      StoredPackage package = journeys.require(tx, id);
      recipients += package.recipient_count;
      route(tx, package);
      if (recipients >= count_max) break;
    }
    if (!due.empty()) tx.after_commit(parts_.wake_signing);
    return !due.empty();
  });
}

bool Routing::route_now(Transaction& tx, StoredPackage& package) {
  if (package.recipient_count > kAtOnceMax) return false;
  route(tx, package);
  tx.after_commit(parts_.wake_signing);
  return true;
}

void Routing::route(Transaction& tx, StoredPackage& package) {
  JourneyStore& journeys = parts_.custody.journeys();
  package.station = Station::kRouted;
  journeys.move(tx, package);
  for (Delivery& delivery : journeys.deliveries_of(tx, package.id)) {
    if (delivery.state == State::kAccepted || is_moved(tx, delivery)) route(tx, package, delivery);
  }
}

// It waits for a centre that does not serve its agency any more.
bool Routing::is_moved(Transaction& tx, const Delivery& delivery) const {
  if (delivery.state != State::kForwarding) return false;
  const auto directory = parts_.directory.current();
  const auto package = parts_.custody.journeys().require(tx, delivery.package);
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

void Routing::route(Transaction& tx, const StoredPackage& package, Delivery& delivery) {
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
    move.why = Refusal{Reason::kAgencySuspended, (*found)->name};
    move.due = std::min(parts_.custody.now() + kLookAgain, package.expires);
  } else {
    for (const EvidenceRow& row : parts_.custody.before_consignment(tx, package)) {
      move.previous.push_back(row.sha256);
    }
  }
  parts_.custody.take(tx, package, delivery, move).value();
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
