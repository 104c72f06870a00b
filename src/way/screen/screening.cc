#include "way/screen/screening.h"

#include <algorithm>

namespace yizhan {

namespace {

constexpr Milliseconds kFirstRetry = std::chrono::milliseconds{500};
constexpr Milliseconds kLongestRetry = std::chrono::seconds{30};
// Tries that ended without any answer (we died over it) before people must look at it.
constexpr std::int64_t kAttemptsMax = 10;
// How many wait here beside the store; and how often the store goes first, so that what waits
// there for its second try comes to its turn whatever comes in.
constexpr std::size_t kTakenMax = 256;
constexpr std::uint64_t kStoreFirstEvery = 8;

Milliseconds back_off(std::int64_t attempts) {
  const auto doublings = std::min<std::int64_t>(attempts, 6);
  return std::min(kFirstRetry * (std::int64_t{1} << doublings), kLongestRetry);
}

Refusal why_held(const Verdict& verdict) {
  const std::string detail = verdict.name.empty() ? verdict.detail : verdict.name;
  switch (verdict.result) {
    case ScanResult::kClean:
    case ScanResult::kInfected:
      return {Reason::kInfected, detail};
    case ScanResult::kRefused:
      return {verdict.reason.value_or(Reason::kContentRefused), detail};
    case ScanResult::kIncomplete:
      return {verdict.reason.value_or(Reason::kScanIncomplete), detail};
  }
  return {Reason::kScanIncomplete, detail};
}

}  // namespace

// While a worker has a package, no other takes it.
class Screening::UnderWay {
 public:
  UnderWay(Screening& screening, const PackageId& id) : screening_(screening), id_(id) {}
  ~UnderWay() {
    const std::lock_guard lock(screening_.mutex_);
    screening_.under_way_.erase(id_);
  }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;

 private:
  Screening& screening_;
  const PackageId id_;
};

Screening::Screening(Parts parts) : parts_(std::move(parts)), taken_(kTakenMax) {}

bool Screening::work() {
  const std::optional<StoredPackage> package = next();
  if (!package) return false;
  const UnderWay under_way(*this, package->id);
  settle(*package, ask(*package));
  return true;
}

Result<SignedVerdict> Screening::ask(const StoredPackage& package) const {
  const SealedHeader sealed = YZ_TRY(open_header(package.header));
  YZ_TRY(check_before(package, sealed));
  const ScanOrder order{package.header, package.groups, package.scanner_key_block,
                        package.accepted};
  const Bytes answer =
      YZ_TRY(parts_.scanner.scan(order, parts_.objects.open(package.cipher_root)));
  SignedVerdict verdict = YZ_TRY(open_verdict(answer));
  YZ_TRY(check_scanner(verdict, sealed, *parts_.directory.current(), parts_.trust.policy()));
  if (verdict.verdict.centre != parts_.custody.centre().code) return Reason::kVerdictMissing;
  return verdict;
}

void Screening::take(StoredPackage package) {
  const std::lock_guard lock(mutex_);
  if (!under_way_.insert(package.id).second) return;
  if (const auto left = taken_.put(std::move(package))) under_way_.erase(*left);
}

std::optional<StoredPackage> Screening::next() {
  const std::lock_guard lock(mutex_);
  if (++turns_ % kStoreFirstEvery == 0) {
    auto due = claim();
    return due ? std::move(due) : taken_.take();
  }
  auto taken = taken_.take();
  return taken ? std::move(taken) : claim();
}

std::optional<StoredPackage> Screening::claim() {
  const bool any = parts_.database.read([&](Transaction& tx) { return find_due(tx).has_value(); });
  if (!any) return std::nullopt;
  const auto package = parts_.database.transact([&](Transaction& tx) { return next_due(tx); });
  if (package) under_way_.insert(package->id);
  return package;
}

std::optional<PackageId> Screening::find_due(Transaction& tx) {
  const auto due = parts_.custody.journeys().due_at(
      tx, Station::kScreen, parts_.custody.now(), static_cast<int>(under_way_.size()) + 1);
  const auto next =
      std::ranges::find_if(due, [&](const PackageId& id) { return !under_way_.contains(id); });
  return next == due.end() ? std::nullopt : std::optional(*next);
}

std::optional<StoredPackage> Screening::next_due(Transaction& tx) {
  JourneyStore& journeys = parts_.custody.journeys();
  const auto next = find_due(tx);
  if (!next) return std::nullopt;
  StoredPackage package = journeys.require(tx, *next);
  if (package.attempts >= kAttemptsMax && !package.reason) {
    parts_.custody.hold(tx, package, {Reason::kScanIncomplete, "掃描屢次中斷，待人工處理"}, {});
    return std::nullopt;
  }
  // Counted before the work: a package over which we die is tried again later each time, and not
  // for ever.
  ++package.attempts;
  package.due = parts_.custody.now() + back_off(package.attempts);
  journeys.move(tx, package);
  return package;
}

// What may have changed since A.1: the sender's standing and its certificate's revocation.
Result<void> Screening::check_before(const StoredPackage& package,
                                     const SealedHeader& sealed) const {
  const Moment moment{.accepted = package.accepted, .now = parts_.custody.now()};
  return check_sender(sealed, *parts_.directory.current(), *parts_.trust.current(), moment);
}

void Screening::settle(const StoredPackage& claimed, const Result<SignedVerdict>& verdict) {
  parts_.database.transact([&](Transaction& tx) {
    watch_scanner(tx, verdict);
    StoredPackage package = parts_.custody.journeys().require(tx, claimed.id);
    if (package.station != Station::kScreen) return;  // ended meanwhile
    if (!verdict) return try_again(tx, package, verdict.refusal());
    enter(tx, package, *verdict);
  });
}

// Only a verdict shows that it works, only its silence that it does not.
void Screening::watch_scanner(Transaction& tx, const Result<SignedVerdict>& verdict) {
  const bool down = !verdict && verdict.reason() == Reason::kScannerUnavailable;
  if ((!down && !verdict) || down == scanner_down_) return;
  parts_.alarm.scanner_changed(tx, down ? std::optional(verdict.refusal()) : std::nullopt);
  tx.after_commit([this, down] { scanner_down_ = down; });
}

void Screening::enter(Transaction& tx, StoredPackage& package, const SignedVerdict& verdict) {
  const Verdict& found = verdict.verdict;
  parts_.custody.evidence().add(tx, verdict);
  parts_.custody.record(tx, Event::kDocumentScreened, package,
                        {{"result", std::string(text_of(found.result))}});
  tx.after_commit(parts_.wake_signing);
  if (found.result != ScanResult::kClean) {
    if (found.result == ScanResult::kInfected) {
      parts_.alarm.malware_found(tx, package, found);
      parts_.custody.stop_document(tx, package, found.name);
    }
    return parts_.custody.hold(tx, package, why_held(found), {verdict.sha256});
  }
  if (const auto infection = parts_.custody.journeys().find_infection(tx, package)) {
    return parts_.custody.hold(tx, package, infection->why_held(), {verdict.sha256});
  }
  package.reason.reset();
  package.attempts = 0;
  package.due = parts_.custody.now();
  if (parts_.route_now(tx, package)) return;
  package.station = Station::kRoute;
  parts_.custody.journeys().move(tx, package);
  tx.after_commit(parts_.wake_routing);
}

// No verdict can be had now: the document waits, the sender sees why, nothing passes.
void Screening::try_again(Transaction& tx, StoredPackage& package, const Refusal& why) {
  const bool news = package.reason != why.reason;
  package.reason = why.reason;
  package.due = parts_.custody.now() + back_off(package.attempts);
  parts_.custody.journeys().move(tx, package);
  if (!news) return;
  Statement held = parts_.custody.statement(EvidenceType::kHeld, package, nullptr);
  held.reason = why.reason;
  held.detail = why.detail;
  parts_.custody.evidence().add(tx, held);
  parts_.custody.record(tx, Event::kDocumentHeld, package,
                        {{"recipient", ""}, {"reason", std::string(code_of(why.reason))}});
  tx.after_commit(parts_.wake_signing);
}

}  // namespace yizhan
