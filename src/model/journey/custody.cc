#include "model/journey/custody.h"

#include <algorithm>

namespace yizhan {

namespace {

// 3 days: a held document that nobody decides about ends as D.2 hold_expired.
constexpr Milliseconds kHoldMax = std::chrono::hours{72};

// A body is kept this long after the last recipient's end, for an operator who has to look into it.
constexpr Milliseconds kBodyKept = std::chrono::hours{24};

constexpr int kRecipientsMax = 10'000;  // of a package

struct StepRecord {
  Event event;
  std::optional<EvidenceType> evidence;
};

StepRecord record_of(Step step) {
  switch (step) {
    case Step::kHold:
      return {Event::kDocumentHeld, EvidenceType::kHeld};
    case Step::kRelease:
      return {Event::kDocumentReleased, std::nullopt};
    case Step::kForward:
      return {Event::kMessageForwarded, std::nullopt};
    case Step::kDelay:
      return {Event::kDocumentHeld, EvidenceType::kHeld};
    case Step::kOffer:
      return {Event::kMessageOffered, std::nullopt};
    case Step::kRelay:
      return {Event::kMessageRelayed, std::nullopt};
    case Step::kFailRelay:
      return {Event::kRelayFailed, EvidenceType::kRelayFailure};
    case Step::kConsign:
      return {Event::kMessageConsigned, EvidenceType::kConsignment};
    case Step::kLease:
      return {Event::kMessageLeased, std::nullopt};
    case Step::kLapse:
      return {Event::kLeaseLapsed, std::nullopt};
    case Step::kHandOver:
      return {Event::kMessageHandedOver, std::nullopt};
    case Step::kRefuseOpening:
      return {Event::kHandoverRefused, std::nullopt};
    case Step::kConfirm:
    case Step::kReturn:
      return {Event::kMessageAcknowledged, std::nullopt};
    case Step::kStop:
      return {Event::kDocumentStopped, EvidenceType::kConsignmentFailure};
    case Step::kWithdraw:
    case Step::kFallBackToPaper:
      return {Event::kDeliveryWithdrawn, EvidenceType::kConsignmentFailure};
    case Step::kExpire:
      return {Event::kMessageExpired, EvidenceType::kAcceptanceExpiry};
  }
  return {Event::kDocumentHeld, std::nullopt};
}

std::string code_or_empty(const std::optional<Refusal>& why) {
  return why ? std::string(code_of(why->reason)) : std::string();
}

}  // namespace

Custody::Custody(CentreIdentity centre, Journal& journal, const Clock& clock)
    : centre_(std::move(centre)), journal_(journal), clock_(clock) {}

Result<void> Custody::take(Transaction& tx, const StoredPackage& package, Delivery& delivery,
                           const Move& move) {
  std::optional<Reason> reason;
  if (move.why) reason = move.why->reason;
  YZ_TRY(journeys_.take(tx, delivery,
                        {.step = move.step, .now = now(), .due = move.due, .reason = reason}));
  const StepRecord step = record_of(move.step);
  if (step.evidence) {
    Statement stated = statement(*step.evidence, package, &delivery);
    stated.previous = move.previous;
    stated.approvals = move.approvals;
    stated.reason = reason;
    if (move.why) stated.detail = move.why->detail;
    evidence_.add(tx, stated);
  }
  record(tx, step.event, package,
         {{"recipient", delivery.addressee.text()}, {"reason", code_or_empty(move.why)}});
  if (is_final(delivery.state)) close_when_done(tx, package);
  return {};
}

// Of someone whom another centre took over. Most often one of the first shows it.
bool Custody::awaits_final(Transaction& tx, const StoredPackage& package) {
  for (const int count : {1, 16, 256, kRecipientsMax}) {
    for (const Addressee& recipient : journeys_.relayed_recipients(tx, package.id, count)) {
      if (!evidence_.has_final(tx, package.key, recipient)) return true;
    }
  }
  return false;
}

void Custody::close_when_done(Transaction& tx, const StoredPackage& package) {
  const bool closed = package.station == Station::kDone ||
                      package.station == Station::kClearing ||
                      package.station == Station::kCleared;
  if (closed || journeys_.has_open(tx, package.id) || awaits_final(tx, package)) return;
  StoredPackage done = package;
  done.station = Station::kDone;
  done.reason.reset();
  done.due = now() + kBodyKept;
  journeys_.move(tx, done);
}

void Custody::begin_clearing(Transaction& tx, const StoredPackage& package) {
  StoredPackage ended = package;
  ended.station = journeys_.shares_body(tx, package) ? Station::kCleared : Station::kClearing;
  ended.due = now();
  journeys_.move(tx, ended);
}

Result<void> Custody::recall(Transaction& tx, const StoredPackage& package, Delivery& delivery,
                             State decided) {
  YZ_TRY(journeys_.set_state(tx, delivery, decided, now()));
  record(tx, Event::kDeliveryRecalled, package,
         {{"recipient", delivery.addressee.text()}, {"reason", std::string(text_of(decided))}});
  if (is_final(decided)) close_when_done(tx, package);
  return {};
}

void Custody::note_comeback(Transaction& tx, std::int64_t known, const std::string& found_by) {
  if (!comebacks_.note(tx, known)) return;
  const Comeback found = ComebackStore().last(tx);
  journal_.record(tx, Event::kStoreCameBack,
                  {{"count", found.count}, {"since", found.since.text()}, {"found_by", found_by}},
                  now());
}

void Custody::hold(Transaction& tx, StoredPackage& package, const Refusal& why,
                   std::vector<Sha256> previous) {
  package.station = Station::kHeld;
  package.reason = why.reason;
  package.due = now();
  journeys_.move(tx, package);
  const Time until = hold_until(package);
  for (Delivery& delivery : journeys_.deliveries_of(tx, package.id)) {
    if (!after(delivery.state, Step::kHold)) continue;
    const StepMark mark{.step = Step::kHold, .now = now(), .due = until, .reason = why.reason};
    journeys_.take(tx, delivery, mark).value();
  }
  Statement held = statement(EvidenceType::kHeld, package, nullptr);
  held.previous = std::move(previous);
  held.reason = why.reason;
  held.detail = why.detail;
  evidence_.add(tx, held);
  record(tx, Event::kDocumentHeld, package,
         {{"recipient", ""}, {"reason", std::string(code_of(why.reason))}});
}

// 五(二)7: 應對惡意程式先行阻絕，並中止該公文之發送 — the document, not one package of it. What
// waits for the scanner is held when it comes out: officers decide with its verdict before them.
void Custody::stop_document(Transaction& tx, const StoredPackage& package,
                            const std::string& malware) {
  journeys_.mark_infected(tx, package.id, malware);
  for (const PackageId& id : journeys_.packages_on_their_way(tx, package)) {
    StoredPackage one = journeys_.require(tx, id);
    const auto deliveries = journeys_.deliveries_of(tx, id);
    const bool left = std::ranges::any_of(
        deliveries, [](const Delivery& delivery) { return !is_final(delivery.state); });
    const bool held = one.station == Station::kHeld && one.reason == Reason::kInfected;
    if (!left || held) continue;
    const Refusal why = id == package.id ? Refusal{Reason::kInfected, malware}
                                         : Infection{package.key.message, malware}.why_held();
    hold(tx, one, why, verdicts_on(tx, one));
  }
}

Time Custody::hold_until(const StoredPackage& package) const {
  return std::min(now() + kHoldMax, package.expires);
}

void Custody::release(Transaction& tx, StoredPackage& package, Station next) {
  for (Delivery& delivery : journeys_.deliveries_of(tx, package.id)) {
    if (delivery.state != State::kHeld) continue;
    const StepMark mark{.step = Step::kRelease, .now = now(), .due = package.expires};
    journeys_.take(tx, delivery, mark).value();
  }
  package.station = next;
  package.reason.reset();
  package.attempts = 0;
  package.due = now();
  journeys_.move(tx, package);
  record(tx, Event::kDocumentReleased, package, {{"recipient", ""}, {"reason", ""}});
}

std::vector<Sha256> Custody::verdicts_on(Transaction& tx, const StoredPackage& package) {
  std::vector<Sha256> names;
  for (const EvidenceRow& row : before_consignment(tx, package)) {
    if (row.kind == kVerdictKind) names.push_back(row.sha256);
  }
  return names;
}

std::vector<EvidenceRow> Custody::before_consignment(Transaction& tx,
                                                     const StoredPackage& package) {
  std::vector<EvidenceRow> rows = evidence_.of_whole_message(tx, package.key);
  std::erase_if(rows, [&](const EvidenceRow& row) { return !precedes(row, package); });
  return rows;
}

// What another centre says about its own recipients comes back too, and precedes nothing here.
bool Custody::precedes(const EvidenceRow& row, const StoredPackage& package) const {
  const auto is_before = [&](const CentreCode& centre) {
    return centre == centre_.code || centre == package.from_centre;
  };
  if (row.kind == kVerdictKind) return is_before(Verdict::parse(row.statement).value().centre);
  const bool counts = row.kind == text_of(EvidenceType::kReleased) ||
                      row.kind == text_of(EvidenceType::kSubmissionAcceptance) ||
                      row.kind == text_of(EvidenceType::kRelayAcceptance);
  if (!counts) return false;
  const Statement statement = Statement::parse(row.statement).value();
  const auto* centre = std::get_if<CentreCode>(&statement.actor.party);
  return centre != nullptr && is_before(*centre);
}

Statement Custody::statement(EvidenceType type, const StoredPackage& package,
                             const Delivery* delivery) const {
  Statement statement{.type = type,
                      .message = package.key,
                      .header_sha256 = package.header_sha256,
                      .actor = centre_.actor(),
                      .time = now()};
  if (delivery != nullptr) statement.recipient = delivery->addressee;
  return statement;
}

void Custody::record(Transaction& tx, Event event, const StoredPackage& package, Fields more) {
  more.push_back({"sender", package.key.sender.text()});
  more.push_back({"message_id", package.key.message.text()});
  journal_.record(tx, event, more, now());
}

}  // namespace yizhan
