#include "way/relay/relaying.h"

#include <algorithm>

#include "ground/loop/loop.h"

namespace yizhan {

namespace {

constexpr BackOff kRetry{std::chrono::seconds{1}, std::chrono::minutes{2}};
// How soon the line is tried again is for its pace; meanwhile another package has its turn.
constexpr BackOff kLineRetry{std::chrono::milliseconds{500}, std::chrono::seconds{8}};
// B.1 comes by the news as soon as it is signed; asked again when it did not.
constexpr Milliseconds kUnsigned{50};
constexpr Milliseconds kAskAgain = std::chrono::seconds{30};
// A restart of the other centre is no news for senders.
constexpr Milliseconds kToldAfter = std::chrono::seconds{15};
constexpr int kToldAtOnce = 256;

// Nothing came of it that says anything about this one package.
bool is_about_the_line(Reason reason) {
  constexpr auto kLine =
      std::to_array({Reason::kUnavailable, Reason::kCertificateUntrusted,
                     Reason::kTooManyRequests, Reason::kCertificateUnregistered,
                     Reason::kUnlistedAddress, Reason::kInternal});
  return std::ranges::find(kLine, reason) != kLine.end();
}

State state_of_recipients(RelayState relay) {
  if (relay == RelayState::kWaiting) return State::kForwarding;
  return relay == RelayState::kAgain ? State::kRelayed : State::kOffered;
}

RelayOffer offer_of(const StoredPackage& package, const CentreCode& centre,
                    const std::vector<Delivery>& deliveries) {
  RelayOffer offer{package.header, {}, {}, package.groups, {}};
  const auto key_block = package.next_key_blocks.find(centre);
  if (key_block != package.next_key_blocks.end()) offer.scanner_key_block = key_block->second;
  for (const Delivery& delivery : deliveries) {
    offer.recipients.push_back({delivery.placed, delivery.key_blocks});
  }
  return offer;
}

}  // namespace

struct Relaying::Claimed {
  Relay relay;
  StoredPackage package;
  std::vector<Delivery> deliveries;
  RelayOffer offer;
};

// While a worker has a relay, no other takes it.
class Relaying::UnderWay {
 public:
  UnderWay(Relaying& relaying, const Relay& relay)
      : relaying_(relaying), key_(relay.package, relay.centre) {}
  ~UnderWay() {
    const std::lock_guard lock(relaying_.mutex_);
    relaying_.under_way_.erase(key_);
  }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;

 private:
  Relaying& relaying_;
  const std::pair<PackageId, CentreCode> key_;
};

Relaying::Relaying(Parts parts) : parts_(std::move(parts)) {}

bool Relaying::work(const Destination& destination) {
  if (!destination.pace.begin(parts_.custody.now())) return false;
  if (withdraw_next(destination) || hand_over_next(destination)) return true;
  destination.pace.end_idle();
  return false;
}

bool Relaying::hand_over_next(const Destination& destination) {
  const std::optional<Relay> relay = next(destination.centre);
  if (!relay) return false;
  const UnderWay under_way(*this, *relay);
  const auto claimed = parts_.database.transact(
      [&](Transaction& tx) { return claim(tx, *relay); });
  if (!claimed) {
    destination.pace.end_idle();
    return true;
  }
  const Result<RelayAnswer> answer = hand_over(destination, *claimed);
  settle(*relay, answer);
  end(destination, answer ? std::nullopt : std::optional(answer.refusal()));
  return true;
}

void Relaying::end(const Destination& destination, const std::optional<Refusal>& why) {
  const bool failed = why && is_about_the_line(why->reason);
  if (failed) return destination.pace.end_failed(parts_.custody.now());
  destination.pace.end_reached();
}

std::optional<Relay> Relaying::next(const CentreCode& centre) {
  const std::lock_guard lock(mutex_);
  const auto due = parts_.database.read([&](Transaction& tx) {
    return parts_.custody.relays().due(tx, centre, parts_.custody.now(),
                                       static_cast<int>(under_way_.size()) + 1);
  });
  const auto free = std::ranges::find_if(due, [&](const Relay& relay) {
    return !under_way_.contains({relay.package, relay.centre});
  });
  if (free == due.end()) return std::nullopt;
  under_way_.emplace(free->package, free->centre);
  return *free;
}

// What is offered once stays as it is; before that, who was withdrawn or held meanwhile stays here.
std::optional<Relaying::Claimed> Relaying::claim(Transaction& tx, Relay relay) {
  const auto current = parts_.custody.relays().find(tx, relay.package, relay.centre);
  if (!current || current->state == RelayState::kDone) return std::nullopt;
  relay = *current;
  JourneyStore& journeys = parts_.custody.journeys();
  const State wanted = state_of_recipients(relay.state);
  std::vector<Delivery> deliveries = journeys.deliveries_to(tx, relay.package, relay.centre);
  std::erase_if(deliveries, [&](const Delivery& delivery) { return delivery.state != wanted; });
  if (deliveries.empty()) {
    relay.state = RelayState::kDone;
    parts_.custody.relays().save(tx, relay);
    return std::nullopt;
  }
  StoredPackage package = journeys.require(tx, relay.package);
  // What is offered is fixed: so all that go there are routed first, however many parts that takes.
  const bool is_routed = package.station != Station::kRoute;
  if (relay.state == RelayState::kWaiting && !is_routed) return put_off(tx, std::move(relay));
  RelayOffer offer = offer_of(package, relay.centre, deliveries);
  for (const EvidenceRow& row : parts_.custody.before_consignment(tx, package)) {
    // What is not signed yet is a moment away; without it nobody takes over.
    if (!row.cms) return put_off(tx, std::move(relay));
    offer.evidence.push_back(*row.cms);
  }
  return Claimed{std::move(relay), std::move(package), std::move(deliveries), std::move(offer)};
}

// For something that is a moment away.
std::nullopt_t Relaying::put_off(Transaction& tx, Relay relay) {
  relay.due = parts_.custody.now() + kUnsigned;
  parts_.custody.relays().save(tx, relay);
  return std::nullopt;
}

Result<RelayAnswer> Relaying::hand_over(const Destination& destination, const Claimed& claimed) {
  RelayAnswer answer = YZ_TRY(destination.line.offer(claimed.offer));
  // Taken before this store came back from an older copy, which does not know that it offered it.
  const bool forgotten = claimed.relay.state == RelayState::kWaiting;
  if (forgotten && answer.state == TakeoverState::kTaken) YZ_TRY(mark_offered(claimed));
  if (answer.state != TakeoverState::kReceiving) return answer;
  const bool cleared = claimed.package.station == Station::kClearing ||
                       claimed.package.station == Station::kCleared;
  if (cleared) return Refusal{Reason::kNotFound, "內容已清除，不再移交"};
  answer = YZ_TRY(upload(destination, claimed, std::move(answer)));
  if (claimed.relay.state != RelayState::kAgain) YZ_TRY(mark_offered(claimed));
  return destination.line.accept(answer.relay);
}

Result<RelayAnswer> Relaying::upload(const Destination& destination, const Claimed& claimed,
                                     RelayAnswer answer) {
  const auto count = static_cast<std::int64_t>(claimed.package.groups.size());
  while (answer.next_group < count) {
    const std::int64_t index = answer.next_group;
    const Bytes group =
        parts_.objects.read(claimed.package.cipher_root,
                            static_cast<std::uint64_t>(index) * kGroupBytes, kGroupBytes);
    answer = YZ_TRY(destination.line.put_group(answer.relay, index, group));
    if (answer.next_group > index) continue;
    return Refusal{Reason::kUnavailable, "對方中心未收下第 " + std::to_string(index) + " 段"};
  }
  return answer;
}

// Durable before the word that may pass custody on: from now on nothing here ends it.
Result<void> Relaying::mark_offered(const Claimed& claimed) {
  return parts_.database.transact([&](Transaction& tx) -> Result<void> {
    for (Delivery delivery : claimed.deliveries) {
      YZ_TRY(parts_.custody.take(tx, claimed.package, delivery,
                                 {.step = Step::kOffer, .due = delivery.due}));
    }
    Relay relay = claimed.relay;
    relay.state = RelayState::kOffered;
    relay.recipient_count = static_cast<std::int64_t>(claimed.deliveries.size());
    relay.leaves_sha256 = leaves_sha256(claimed.offer);
    parts_.custody.relays().save(tx, relay);
    return {};
  });
}

void Relaying::settle(const Relay& relay, const Result<RelayAnswer>& answer) {
  parts_.database.transact([&](Transaction& tx) {
    auto current = parts_.custody.relays().find(tx, relay.package, relay.centre);
    if (!current || current->state == RelayState::kDone) return;  // the news was faster
    current->due = parts_.custody.now() + kAskAgain;
    const bool decided = answer ? answer->state != TakeoverState::kReceiving
                                : answer.reason() == Reason::kNotFound;
    if (current->state == RelayState::kAgain && decided) current->state = RelayState::kDone;
    if (!answer) {
      const BackOff& retry = is_about_the_line(answer.reason()) ? kLineRetry : kRetry;
      current->due = parts_.custody.now() + retry.after(current->attempts);
      ++current->attempts;
    }
    parts_.custody.relays().save(tx, *current);
    if (answer) read_again(tx, relay.centre, *answer);
    // Its agency may have moved to another centre.
    if (answer || answer.reason() != Reason::kWrongHomeCentre) return;
    StoredPackage package = parts_.custody.journeys().require(tx, relay.package);
    if (package.station != Station::kRouted) return;
    package.station = Station::kRoute;
    package.due = parts_.custody.now();
    parts_.custody.journeys().move(tx, package);
    tx.after_commit(parts_.wake_routing);
  });
}

// Its B.1 or B.2 stands before what was read of its news, and is not here: it came when this store
// did not know what it is about. Everything that speaks of the package stands there or later.
void Relaying::read_again(Transaction& tx, const CentreCode& centre, const RelayAnswer& answer) {
  RelayStore& relays = parts_.custody.relays();
  if (!answer.news || relays.news_cursor(tx, centre).sequence < *answer.news) return;
  relays.set_news_cursor(tx, centre, {*answer.news - 1, ""});
}

bool Relaying::withdraw_next(const Destination& destination) {
  const Time now = parts_.custody.now();
  const auto due = parts_.database.read([&](Transaction& tx) {
    return parts_.custody.relays().due_withdrawals(tx, destination.centre, now, 1);
  });
  if (due.empty()) return false;
  RelayedWithdrawal wish = due.front();
  const Result<void> answer = destination.line.withdraw(wish.withdrawal);
  // Where it was not handed over after all, it is asked again until the package ends.
  const bool again = !answer && (answer.reason() == Reason::kNotFound ||
                                 is_about_the_line(answer.reason()));
  ++wish.attempts;
  wish.due = parts_.custody.now() + kRetry.after(wish.attempts);
  parts_.database.transact([&](Transaction& tx) {
    const StoredPackage package = parts_.custody.journeys().require(tx, wish.package);
    wish.done = !again || package.expires <= now;
    parts_.custody.relays().save(tx, wish);
  });
  end(destination, answer ? std::nullopt : std::optional(answer.refusal()));
  return true;
}

int Relaying::tell_delayed(const Destination& destination) {
  const auto since = destination.pace.failing_since();
  const Time now = parts_.custody.now();
  if (!since || now - *since < kToldAfter) return 0;
  const Refusal why{Reason::kCentreUnreachable, "交換中心 " + destination.centre.text() + " 自 " +
                                                    since->text() + " 起無法連線"};
  JourneyStore& journeys = parts_.custody.journeys();
  const auto untold = [&](Transaction& tx) {
    return journeys.untold_to(tx, destination.centre, now - kToldAfter, kToldAtOnce);
  };
  if (parts_.database.read(untold).empty()) return 0;
  return parts_.database.transact([&](Transaction& tx) {
    int count = 0;
    for (const DeliveryId& id : untold(tx)) {
      Delivery delivery = journeys.find(tx, id).value();
      const StoredPackage package = journeys.require(tx, delivery.package);
      parts_.custody
          .take(tx, package, delivery,
                {.step = Step::kDelay,
                 .due = delivery.due,
                 .why = why,
                 .previous = parts_.custody.verdicts_on(tx, package)})
          .value();
      ++count;
    }
    tx.after_commit(parts_.wake_signing);
    return count;
  });
}

}  // namespace yizhan
