#include "way/admit/recollecting.h"

#include <algorithm>
#include <array>
#include <map>

#include "ground/control/control.h"

namespace yizhan {

namespace {

bool is_of(const Statement& statement, const CentreCode& centre) {
  const auto* party = std::get_if<CentreCode>(&statement.actor.party);
  return party != nullptr && *party == centre;
}

State decided_by(const Statement& statement) {
  constexpr auto kDecided = std::to_array<std::pair<EvidenceType, State>>(
      {{EvidenceType::kHandover, State::kReceived},
       {EvidenceType::kHandoverFailure, State::kFailed},
       {EvidenceType::kConfirmed, State::kConfirmed},
       {EvidenceType::kReturned, State::kReturned},
       {EvidenceType::kAcceptanceExpiry, State::kExpired}});
  for (const auto& [type, state] : kDecided) {
    if (statement.type == type) return state;
  }
  if (statement.reason == Reason::kWithdrawn) return State::kWithdrawn;
  return statement.reason == Reason::kPaper ? State::kPaper : State::kStopped;
}

// What is here about one recipient of a package, told again or not.
class Recollection {
 public:
  // `fencing`: of the last lease that is known to have been given.
  Recollection(const CentreCode& own, std::int64_t fencing) : own_(own), fencing_(fencing) {}

  // Oldest first.
  void add(const EvidenceRow& row) {
    if (row.superseded) return;
    const Statement statement = Statement::parse(row.statement).value();
    if (statement.type == EvidenceType::kConsignment && is_of(statement, own_)) {
      consignments_.push_back(row);
      if (!decided_) decided_ = State::kConsigned;
    } else if (counts(statement)) {
      decided_ = decided_by(statement);
    }
  }
  [[nodiscard]] std::optional<State> decided() const { return decided_; }
  // One, unless the store had stated a further one before it was told of the first.
  [[nodiscard]] const std::vector<EvidenceRow>& consignments() const { return consignments_; }

 private:
  // Decided in the custody of this centre: by itself, or by the recipient to whom it consigned. A
  // receipt under a lease that others have taken over since is none.
  [[nodiscard]] bool counts(const Statement& statement) const {
    using enum EvidenceType;
    const bool receipt = statement.type == kHandover || statement.type == kHandoverFailure;
    if (receipt) {
      const bool of_ours =
          std::ranges::any_of(consignments_, [&](const EvidenceRow& consignment) {
            return std::ranges::find(statement.previous, consignment.sha256) !=
                   statement.previous.end();
          });
      return of_ours && statement.lease && statement.lease->fencing >= fencing_;
    }
    const bool answer = statement.type == kConfirmed || statement.type == kReturned;
    if (answer) return decided_ == State::kReceived || decided_ == State::kConfirmed;
    return is_final(statement.type) && is_of(statement, own_);
  }

  const CentreCode& own_;
  const std::int64_t fencing_;
  std::vector<EvidenceRow> consignments_;
  std::optional<State> decided_;
};

using Told = std::map<Addressee, std::vector<const EvidenceRow*>>;

bool has_ended(const Told& told, const Addressee& recipient) {
  const auto found = told.find(recipient);
  return found != told.end() &&
         std::ranges::any_of(found->second, [](const EvidenceRow* row) {
           const auto type = find_evidence_type(row->kind);
           return type && is_final(*type);
         });
}

Told by_recipient(const std::vector<EvidenceRow>& rows) {
  Told told;
  for (const EvidenceRow& row : rows) {
    if (row.recipient) told[*row.recipient].push_back(&row);
  }
  return told;
}

// What is decided once stays; F follows E.1. Whom it has consigned to is not consigned to again.
bool goes_on(State state, State decided) {
  if (decided == State::kConsigned) return state == State::kAccepted;
  if (state == State::kOffered || state == State::kRelayed || state == decided) return false;
  if (!is_final(state)) return true;
  const bool answers = decided == State::kConfirmed || decided == State::kReturned;
  return answers && (state == State::kReceived || state == State::kConfirmed);
}

// A package that is entered again, or of which is told again, where it is entered.
struct Following {
  Custody& custody;
  const Directory& directory;
  const StoredPackage& package;
};

// Its D.1 was published when the package was not here, and told to others alone.
void tell_recipient(Transaction& tx, const Following& at, const Delivery& delivery,
                    const EvidenceRow& consignment) {
  EvidenceStore& evidence = at.custody.evidence();
  const Agency* agency = at.directory.find(delivery.addressee.org);
  if (agency == nullptr || !evidence.is_published(tx, consignment.id)) return;
  const NewsReader reader(at.directory.receiver_of(*agency, consignment.created).code);
  if (evidence.find_news(tx, reader, consignment.id)) return;
  evidence.append_news(tx, reader, consignment.id, delivery.id.text());
}

bool goes_to(const Following& at, const Delivery& delivery, const CentreCode& centre) {
  const Agency* agency = at.directory.find(delivery.addressee.org);
  return agency != nullptr && agency->is_served_by(centre, at.custody.now());
}

// A B.1 speaks of exactly these.
bool names(const Statement& taken, std::span<const Delivery> deliveries) {
  std::vector<Bytes> leaves;
  for (const Delivery& delivery : deliveries) leaves.push_back(delivery.placed.leaf);
  return taken.leaves_sha256 == leaves_sha256(leaves) &&
         taken.recipient_count == static_cast<std::int64_t>(leaves.size());
}

// Whom another centre has taken over, by its B.1; and whether the end of all of them is known.
struct TakenOver {
  const Statement& statement;
  std::span<Delivery> deliveries;
  bool ended;
};

// In the state that only the other centre's answer ends; asked at once. Where nothing is left to
// happen it is not asked: it might want the body, which nobody need have any more.
void hand_over_again(Transaction& tx, const Following& at, const TakenOver& taken) {
  Custody& custody = at.custody;
  const StoredPackage& package = at.package;
  const CentreCode centre = std::get<CentreCode>(taken.statement.actor.party);
  const Time now = custody.now();
  custody.relays().put(tx, {.package = package.id,
                            .centre = centre,
                            .state = RelayState::kWaiting,
                            .urgency_rank = package.urgency_rank,
                            .attempts = 0,
                            .due = now,
                            .since = now});
  Relay relay = custody.relays().find(tx, package.id, centre).value();
  if (relay.state == RelayState::kDone) return;
  relay.state = taken.ended ? RelayState::kDone : RelayState::kOffered;
  relay.due = now;
  relay.recipient_count = taken.statement.recipient_count.value();
  relay.leaves_sha256 = taken.statement.leaves_sha256;
  custody.relays().save(tx, relay);
  for (Delivery& delivery : taken.deliveries) {
    const bool open = delivery.state == State::kAccepted || delivery.state == State::kForwarding ||
                      delivery.state == State::kHeld;
    const bool asked = delivery.state == State::kOffered;  // before the end was told of
    if (!open && !(asked && taken.ended)) continue;
    custody.journeys().set_next_centre(tx, delivery, centre);
    custody.recall(tx, package, delivery, taken.ended ? State::kRelayed : State::kOffered).value();
  }
}

// Where nobody waits for the scanner any more.
void leave_screening(Transaction& tx, Custody& custody, const PackageId& id) {
  StoredPackage package = custody.journeys().require(tx, id);
  if (package.station != Station::kScreen && package.station != Station::kRoute) return;
  const auto deliveries = custody.journeys().deliveries_of(tx, id);
  const bool waits = std::ranges::any_of(deliveries, [](const Delivery& delivery) {
    return delivery.state == State::kAccepted;
  });
  if (waits) return;
  package.station = Station::kRouted;
  package.reason.reset();
  custody.journeys().move(tx, package);
}

// A consignment by which nobody has received, and whose verdicts nobody holds any more: a recipient
// is told of it before it has them. It is as if it had never been; the package is consigned again.
bool stands_on_nothing(Transaction& tx, EvidenceStore& evidence, const ProvenEvidence& proven,
                       const SignedStatement& item) {
  if (item.statement.type != EvidenceType::kConsignment) return false;
  const auto is_held = [&](const Sha256& name) {
    return evidence.find(tx, name) ||
           std::ranges::find(proven.statements, name, &SignedStatement::sha256) !=
               proven.statements.end();
  };
  const auto follows = [&](const SignedStatement& other) {
    return std::ranges::find(other.statement.previous, item.sha256) !=
           other.statement.previous.end();
  };
  return !std::ranges::all_of(item.statement.previous, is_held) &&
         std::ranges::none_of(proven.statements, follows);
}

// That it is here again leaves no evidence. Who handed it over reads its acceptance once more, so
// that he has read further than any copy of before: should one come back, he finds it, and hands
// over again. What was stated before this store knew from which centre it had the package was shown
// to the sender alone: that centre reads all of it.
void tell_again(Transaction& tx, Custody& custody, const StoredPackage& package) {
  EvidenceStore& evidence = custody.evidence();
  for (const EvidenceRow& row : evidence.of_message(tx, package.key)) {
    const bool accepts = row.kind == text_of(EvidenceType::kSubmissionAcceptance);
    if (accepts || package.from_centre) evidence.tell_again(tx, row.id);
  }
}

}  // namespace

struct Recollecting::Known {
  SealedHeader sealed;
  std::optional<StoredPackage> package;
  std::vector<Delivery> deliveries;
};

// A recipient of what is not here is one to whom this centre had consigned.
Result<bool> Recollecting::take(const OrgCode& from, const Retold& retold) {
  return take(retold, [&](const Known& known, const ProvenEvidence& proven) {
    const auto directory = parts_.directory.current();
    const auto is_recipient = [&](const Delivery& delivery) {
      return directory->receives_for(from, delivery.addressee.org, parts_.custody.now());
    };
    const auto consigns = [&](const SignedStatement& item) {
      return item.statement.type == EvidenceType::kConsignment && item.statement.recipient &&
             directory->receives_for(from, item.statement.recipient->org, item.statement.time) &&
             is_of(item.statement, parts_.custody.centre().code);
    };
    return known.sealed.header.sender == from ||
           std::ranges::any_of(known.deliveries, is_recipient) ||
           std::ranges::any_of(proven.statements, consigns);
  });
}

Result<bool> Recollecting::take(const CentreCode& from, const Retold& retold) {
  return take(retold, [&](const Known& known, const ProvenEvidence& proven) {
    const auto takes_over = [&](const SignedStatement& item) {
      return item.statement.type == EvidenceType::kRelayAcceptance && is_of(item.statement, from);
    };
    return known.sealed.header.home_centre == from ||
           std::ranges::any_of(proven.statements, takes_over);
  });
}

Result<bool> Recollecting::take(const Retold& retold, const MayTell& may_tell) {
  if (parts_.custody.comebacks().current().count == 0) {
    return Refusal{Reason::kStepNotAllowed, "本中心之資料未曾自較舊之備份還原"};
  }
  const Result<Known> known = find(retold);
  if (!known && known.reason() == Reason::kNotFound) return false;
  if (!known) return known.refusal();
  const Header& header = known->sealed.header;
  const auto directory = parts_.directory.current();
  const ProvenEvidence proven =
      prove(retold.evidence, known->sealed, *directory, parts_.policy);
  if (!upheld("retold_by_party", may_tell(*known, proven))) return Reason::kForbidden;
  const bool own = header.home_centre == parts_.custody.centre().code;
  const auto type = own ? EvidenceType::kSubmissionAcceptance : EvidenceType::kRelayAcceptance;
  parts_.database.transact([&](Transaction& tx) {
    const bool accepted =
        known->package || find_acceptance(tx, parts_.custody, known->sealed, type) ||
        std::ranges::any_of(proven.statements, [&](const SignedStatement& item) {
          return item.statement.type == type &&
                 is_of(item.statement, parts_.custody.centre().code);
        });
    if (!accepted) return;
    keep(tx, proven);
    tx.after_commit(parts_.wake_signing);
    if (known->package) follow_evidence(tx, parts_.custody, *directory, *known->package);
  });
  return known->package.has_value();
}

// kNotFound: it is not here, and its header was not told.
Result<Recollecting::Known> Recollecting::find(const Retold& retold) {
  auto package = parts_.database.read(
      [&](Transaction& tx) { return parts_.custody.journeys().find(tx, retold.message); });
  if (!package && retold.header.empty()) return Reason::kNotFound;
  SealedHeader sealed = YZ_TRY(open_header(package ? package->header : retold.header));
  if (sealed.header.key() != retold.message) {
    return Refusal{Reason::kBadRequest, "標頭不是該訊息之標頭"};
  }
  Known known{std::move(sealed), std::move(package), {}};
  if (!known.package) return known;
  known.deliveries = parts_.database.read([&](Transaction& tx) {
    return parts_.custody.journeys().deliveries_of(tx, known.package->id);
  });
  return known;
}

// A message has one acceptance that counts. Where this store has given a second one, because the
// first reached nobody who told of it in time, that one does; the first is kept for what follows.
void Recollecting::keep(Transaction& tx, const ProvenEvidence& proven) {
  EvidenceStore& evidence = parts_.custody.evidence();
  for (const SignedVerdict& item : proven.verdicts) {
    if (!evidence.find(tx, item.sha256)) evidence.add(tx, item);
  }
  for (const SignedStatement& item : proven.statements) {
    if (evidence.find(tx, item.sha256) || stands_on_nothing(tx, evidence, proven, item)) continue;
    evidence.add(tx, item, evidence.is_further(tx, item.statement));
  }
}

std::optional<Time> find_acceptance(Transaction& tx, Custody& custody, const SealedHeader& sealed,
                                    EvidenceType type) {
  for (const EvidenceRow& row : custody.evidence().of_whole_message(tx, sealed.header.key())) {
    if (row.kind != text_of(type) || row.superseded) continue;
    const Statement statement = Statement::parse(row.statement).value();
    const bool own = is_of(statement, custody.centre().code);
    if (own && statement.header_sha256 == sealed.sha256) return statement.time;
  }
  return std::nullopt;
}

bool has_ended(Transaction& tx, Custody& custody, const MessageKey& message,
               std::span<const PlacedRecipient> recipients) {
  const std::vector<EvidenceRow> rows = custody.evidence().of_message(tx, message);
  const Told told = by_recipient(rows);
  return std::ranges::all_of(recipients, [&](const PlacedRecipient& recipient) {
    return has_ended(told, recipient.leaf.addressee);
  });
}

void follow_evidence(Transaction& tx, Custody& custody, const Directory& directory,
                     const StoredPackage& package) {
  const Following at{custody, directory, package};
  const CentreCode& own = custody.centre().code;
  const std::vector<EvidenceRow> rows = custody.evidence().of_message(tx, package.key);
  std::vector<Delivery> deliveries = custody.journeys().deliveries_of(tx, package.id);
  Told told = by_recipient(rows);
  for (const EvidenceRow& row : rows) {
    const bool takes = row.kind == text_of(EvidenceType::kRelayAcceptance);
    if (!takes || package.from_centre) continue;
    const Statement taken = Statement::parse(row.statement).value();
    const auto* centre = std::get_if<CentreCode>(&taken.actor.party);
    if (centre == nullptr || *centre == own) continue;
    const auto first = std::ranges::stable_partition(deliveries, [&](const Delivery& delivery) {
      return !goes_to(at, delivery, *centre);
    });
    const std::span<Delivery> theirs(first.begin(), first.end());
    const bool ended = std::ranges::all_of(theirs, [&](const Delivery& delivery) {
      return has_ended(told, delivery.addressee);
    });
    if (names(taken, theirs)) hand_over_again(tx, at, {taken, theirs, ended});
  }
  for (Delivery& delivery : deliveries) {
    Recollection recollection(own, delivery.fencing);
    for (const EvidenceRow* row : told[delivery.addressee]) recollection.add(*row);
    const auto decided = recollection.decided();
    if (!decided || !goes_on(delivery.state, *decided)) continue;
    custody.recall(tx, package, delivery, *decided).value();
    if (*decided == State::kConsigned) {
      tell_recipient(tx, at, delivery, recollection.consignments().back());
    }
  }
  leave_screening(tx, custody, package.id);
}

StoredPackage enter_again(Transaction& tx, Custody& custody, const Directory& directory,
                          const StoredPackage& package) {
  tell_again(tx, custody, package);
  follow_evidence(tx, custody, directory, package);
  const StoredPackage entered = custody.journeys().require(tx, package.id);
  if (entered.station != Station::kDone) return entered;
  custody.begin_clearing(tx, entered);
  return custody.journeys().require(tx, package.id);
}

}  // namespace yizhan
