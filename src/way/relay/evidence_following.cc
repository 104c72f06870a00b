#include "way/relay/evidence_following.h"

#include <algorithm>

#include "ground/control/control.h"

namespace yizhan {

// A package of this centre and its way to the one whose news is read.
struct EvidenceFollowing::About {
  StoredPackage package;
  std::optional<Relay> relay;  // none only without the control in find_about
  std::vector<Delivery> deliveries;
};

namespace {

constexpr Milliseconds kDirectoryWait = std::chrono::minutes{10};

// The signer may be one that a newer directory knows.
bool may_be_newer(Reason reason) {
  return reason == Reason::kCertificateUnregistered || reason == Reason::kUnknownAgency ||
         reason == Reason::kUnknownCentre;
}

bool speaks(const Statement& statement, const CentreCode& centre) {
  const auto* party = std::get_if<CentreCode>(&statement.actor.party);
  // An agency's word is its own (check_actor); a centre's only that of the centre which brings it.
  return party == nullptr || *party == centre;
}

// B.1 names exactly those who were offered: how many, and who.
bool names_offered(const Statement& statement, const Relay& relay) {
  return relay.state != RelayState::kWaiting && relay.leaves_sha256 &&
         statement.leaves_sha256 == relay.leaves_sha256 &&
         statement.recipient_count == relay.recipient_count;
}

}  // namespace

EvidenceFollowing::EvidenceFollowing(Parts parts) : parts_(std::move(parts)) {}

Result<int> EvidenceFollowing::work(std::chrono::seconds wait) {
  const NewsCursor cursor = parts_.database.read(
      [&](Transaction& tx) { return parts_.custody.relays().news_cursor(tx, parts_.centre); });
  const NewsPage page = YZ_TRY(parts_.line.news(cursor, wait));
  if (page.comeback != cursor.comeback) note_comeback(page.comeback);
  if (page.next < cursor.sequence && page.items.empty()) begin_anew();
  for (const NewsEntry& entry : page.items) {
    const Result<void> taken = take(entry);
    if (taken) continue;
    if (may_be_newer(taken.reason()) && waits_for_directory(entry)) {
      return Refusal{Reason::kDirectoryNewer, "證據之簽署憑證不在現行通訊目錄"};
    }
    pass_over(entry, taken.refusal());
  }
  return static_cast<int>(page.items.size());
}

// The list was begun anew, and there is nothing in it yet.
void EvidenceFollowing::begin_anew() {
  parts_.database.transact([&](Transaction& tx) {
    parts_.custody.relays().set_news_cursor(tx, parts_.centre, {});
  });
}

// Handed over to that centre, or taken over from it.
bool EvidenceFollowing::is_shared(Transaction& tx, const MessageKey& message) {
  const auto package = parts_.custody.journeys().find_origin(tx, message);
  return package && (package->from_centre == parts_.centre ||
                     parts_.custody.relays().find(tx, package->id, parts_.centre));
}

// That centre may have forgotten it: it is told again, and has again what it took over. Its B.1 of
// what it was offered may come later, from others who were told of it: it is not waited for.
void EvidenceFollowing::note_comeback(const Comeback& comeback) {
  RelayStore& relays = parts_.custody.relays();
  const Time now = parts_.custody.now();
  parts_.database.transact([&](Transaction& tx) {
    TellingStore tellings(parts_.centre.text());
    for (const MessageKey& message :
         parts_.custody.evidence().messages_since(tx, comeback.since)) {
      if (is_shared(tx, message)) tellings.plan(tx, message, now);
    }
    for (const PackageId& package : relays.offered_to(tx, parts_.centre)) {
      tellings.plan(tx, parts_.custody.journeys().require(tx, package).key, now);
    }
    relays.set_comeback(tx, parts_.centre, comeback);
    tx.after_commit(parts_.wake_telling);
  });
}

bool EvidenceFollowing::waits_for_directory(const NewsEntry& entry) {
  const Time now = parts_.custody.now();
  if (!stopped_at_ || stopped_at_->first != entry.sequence) stopped_at_ = {entry.sequence, now};
  return now - stopped_at_->second < kDirectoryWait;
}

Result<void> EvidenceFollowing::take(const NewsEntry& entry) {
  return entry.kind == kVerdictKind ? take_verdict(entry) : take_statement(entry);
}

Result<EvidenceFollowing::About> EvidenceFollowing::find_about(Transaction& tx,
                                                               const MessageKey& message,
                                                               const Sha256& header) {
  const CentreCode& centre = parts_.centre;
  auto package = parts_.custody.journeys().find(tx, message);
  if (!package || package->header_sha256 != header) {
    return Refusal{Reason::kNotFound, "證據所載之公文不是本中心所移交"};
  }
  auto relay = parts_.custody.relays().find(tx, package->id, centre);
  if (!upheld("evidence_of_relayed", relay.has_value())) {
    return Refusal{Reason::kForbidden, "公文未移交 " + centre.text()};
  }
  auto deliveries = parts_.custody.journeys().deliveries_to(tx, package->id, centre);
  return About{std::move(*package), std::move(relay), std::move(deliveries)};
}

Result<void> EvidenceFollowing::take_statement(const NewsEntry& entry) {
  const CentreCode& centre = parts_.centre;
  const SignedStatement given = YZ_TRY(open_statement(entry.evidence));
  const Statement& statement = given.statement;
  YZ_TRY(check_actor(given, *parts_.directory.current(), parts_.policy));
  if (!upheld("evidence_of_centre", speaks(statement, centre))) {
    return Refusal{Reason::kForbidden, "證據不是該中心所出具"};
  }
  return parts_.database.transact([&](Transaction& tx) -> Result<void> {
    const About about = YZ_TRY(find_about(tx, statement.message, statement.header_sha256));
    const bool concerned =
        !statement.recipient ||
        std::ranges::any_of(about.deliveries, [&](const Delivery& delivery) {
          return delivery.addressee == *statement.recipient;
        });
    if (!concerned) return Refusal{Reason::kForbidden, "受文者未移交該中心"};
    YZ_TRY(enter(tx, about, given));
    parts_.custody.relays().set_news_cursor(tx, centre, cursor_at(entry));
    tx.after_commit(parts_.wake_signing);
    return {};
  });
}

Result<void> EvidenceFollowing::take_verdict(const NewsEntry& entry) {
  const CentreCode& centre = parts_.centre;
  const SignedVerdict given = YZ_TRY(open_verdict(entry.evidence));
  const Verdict& verdict = given.verdict;
  return parts_.database.transact([&](Transaction& tx) -> Result<void> {
    const About about = YZ_TRY(find_about(tx, verdict.message, verdict.header_sha256));
    const SealedHeader sealed = YZ_TRY(open_header(about.package.header));
    YZ_TRY(check_scanner(given, sealed, *parts_.directory.current(), parts_.policy));
    if (verdict.centre != centre) return Refusal{Reason::kForbidden, "判定不是該中心所出具"};
    EvidenceStore& evidence = parts_.custody.evidence();
    if (!evidence.find(tx, given.sha256)) evidence.add(tx, given);
    parts_.custody.relays().set_news_cursor(tx, centre, cursor_at(entry));
    tx.after_commit(parts_.wake_signing);
    return {};
  });
}

Result<void> EvidenceFollowing::enter(Transaction& tx, const About& about,
                                      const SignedStatement& given) {
  const Statement& statement = given.statement;
  EvidenceStore& evidence = parts_.custody.evidence();
  // A B.1 may be known already: its sender told it again to a store that came back.
  if (statement.type == EvidenceType::kRelayAcceptance) YZ_TRY(end_custody(tx, about, given));
  if (evidence.find(tx, given.sha256)) return {};
  // Also a second B.1, of a centre whose store came back before it was told of the first.
  evidence.add(tx, given, evidence.is_further(tx, statement));
  if (parts_.on_malware && names_malware(statement)) {
    parts_.on_malware(tx, about.package, statement);
  }
  if (is_final(statement.type)) parts_.custody.close_when_done(tx, about.package);
  if (statement.type == EvidenceType::kRelayRejection) return end_handover(tx, about, given);
  return {};
}

// That centre has it from now on, and says so: until here this one kept its copy.
Result<void> EvidenceFollowing::end_custody(Transaction& tx, const About& about,
                                            const SignedStatement& given) {
  if (!upheld("handover_named", names_offered(given.statement, about.relay.value()))) {
    return Refusal{Reason::kConflict, "接管證明（B.1）與所移交者不符"};
  }
  if (about.relay->state != RelayState::kOffered) return {};
  for (Delivery delivery : about.deliveries) {
    if (delivery.state != State::kOffered) continue;
    YZ_TRY(parts_.custody.take(tx, about.package, delivery,
                               {.step = Step::kRelay, .due = delivery.due}));
  }
  Relay done = about.relay.value();
  done.state = RelayState::kDone;
  parts_.custody.relays().save(tx, done);
  return {};
}

// It refused what breaks a rule and has not taken anything: the sender is told for each recipient.
Result<void> EvidenceFollowing::end_handover(Transaction& tx, const About& about,
                                             const SignedStatement& given) {
  const Refusal why{given.statement.reason.value_or(Reason::kForbidden), given.statement.detail};
  for (Delivery delivery : about.deliveries) {
    if (!after(delivery.state, Step::kFailRelay)) continue;
    YZ_TRY(parts_.custody.take(tx, about.package, delivery,
                               {.step = Step::kFailRelay,
                                .due = delivery.due,
                                .why = why,
                                .previous = {given.sha256}}));
  }
  Relay done = about.relay.value();
  done.state = RelayState::kDone;
  parts_.custody.relays().save(tx, done);
  return {};
}

void EvidenceFollowing::pass_over(const NewsEntry& entry, const Refusal& why) {
  const CentreCode& centre = parts_.centre;
  parts_.database.transact([&](Transaction& tx) {
    parts_.journal.record(tx, Event::kRelayRefused,
                          {{"message_id", entry.message.message.text()},
                           {"sender", entry.message.sender.text()},
                           {"centre", centre.text()},
                           {"reason", std::string(code_of(why.reason))}},
                          parts_.custody.now());
    parts_.custody.relays().set_news_cursor(tx, centre, cursor_at(entry));
  });
}

}  // namespace yizhan
