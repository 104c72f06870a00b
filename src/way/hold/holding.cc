#include "way/hold/holding.h"

#include <algorithm>
#include <set>

namespace yizhan {

namespace {

constexpr Milliseconds kLookAgain = std::chrono::seconds{15};
constexpr std::size_t kDecisionsMax = 2;

std::string fetched_text(const Delivery& delivery) {
  if (!delivery.lease) return "fetched: never";
  return "leased until " + delivery.lease->until.text() + ", bytes " +
         std::to_string(delivery.lease->fetched_bytes);
}

// B.3: its time is over, and the centre that serves it was never asked to take it.
void fail_relay(Custody::Move& move, const Delivery& delivery) {
  const std::string next = delivery.next_centre ? delivery.next_centre->text() : "";
  move.step = Step::kFailRelay;
  move.why = Refusal{delivery.reason.value_or(Reason::kExpired), "逾期仍未能移交交換中心 " + next};
}

std::vector<Bytes> orders_in(std::span<const SignedDecision> decisions) {
  std::vector<Bytes> orders;
  for (const SignedDecision& decision : decisions) orders.push_back(decision.cms);
  return orders;
}

}  // namespace

Holding::Holding(Parts parts) : parts_(std::move(parts)) {}

int Holding::work(int count_max) {
  return hold_suspended(count_max) + end_or_resume(State::kHeld, count_max) +
         end_or_resume(State::kAccepted, count_max) +
         end_or_resume(State::kForwarding, count_max) +
         end_or_resume(State::kConsigned, count_max) + clear_bodies(count_max);
}

// 十三: 中止對該機關之系統服務 — what lies in its inbox waits too, and the sender sees why.
int Holding::hold_suspended(int count_max) {
  const auto directory = parts_.directory.current();
  JourneyStore& journeys = parts_.custody.journeys();
  int count = 0;
  for (const auto& [code, agency] : directory->agencies()) {
    if (agency.standing != Standing::kSuspended) continue;
    count += parts_.database.transact([&](Transaction& tx) {
      int held = 0;
      for (const DeliveryId& id : journeys.deliveries_in(tx, code, State::kConsigned)) {
        if (held == count_max) break;
        Delivery delivery = journeys.find(tx, id).value();
        const StoredPackage package = journeys.require(tx, delivery.package);
        parts_.custody
            .take(tx, package, delivery,
                  {.step = Step::kHold,
                   .due = std::min(parts_.custody.now() + kLookAgain, package.expires),
                   .why = Refusal{Reason::kAgencySuspended, agency.suspended_text()}})
            .value();
        ++held;
      }
      if (held > 0) tx.after_commit(parts_.wake_signing);
      return held;
    });
  }
  return count;
}

int Holding::end_or_resume(State state, int count_max) {
  JourneyStore& journeys = parts_.custody.journeys();
  return parts_.database.transact([&](Transaction& tx) {
    int count = 0;
    for (const DeliveryId& id :
         journeys.due_deliveries(tx, state, parts_.custody.now(), count_max)) {
      Delivery delivery = journeys.find(tx, id).value();
      look_at(tx, journeys.require(tx, delivery.package), delivery);
      ++count;
    }
    if (count > 0) tx.after_commit(parts_.wake_signing);
    return count;
  });
}

void Holding::look_at(Transaction& tx, const StoredPackage& package, Delivery& delivery) {
  const Time now = parts_.custody.now();
  Custody::Move move{.step = Step::kExpire, .due = package.expires};
  if (package.expires <= now) {
    move.why = Refusal{Reason::kExpired, fetched_text(delivery)};
    if (delivery.state == State::kForwarding) {
      fail_relay(move, delivery);
      move.previous = parts_.custody.verdicts_on(tx, package);
    }
  } else if (delivery.state != State::kHeld) {
    return;
  } else if (delivery.reason != Reason::kAgencySuspended) {
    move.step = Step::kStop;
    move.why = Refusal{Reason::kHoldExpired, "保留三日未決定"};
  } else if (!is_resumed(delivery)) {
    const StepMark mark{.step = Step::kHold,
                        .now = delivery.since,
                        .due = std::min(now + kLookAgain, package.expires),
                        .reason = delivery.reason};
    parts_.custody.journeys().take(tx, delivery, mark).value();
    return;
  } else {
    move.step = Step::kRelease;
    StoredPackage again = package;
    again.station = Station::kRoute;
    again.due = now;
    parts_.custody.journeys().move(tx, again);
    tx.after_commit(parts_.wake_routing);
  }
  parts_.custody.take(tx, package, delivery, move).value();
}

bool Holding::is_resumed(const Delivery& delivery) const {
  const auto directory = parts_.directory.current();
  const Result<const Agency*> agency = directory->find_recipient(delivery.addressee);
  // An agency that was closed meanwhile goes on too: routing ends it with D.2.
  return !agency || (*agency)->standing != Standing::kSuspended;
}

// In two steps, of which the first is a row: while it stands nothing is entered that needs the body
// (admit looks), and after a crash it says what is still to be removed.
int Holding::clear_bodies(int count_max) {
  const auto done = due_at(Station::kDone, count_max);
  for (const PackageId& id : done) {
    parts_.database.transact([&](Transaction& tx) {
      parts_.custody.begin_clearing(tx, parts_.custody.journeys().require(tx, id));
    });
  }
  for (const PackageId& id : due_at(Station::kClearing, count_max)) {
    StoredPackage package = parts_.database.read(
        [&](Transaction& tx) { return parts_.custody.journeys().require(tx, id); });
    parts_.objects.remove(package.cipher_root);
    package.station = Station::kCleared;
    parts_.database.transact(
        [&](Transaction& tx) { parts_.custody.journeys().move(tx, package); });
  }
  return static_cast<int>(done.size());
}

std::vector<PackageId> Holding::due_at(Station station, int count_max) {
  return parts_.database.read([&](Transaction& tx) {
    return parts_.custody.journeys().due_at(tx, station, parts_.custody.now(), count_max);
  });
}

Result<Station> Holding::decide(std::span<const SignedDecision> decisions) {
  if (decisions.empty()) return Refusal{Reason::kBadRequest, "沒有決定"};
  // All of them stand in one statement, which has its limits.
  if (decisions.size() > kDecisionsMax) return Refusal{Reason::kBadRequest, "決定多於兩份"};
  const Decision& first = decisions.front().decision;
  const auto directory = parts_.directory.current();
  const Centre* centre = directory->find(parts_.custody.centre().code);
  if (centre == nullptr) return Reason::kUnknownCentre;
  return parts_.database.transact([&](Transaction& tx) -> Result<Station> {
    auto package = parts_.custody.journeys().find(tx, first.message);
    if (!package) return Reason::kNotFound;
    if (const auto obeyed = find_obeyed(tx, *package, decisions)) return *obeyed;
    if (package->station != Station::kHeld) return Reason::kStepNotAllowed;
    const SealedHeader sealed = YZ_TRY(open_header(package->header));
    YZ_TRY(check_decisions(decisions, first.kind, sealed, *centre));
    YZ_TRY(check_timely(tx, *package, decisions));
    tx.after_commit(parts_.wake_signing);
    if (first.kind == DecisionKind::kStop) return stop(tx, *package, decisions);
    const Statement released = released_by(tx, *package, decisions);
    // The reader's own rule (step 12): what it would not count is not written.
    if (!released.previous.empty()) YZ_TRY(open_release(released, sealed, *centre));
    return release(tx, *package, released);
  });
}

// Two officers let it pass against what the scanners said: the statement names all of it.
Statement Holding::released_by(Transaction& tx, const StoredPackage& package,
                               std::span<const SignedDecision> decisions) {
  Statement released = parts_.custody.statement(EvidenceType::kReleased, package, nullptr);
  released.previous = parts_.custody.verdicts_on(tx, package);
  released.reason = package.reason;
  released.detail = decisions.front().decision.reason;
  released.approvals = orders_in(decisions);
  return released;
}

Station Holding::release(Transaction& tx, StoredPackage& package, const Statement& released) {
  // Scans that never ended left no verdict: there is none to override, and without one no recipient
  // opens it.
  const bool judged = !released.previous.empty();
  if (judged) parts_.custody.evidence().add(tx, released);
  parts_.custody.release(tx, package, judged ? Station::kRoute : Station::kScreen);
  tx.after_commit(parts_.wake_routing);
  return package.station;
}

Result<Station> Holding::stop(Transaction& tx, const StoredPackage& package,
                              std::span<const SignedDecision> decisions) {
  const Custody::Move move{.step = Step::kStop,
                           .due = package.expires,
                           .why = Refusal{package.reason.value_or(Reason::kContentRefused),
                                          decisions.front().decision.reason},
                           .approvals = orders_in(decisions)};
  for (Delivery& delivery : parts_.custody.journeys().deliveries_of(tx, package.id)) {
    // Who is fetching it has it: the lease ends first.
    if (!after(delivery.state, Step::kStop)) continue;
    YZ_TRY(parts_.custody.take(tx, package, delivery, move));
  }
  return Station::kDone;
}

// The same decisions again, after their answer was lost: the same answer.
std::optional<Station> Holding::find_obeyed(Transaction& tx, const StoredPackage& package,
                                            std::span<const SignedDecision> decisions) {
  if (package.station == Station::kHeld) return std::nullopt;
  const std::vector<Bytes> orders = orders_in(decisions);
  if (obeys(tx, package, {EvidenceType::kReleased, std::nullopt}, orders)) return Station::kRoute;
  for (const Delivery& delivery : parts_.custody.journeys().deliveries_of(tx, package.id)) {
    if (delivery.state != State::kStopped) continue;
    const StatedAbout stopped{EvidenceType::kConsignmentFailure, delivery.addressee};
    if (obeys(tx, package, stopped, orders)) return Station::kDone;
  }
  return std::nullopt;
}

bool Holding::obeys(Transaction& tx, const StoredPackage& package, const StatedAbout& about,
                    const std::vector<Bytes>& orders) {
  const auto row = parts_.custody.evidence().last(tx, package.key, about.recipient,
                                                  text_of(about.type));
  return row && Statement::parse(row->statement).value().approvals == orders;
}

// What was decided about an earlier hold says nothing about this one.
Result<void> Holding::check_timely(Transaction& tx, const StoredPackage& package,
                                   std::span<const SignedDecision> decisions) {
  const auto held = parts_.custody.evidence().last(tx, package.key, std::nullopt,
                                                   text_of(EvidenceType::kHeld));
  for (const SignedDecision& item : decisions) {
    if (!held || held->created <= item.decision.time + kSigningTimeSkewMax) continue;
    return Refusal{Reason::kConflict, "決定早於本次暫停處理，請重新決定"};
  }
  return {};
}

// What another centre has or may have, only that centre can stop.
void Holding::pass_on(Transaction& tx, const StoredPackage& package,
                      const std::vector<Delivery>& deliveries, const SignedWithdrawal& request) {
  std::set<CentreCode> centres;
  for (const Delivery& delivery : deliveries) {
    const bool is_away = delivery.state == State::kOffered || delivery.state == State::kRelayed;
    if (is_away && delivery.next_centre) centres.insert(*delivery.next_centre);
  }
  const Time now = parts_.custody.now();
  for (const CentreCode& centre : centres) {
    parts_.custody.relays().add(tx, {RelayedWithdrawalId::generate(now), package.id, centre,
                                     request.cms, false, 0, now});
  }
  if (!centres.empty()) tx.after_commit(parts_.wake_relaying);
}

Result<std::vector<WithdrawalOutcome>> Holding::withdraw(
    const SignedWithdrawal& request, const std::optional<CentreCode>& from) {
  const Withdrawal& wish = request.withdrawal;
  const auto directory = parts_.directory.current();
  const Agency* agency = directory->find(wish.message.sender);
  if (agency == nullptr) return Reason::kUnknownAgency;
  YZ_TRY(find_registered(agency->certificates, Purpose::kSign, request.signer.sha256(),
                         parts_.custody.now()));
  const bool paper = wish.kind == WithdrawalKind::kPaper;
  const Custody::Move move{
      .step = paper ? Step::kFallBackToPaper : Step::kWithdraw,
      .due = parts_.custody.now(),
      .why = Refusal{paper ? Reason::kPaper : Reason::kWithdrawn, wish.reason},
      .approvals = {request.cms}};
  return parts_.database.transact(
      [&](Transaction& tx) -> Result<std::vector<WithdrawalOutcome>> {
        const auto package = parts_.custody.journeys().find(tx, wish.message);
        if (!package || package->from_centre != from) return Reason::kNotFound;
        std::vector<Delivery> deliveries =
            parts_.custody.journeys().deliveries_of(tx, package->id);
        if (wish.recipient) {
          std::erase_if(deliveries, [&](const Delivery& delivery) {
            return delivery.addressee != *wish.recipient;
          });
        }
        // Asked again, it changes no more than it did.
        const bool again = std::ranges::any_of(deliveries, [&](const Delivery& delivery) {
          const bool ended =
              delivery.state == State::kWithdrawn || delivery.state == State::kPaper;
          const StatedAbout end{EvidenceType::kConsignmentFailure, delivery.addressee};
          return ended && obeys(tx, *package, end, move.approvals);
        });
        std::vector<WithdrawalOutcome> outcomes;
        for (Delivery& delivery : deliveries) {
          // A lease, or an end, was there first: the answer says so.
          if (!again) static_cast<void>(parts_.custody.take(tx, *package, delivery, move).ok());
          outcomes.push_back({delivery.addressee, delivery.state});
        }
        pass_on(tx, *package, deliveries, request);
        tx.after_commit(parts_.wake_signing);
        return outcomes;
      });
}

}  // namespace yizhan
