#include "way/deliver/delivering.h"

#include <algorithm>

#include "ground/control/control.h"

namespace yizhan {

struct Delivering::Held {
  StoredPackage package;
  Delivery delivery;
};

namespace {

// Long enough to fetch a group over a slow line; every group that is fetched renews it.
constexpr Milliseconds kLeaseTime = std::chrono::minutes{2};

bool is_lease_alive(const Delivery& delivery, Time now) {
  return delivery.state == State::kLeased && delivery.lease && now < delivery.lease->until;
}

Step step_of(EvidenceType type) {
  if (type == EvidenceType::kHandover) return Step::kHandOver;
  if (type == EvidenceType::kHandoverFailure) return Step::kRefuseOpening;
  if (type == EvidenceType::kConfirmed) return Step::kConfirm;
  return Step::kReturn;
}

}  // namespace

Delivering::Delivering(Parts parts) : parts_(std::move(parts)) {}

Result<Delivering::Held> Delivering::find_for(Transaction& tx, const OrgCode& reader,
                                              const DeliveryId& id) {
  auto delivery = parts_.custody.journeys().find(tx, id);
  if (!delivery) return Reason::kNotFound;
  StoredPackage package = parts_.custody.journeys().require(tx, delivery->package);
  // Also who received for it when it was sealed: to that key it is sealed.
  const auto directory = parts_.directory.current();
  const OrgCode& recipient = delivery->addressee.org;
  if (!directory->receives_for(reader, recipient, parts_.custody.now()) &&
      !directory->receives_for(reader, recipient, package.accepted)) {
    return Reason::kNotFound;
  }
  return Held{std::move(package), std::move(*delivery)};
}

Result<Delivering::Held> Delivering::find_stated(Transaction& tx, const OrgCode& reader,
                                                 const DeliveryId& id,
                                                 const Statement& statement) {
  Result<Held> held = find_for(tx, reader, id);
  if (held || held.reason() != Reason::kNotFound || !statement.recipient) return held;
  JourneyStore& journeys = parts_.custody.journeys();
  const auto package = journeys.find(tx, statement.message);
  if (!package) return held;
  const auto named = journeys.find_delivery(tx, package->id, *statement.recipient);
  return named ? find_for(tx, reader, *named) : held;
}

Result<Consignment> Delivering::lease(const OrgCode& reader, const DeliveryId& id,
                                      const LeaseWish& wish) {
  const auto directory = parts_.directory.current();
  const Agency* agency = directory->find(reader);
  if (agency == nullptr || agency->standing != Standing::kActive) {
    return Refusal{Reason::kAgencySuspended, agency == nullptr ? "" : agency->suspended_text()};
  }
  std::optional<Sha256> body;
  auto given = parts_.database.transact([&](Transaction& tx) -> Result<Consignment> {
    Held held = YZ_TRY(find_for(tx, reader, id));
    Delivery& delivery = held.delivery;
    const Time now = parts_.custody.now();
    if (is_final(delivery.state)) return Reason::kAlreadyFinal;
    if (held.package.expires <= now) return Reason::kPackageExpired;
    const bool own = delivery.lease && delivery.lease->key == wish.key;
    if (is_lease_alive(delivery, now) && !own) {
      return Refusal{Reason::kLeaseLost, "另一終端收取中，至 " + delivery.lease->until.text()};
    }
    if (held.package.station == Station::kHeld && !(own && is_lease_alive(delivery, now))) {
      return Refusal{held.package.reason.value_or(Reason::kStepNotAllowed), "暫停處理，待承辦人員決定"};
    }
    std::vector<Bytes> evidence = YZ_TRY(evidence_for(tx, held));
    const Time until = std::min(now + kLeaseTime, held.package.expires);
    YZ_TRY(parts_.custody.take(tx, held.package, delivery,
                               {.step = Step::kLease, .due = until}));
    const bool along = wish.with_body && held.package.groups.size() == 1;
    body = along ? std::optional(held.package.cipher_root) : std::nullopt;
    const Lease lease{DeliveryId::generate(now).text(), wish.key, wish.terminal, until,
                      delivery.fencing + 1, along ? held.package.body_bytes : 0};
    parts_.custody.journeys().set_lease(tx, delivery, lease);
    return Consignment{{lease.id, lease.fencing, lease.until},
                       held.package.header,
                       delivery.placed,
                       delivery.key_blocks,
                       held.package.groups,
                       std::move(evidence)};
  });
  if (given && body) given->body = parts_.objects.read(*body, 0, kGroupBytes);
  return given;
}

// A recipient hears of its delivery by the signed D.1. One that asks before that knows it from a
// store of which this one is an older copy, and would find the acceptance missing for good.
Result<std::vector<Bytes>> Delivering::evidence_for(Transaction& tx, const Held& held) {
  std::vector<Bytes> evidence;
  for (const EvidenceRow& row : parts_.custody.evidence().for_recipient(
           tx, held.package.key, held.delivery.addressee)) {
    const bool held_since = row.kind == text_of(EvidenceType::kHeld);  // nothing rests on that
    if (!row.cms && held_since) continue;
    if (!row.cms) return Refusal{Reason::kUnavailable, "證據尚待簽署，請稍後再取"};
    evidence.push_back(*row.cms);
  }
  return evidence;
}

Result<Bytes> Delivering::group(const OrgCode& reader, const DeliveryId& id,
                                const std::string& lease, std::int64_t index) {
  const Time now = parts_.custody.now();
  const Result<Sha256> body = parts_.database.transact([&](Transaction& tx) -> Result<Sha256> {
    const Held held = YZ_TRY(find_for(tx, reader, id));
    const Delivery& delivery = held.delivery;
    if (!is_lease_alive(delivery, now) || delivery.lease->id != lease) return Reason::kLeaseLost;
    if (index < 0 || index >= static_cast<std::int64_t>(held.package.groups.size())) {
      return Refusal{Reason::kBadRequest, "段號超出範圍"};
    }
    const auto fetched = std::min((index + 1) * static_cast<std::int64_t>(kGroupBytes),
                                  held.package.body_bytes);
    parts_.custody.journeys().keep_lease_alive(
        tx, delivery, std::min(now + kLeaseTime, held.package.expires), fetched);
    return held.package.cipher_root;
  });
  return parts_.objects.read(YZ_TRY(body), static_cast<std::uint64_t>(index) * kGroupBytes,
                             kGroupBytes);
}

// Signatures are verified before the store is held for writing.
Result<SignedStatement> Delivering::read_statement(ByteView cms) const {
  SignedStatement given = YZ_TRY(open_statement(cms));
  YZ_TRY(check_actor(given, *parts_.directory.current(), parts_.policy));
  return given;
}

Result<void> Delivering::check_concerns(const Held& held, const Statement& statement) {
  if (statement.message == held.package.key &&
      statement.header_sha256 == held.package.header_sha256 &&
      statement.recipient == held.delivery.addressee) {
    return {};
  }
  return Refusal{Reason::kConflict, "證據所載與本件不符"};
}

Result<State> Delivering::complete(const OrgCode& reader, const DeliveryId& id,
                                   ByteView evidence) {
  const SignedStatement given = YZ_TRY(read_statement(evidence));
  const EvidenceType type = given.statement.type;
  if (type != EvidenceType::kHandover && type != EvidenceType::kHandoverFailure) {
    return Refusal{Reason::kBadRequest, "此處只收 E.1 或 E.2"};
  }
  return parts_.database.transact([&](Transaction& tx) -> Result<State> {
    const Held held = YZ_TRY(find_stated(tx, reader, id, given.statement));
    YZ_TRY(check_concerns(held, given.statement));
    const auto& lease = given.statement.lease;
    const bool current = lease && held.delivery.lease &&
                         lease->id == held.delivery.lease->id &&
                         lease->fencing == held.delivery.fencing;
    // A number that was never given out here: this store came back from an older copy.
    const bool forgotten = lease && lease->fencing > held.delivery.fencing;
    if (!upheld("lease_fencing", current || forgotten || is_final(held.delivery.state))) {
      return Reason::kLeaseLost;
    }
    return enter(tx, held, given, step_of(type));
  });
}

Result<State> Delivering::acknowledge(const OrgCode& reader, const DeliveryId& id,
                                      ByteView evidence) {
  const SignedStatement given = YZ_TRY(read_statement(evidence));
  const EvidenceType type = given.statement.type;
  if (type != EvidenceType::kConfirmed && type != EvidenceType::kReturned) {
    return Refusal{Reason::kBadRequest, "此處只收 F.1 或 F.2"};
  }
  return parts_.database.transact([&](Transaction& tx) -> Result<State> {
    const Held held = YZ_TRY(find_stated(tx, reader, id, given.statement));
    YZ_TRY(check_concerns(held, given.statement));
    return enter(tx, held, given, step_of(type));
  });
}

Result<State> Delivering::enter(Transaction& tx, const Held& held,
                                const SignedStatement& statement, Step step) {
  EvidenceStore& store = parts_.custody.evidence();
  Delivery delivery = held.delivery;
  if (store.find(tx, statement.sha256)) return delivery.state;  // handed in once already
  Custody::Move move{.step = step, .due = held.package.expires};
  if (statement.statement.reason) {
    move.why = Refusal{*statement.statement.reason, statement.statement.detail};
  }
  const Result<void> taken = parts_.custody.take(tx, held.package, delivery, move);
  const bool superseded =
      !taken && is_final(delivery.state) && is_final(statement.statement.type);
  if (!taken && !superseded) return taken.refusal();
  store.add(tx, statement, superseded);
  if (parts_.on_malware && names_malware(statement.statement)) {
    parts_.on_malware(tx, held.package, statement.statement);
  }
  tx.after_commit(parts_.wake_signing);
  return delivery.state;
}

int Delivering::lapse_due(int count_max) {
  JourneyStore& journeys = parts_.custody.journeys();
  return parts_.database.transact([&](Transaction& tx) {
    int count = 0;
    for (const DeliveryId& id :
         journeys.due_deliveries(tx, State::kLeased, parts_.custody.now(), count_max)) {
      Delivery delivery = journeys.find(tx, id).value();
      const StoredPackage package = journeys.require(tx, delivery.package);
      parts_.custody.take(tx, package, delivery, {.step = Step::kLapse, .due = package.expires})
          .value();
      if (package.station == Station::kHeld) hold(tx, package, delivery);
      ++count;
    }
    return count;
  });
}

// The package was held while a terminal was fetching it: nobody else gets it.
void Delivering::hold(Transaction& tx, const StoredPackage& package, Delivery& delivery) {
  const Refusal why{package.reason.value_or(Reason::kScanIncomplete), "收取未完成，暫停處理"};
  parts_.custody
      .take(tx, package, delivery,
            {.step = Step::kHold,
             .due = parts_.custody.hold_until(package),
             .why = why,
             .previous = parts_.custody.verdicts_on(tx, package)})
      .value();
  tx.after_commit(parts_.wake_signing);
}

}  // namespace yizhan
