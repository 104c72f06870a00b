#include "way/route/routing.h"

#include <algorithm>

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
    if (delivery.state == State::kAccepted) route(tx, package, delivery);
  }
}

void Routing::route(Transaction& tx, const StoredPackage& package, Delivery& delivery) {
  const auto directory = parts_.directory.current();
  Custody::Move move{.step = Step::kConsign, .due = package.expires};
  const Result<const Agency*> found = directory->find_recipient(delivery.addressee);
  if (!found) {
    move.step = Step::kStop;
    move.why = found.refusal();
  } else if ((*found)->home_centre != parts_.custody.centre().code) {
    move.step = Step::kStop;
    move.why = Refusal{Reason::kUnknownCentre, (*found)->home_centre.text()};
  } else if ((*found)->standing == Standing::kSuspended) {
    // 十三: 中止對該機關之系統服務 — its mail waits, it is not lost.
    move.step = Step::kHold;
    move.why = Refusal{Reason::kAgencySuspended, (*found)->name};
    move.due = std::min(parts_.custody.now() + kLookAgain, package.expires);
  } else {
    move.previous = what_precedes(tx, package);
  }
  parts_.custody.take(tx, package, delivery, move).value();
}

// The acceptance, and what lets the document pass: the verdicts, and an officers' release that
// overrides them. A verdict names the package and no evidence (docs/decisions/0010).
std::vector<Sha256> Routing::what_precedes(Transaction& tx, const StoredPackage& package) {
  std::vector<Sha256> names;
  for (const EvidenceRow& row : parts_.custody.evidence().of_whole_message(tx, package.key)) {
    const bool precedes = row.kind == kVerdictKind ||
                          row.kind == text_of(EvidenceType::kReleased) ||
                          row.kind == text_of(EvidenceType::kSubmissionAcceptance);
    if (precedes) names.push_back(row.sha256);
  }
  return names;
}

}  // namespace yizhan
