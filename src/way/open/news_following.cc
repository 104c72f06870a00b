#include "way/open/news_following.h"

#include "way/open/keeping.h"

namespace yizhan {

namespace {

constexpr std::size_t kPageMax = 100;

// The signer may be one that a newer directory knows.
bool may_be_newer(Reason reason) {
  return reason == Reason::kCertificateUnregistered || reason == Reason::kUnknownAgency ||
         reason == Reason::kUnknownCentre || reason == Reason::kVerdictMissing;
}

std::optional<Refusal> why_of(const Statement& statement) {
  if (!statement.reason) return std::nullopt;
  return Refusal{*statement.reason, statement.detail};
}

// What a centre says of a package as a whole concerns those in its custody: the sender's centre has
// all until another has taken over, that one its own agencies'.
struct Speaker {
  const CentreCode* centre;  // none: an agency
  Time at;
};

bool concerns(const Speaker& speaker, const OutgoingRecipient& recipient,
              const Directory& directory, const OrgCode& sender) {
  if (speaker.centre == nullptr) return true;
  const Agency* agency = directory.find(recipient.addressee.org);
  if (agency == nullptr || agency->is_served_by(*speaker.centre, speaker.at)) return true;
  const Agency* own = directory.find(sender);
  const bool taken = recipient.state == RecipientState::kRelayed ||
                     recipient.state == RecipientState::kConsigned;
  return own != nullptr && own->is_served_by(*speaker.centre, speaker.at) && !taken;
}

bool concerns(const Statement& statement, const OutgoingRecipient& recipient,
              const Directory& directory) {
  if (statement.recipient) return *statement.recipient == recipient.addressee;
  return concerns({std::get_if<CentreCode>(&statement.actor.party), statement.time}, recipient,
                  directory, statement.message.sender);
}

bool is_open(MailState state) {
  return state == MailState::kConsigned || state == MailState::kLeased;
}

}  // namespace

NewsFollowing::NewsFollowing(Parts parts)
    : parts_(std::move(parts)), inbox_(parts_.centre_code) {}

Result<int> NewsFollowing::work(std::chrono::seconds wait) {
  const NewsCursor cursor =
      parts_.database.read([&](Transaction& tx) { return inbox_.news_cursor(tx); });
  // Nothing is fetched before the first answer, so that one does not wait for more to happen.
  const NewsPage page =
      YZ_TRY(parts_.centre.news(cursor, caught_up_ ? wait : std::chrono::seconds{0}));
  if (page.comeback != cursor.comeback) note_comeback(page.comeback);
  if (page.next < cursor.sequence && page.items.empty()) begin_anew();
  for (const NewsEntry& entry : page.items) {
    const Result<void> taken = take(entry);
    if (taken) continue;
    if (may_be_newer(taken.reason()) && stopped_at_ != entry.sequence) {
      stopped_at_ = entry.sequence;
      return Refusal{Reason::kDirectoryNewer, "證據之簽署憑證不在現行通訊目錄"};
    }
    pass_over(entry, taken.refusal());
  }
  if (page.items.size() < kPageMax) caught_up_ = true;
  return static_cast<int>(page.items.size());
}

// The list was begun anew, and there is nothing in it yet.
void NewsFollowing::begin_anew() {
  parts_.database.transact([&](Transaction& tx) { inbox_.set_news_cursor(tx, {}); });
}

// The centre may have forgotten what it accepted of us and what we receipted: it is told again. It
// may also have what the one that was there in between did not. Of what was handed in the evidence
// may come later, from others who were told of it: it is not waited for.
void NewsFollowing::note_comeback(const Comeback& comeback) {
  const Time now = parts_.clock.now();
  parts_.database.transact([&](Transaction& tx) {
    TellingStore tellings(parts_.centre_code);
    for (const MessageKey& message : EvidenceStore().messages_since(tx, comeback.since)) {
      tellings.plan(tx, message, now);
    }
    for (const MessageId& message : outbox_.handed_in_without_evidence(tx)) {
      tellings.plan(tx, {parts_.terminal.org, message}, now);
    }
    inbox_.seek_again(tx, now - kLifeOfMail, now);
    inbox_.set_comeback(tx, comeback);
    tx.after_commit(parts_.wake_telling);
    tx.after_commit(parts_.wake_fetching);
  });
}

Result<void> NewsFollowing::take(const NewsEntry& entry) {
  return entry.kind == kVerdictKind ? take_verdict(entry) : take_statement(entry);
}

Result<void> NewsFollowing::take_statement(const NewsEntry& entry) {
  const SignedStatement evidence = YZ_TRY(open_statement(entry.evidence));
  const Statement& statement = evidence.statement;
  if (statement.message != entry.message || text_of(statement.type) != entry.kind) {
    return Refusal{Reason::kMalformed, "證據與消息所載不同"};
  }
  YZ_TRY(check_actor(evidence, *parts_.directory.current(), parts_.policy));
  return parts_.database.transact([&](Transaction& tx) -> Result<void> {
    if (statement.message.sender == parts_.terminal.org) YZ_TRY(move_outbox(tx, evidence));
    if (entry.delivery) move_inbox(tx, entry, evidence);
    keep(tx, parts_.clock.now(), evidence, false);
    inbox_.set_news_cursor(tx, cursor_at(entry));
    return {};
  });
}

Result<void> NewsFollowing::take_verdict(const NewsEntry& entry) {
  const SignedVerdict evidence = YZ_TRY(open_verdict(entry.evidence));
  const auto directory = parts_.directory.current();
  return parts_.database.transact([&](Transaction& tx) -> Result<void> {
    const auto package = outbox_.find(tx, evidence.verdict.message.message);
    if (!package || evidence.verdict.message.sender != parts_.terminal.org) {
      return Refusal{Reason::kNotFound, "判定之公文不在發文匣"};
    }
    const Envelope envelope = YZ_TRY(Envelope::parse(package->envelope));
    const SealedHeader sealed = YZ_TRY(open_header(envelope.header));
    YZ_TRY(check_scanner(evidence, sealed, *directory, parts_.policy));
    for (OutgoingRecipient& recipient : outbox_.recipients_of(tx, package->id)) {
      const RecipientState next = after(recipient.state, evidence.verdict);
      const bool about = concerns({&evidence.verdict.centre, evidence.verdict.time}, recipient,
                                  *directory, evidence.verdict.message.sender);
      if (next == recipient.state || !about) continue;
      recipient.state = next;
      recipient.why.reset();
      recipient.since = evidence.verdict.time;
      outbox_.save(tx, recipient);
    }
    keep(tx, parts_.clock.now(), evidence);
    inbox_.set_news_cursor(tx, cursor_at(entry));
    return {};
  });
}

// What the sender sees of each recipient.
Result<void> NewsFollowing::move_outbox(Transaction& tx, const SignedStatement& evidence) {
  const Statement& statement = evidence.statement;
  auto package = outbox_.find(tx, statement.message.message);
  if (!package) return {};  // sealed before this terminal was restored: kept as evidence only
  if (package->header_sha256 != statement.header_sha256) {
    return Refusal{Reason::kConflict, "證據所載標頭不是本機關所封裝"};
  }
  if (statement.type == EvidenceType::kSubmissionRejection) {
    const Refusal why = why_of(statement).value_or(Refusal{Reason::kInternal, {}});
    const bool open = package->state != PackageState::kDiscarded;
    if (open) reject(tx, *package, why, statement.time);
    tx.after_commit(parts_.wake_sealing);
    return {};
  }
  // Told again while the package is on its way again to a centre that had forgotten it.
  const bool again = package->state == PackageState::kSubmitting &&
                     outbox_.is_accepted(tx, package->id);
  if (statement.type == EvidenceType::kSubmissionAcceptance && !again) {
    package->state = PackageState::kAccepted;
    package->why.reset();
    outbox_.save(tx, *package);
  }
  const auto directory = parts_.directory.current();
  for (OutgoingRecipient& recipient : outbox_.recipients_of(tx, package->id)) {
    if (!concerns(statement, recipient, *directory)) continue;
    const RecipientState next = after(recipient.state, statement);
    if (next == recipient.state && next != RecipientState::kHeld) continue;
    recipient.state = next;
    recipient.why = why_of(statement);
    recipient.since = statement.time;
    outbox_.save(tx, recipient);
  }
  return {};
}

void NewsFollowing::move_inbox(Transaction& tx, const NewsEntry& entry,
                               const SignedStatement& evidence) {
  const Statement& statement = evidence.statement;
  const auto directory = parts_.directory.current();
  const bool ours = statement.recipient && directory->receives_for(parts_.terminal.org,
                                                                   statement.recipient->org,
                                                                   statement.time);
  if (!ours) return;
  if (statement.type == EvidenceType::kConsignment) return consign(tx, entry, statement);
  auto mail = inbox_.find(tx, *entry.delivery);
  if (!mail) return;
  const bool ended = statement.type == EvidenceType::kConsignmentFailure ||
                     statement.type == EvidenceType::kAcceptanceExpiry;
  // That another terminal was faster is told by the lease (Opening), not by the news.
  const bool open = is_open(mail->state) || mail->state == MailState::kElsewhere;
  if (!open || !ended) return;
  mail->state = MailState::kEnded;
  mail->why = why_of(statement);
  mail->since = statement.time;
  inbox_.save(tx, *mail);
}

void NewsFollowing::consign(Transaction& tx, const NewsEntry& entry, const Statement& statement) {
  const Time now = parts_.clock.now();
  // From now on that message has that header, and no other is opened under its name.
  inbox_.remember(tx, statement.message, statement.header_sha256, now);
  const Mail mail{.id = *entry.delivery,
                  .message = statement.message,
                  .recipient = *statement.recipient,
                  .state = MailState::kConsigned,
                  .why = {},
                  .since = statement.time,
                  .attempts = 0,
                  .due = now,
                  .lease_key = Uuid::generate(now).text(),
                  .lease = {},
                  .consigned = statement.time,
                  .urgency = entry.urgency,
                  .centre = parts_.centre_code};
  // Its centre came back and took the package over a second time: it has another name there now.
  const bool fresh = inbox_.add(tx, mail) || inbox_.replace(tx, mail);
  if (fresh) return tx.after_commit(parts_.wake_fetching);
  auto known = inbox_.find(tx, mail.id);
  // It was not there when we asked: its centre had forgotten it, and has it again.
  if (known && known->state == MailState::kElsewhere) {
    known->state = MailState::kConsigned;
    known->why.reset();
    known->due = now;
    inbox_.save(tx, *known);
    return tx.after_commit(parts_.wake_fetching);
  }
  // Told of again: the centre came back from an older copy, which may not have our receipt.
  if (now - statement.time < kLifeOfMail) inbox_.hand_in_again(tx, mail.id, now);
}

void NewsFollowing::pass_over(const NewsEntry& entry, const Refusal& why) {
  parts_.database.transact([&](Transaction& tx) {
    parts_.journal.record(tx, Event::kPackageUnopenable,
                          {{"message_id", entry.message.message.text()},
                           {"step", "news " + std::to_string(entry.sequence) + " " + entry.kind +
                                        "：" + why.detail},
                           {"reason", std::string(code_of(why.reason))}},
                          parts_.clock.now());
    inbox_.set_news_cursor(tx, cursor_at(entry));
  });
}

}  // namespace yizhan
