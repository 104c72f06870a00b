#include "way/open/fetching.h"

#include <algorithm>
#include <array>

#include "ground/loop/loop.h"
#include "ground/merkle/merkle.h"
#include "way/open/keeping.h"

namespace yizhan {

struct Opening::Fetched {
  Consignment consignment;
  ProvenPackage package;
};

namespace {

constexpr BackOff kRetry{std::chrono::seconds{1}, std::chrono::minutes{1}};
// The longer a centre does not know of it, the more seldom it is asked.
constexpr Milliseconds kForgottenLeast{1000}, kForgottenMost = std::chrono::minutes{10};
// A judge that does not answer about the same document so often never will.
constexpr std::int64_t kIncompleteMax = 3;

// What passes by itself or is mended by people of this site: the mail waits.
bool is_passing(const Refusal& why, const Mail& mail) {
  if (why.reason == Reason::kScanIncomplete) return mail.attempts < kIncompleteMax;
  constexpr auto kPassing = std::to_array(
      {Reason::kUnavailable, Reason::kTooManyRequests, Reason::kInternal, Reason::kLeaseLost,
       Reason::kGroupMismatch, Reason::kDirectoryStale, Reason::kDirectoryNewer,
       Reason::kPolicyNewer, Reason::kRevocationUnknown, Reason::kAgencySuspended,
       Reason::kScannerUnavailable, Reason::kScanBudget, Reason::kKeyholderUnavailable,
       Reason::kTokenLocked, Reason::kKeyUnknown, Reason::kKeyForbidden});
  return std::find(kPassing.begin(), kPassing.end(), why.reason) != kPassing.end();
}

}  // namespace

Opening::Opening(Parts parts) : parts_(std::move(parts)), inbox_(parts_.centre_code) {}

bool Opening::work() {
  const Time now = parts_.clock.now();
  auto mail = parts_.database.read([&](Transaction& tx) -> std::optional<Mail> {
    const auto id = inbox_.next_to_fetch(tx, now);
    return id ? inbox_.find(tx, *id) : std::nullopt;
  });
  if (!mail) return false;
  Result<Consignment> consignment = lease(*mail);
  if (!consignment) {
    settle(*mail, consignment.refusal());
    return true;
  }
  const Sha256 header = sha256(consignment->header);
  const auto seen = parts_.database.read(
      [&](Transaction& tx) { return inbox_.find_seen(tx, mail->message); });
  Result<ProvenPackage> package = parts_.checking.prove_package(*mail, *consignment, seen);
  if (!package) {
    refuse(*mail, header, package.refusal());
    return true;
  }
  const Fetched fetched{std::move(*consignment), std::move(*package)};
  if (const Result<void> body = fetch_body(*mail, fetched); !body) {
    settle(*mail, body.refusal());
    return true;
  }
  const ReadBody read = [&](std::uint64_t offset, std::size_t length) {
    return parts_.objects.read_partial(mail->id.text(), offset, length);
  };
  const Result<OpenedPackage> opened =
      parts_.checking.open(fetched.package, fetched.consignment, read);
  if (!opened) {
    refuse(*mail, header, opened.refusal());
  } else {
    hand_over(*mail, fetched, *opened);
  }
  return true;
}

Result<Consignment> Opening::lease(Mail& mail) {
  Consignment consignment =
      YZ_TRY(parts_.centre.lease({mail.id, parts_.terminal.terminal, mail.lease_key}));
  ++mail.attempts;
  mail.lease = LeaseMark{consignment.lease.id, consignment.lease.fencing};
  mail.state = MailState::kLeased;
  parts_.database.transact([&](Transaction& tx) { inbox_.save(tx, mail); });
  return consignment;
}

// Group by group, each verified as it arrives; after a break on from the last one that is whole.
Result<void> Opening::fetch_body(const Mail& mail, const Fetched& fetched) {
  const auto& groups = fetched.consignment.groups;
  const std::string partial = mail.id.text();
  const auto count = static_cast<std::int64_t>(groups.size());
  for (std::int64_t i = whole_groups(partial, fetched); i < count; ++i) {
    const Bytes group = fetched.consignment.body
                            ? *fetched.consignment.body
                            : YZ_TRY(parts_.centre.group(mail.id, fetched.consignment.lease.id, i));
    if (leaf_hash(group) != groups[static_cast<std::size_t>(i)]) {
      return Refusal{Reason::kGroupMismatch, "第 " + std::to_string(i) + " 段傳輸受損，將重新收取"};
    }
    parts_.objects.write_partial(partial, static_cast<std::uint64_t>(i) * kGroupBytes, group);
  }
  return {};
}

// What lies here may have suffered in a crash: read back before it counts.
std::int64_t Opening::whole_groups(const std::string& partial, const Fetched& fetched) {
  const auto& groups = fetched.consignment.groups;
  const std::uint64_t plain = fetched.package.sealed.header.plain_length;
  const std::uint64_t size = parts_.objects.partial_size(partial);
  std::uint64_t i = 0;
  for (; i < groups.size(); ++i) {
    const std::uint64_t offset = i * kGroupBytes, length = group_length_of(plain, i);
    if (offset + length > size) break;
    const Bytes group =
        parts_.objects.read_partial(partial, offset, static_cast<std::size_t>(length));
    if (leaf_hash(group) != groups[i]) break;
  }
  return static_cast<std::int64_t>(i);
}

// Step 14: the parts get their names and are durable; then, in one transaction, the mail is here
// and E.1 says so.
void Opening::hand_over(Mail mail, const Fetched& fetched, const OpenedPackage& opened) {
  store_parts(mail, opened);
  mail.consignment = keep_for_export(fetched, opened);
  const Header& header = fetched.package.sealed.header;
  const Manifest& manifest = opened.body.manifest;
  const Time now = parts_.clock.now();
  mail.state = MailState::kReceived;
  mail.why.reset();
  mail.since = now;
  mail.document = header.document_id;
  mail.accepted = fetched.package.accepted;
  mail.received = now;
  mail.urgency = header.urgency;
  mail.subject = manifest.subject;
  mail.number = manifest.document_number;
  mail.type = manifest.document_type;
  mail.secrecy = manifest.secrecy;
  parts_.database.transact([&](Transaction& tx) {
    const auto current = inbox_.find(tx, mail.id);
    if (!current || current->state != MailState::kLeased) return;  // the centre ended it meanwhile
    for (const auto& item : fetched.package.evidence.statements) keep(tx, now, item, false);
    for (const auto& item : fetched.package.evidence.verdicts) keep(tx, now, item);
    // 五(一)9: 建立收發文確認機制 — E.1 stands in the transaction that hands over.
    Statement handover =
        statement(tx, EvidenceType::kHandover, mail, fetched.package.sealed.sha256);
    handover.plaintext_root = header.plaintext_root;
    evidence_.add(tx, handover);
    inbox_.save(tx, mail);
    inbox_.set_parts(tx, mail.id, manifest.parts);
    for (const std::int64_t i : opened.active_parts) inbox_.flag_active(tx, mail.id, i);
    parts_.journal.record(tx, Event::kDocumentReceived,
                          {{"message_id", mail.message.message.text()},
                           {"sender", mail.message.sender.text()},
                           {"module", parts_.terminal.module}},
                          now);
    tx.after_commit(parts_.wake_signing);
  });
  parts_.objects.discard_partial(mail.id.text());
}

void Opening::store_parts(const Mail& mail, const OpenedPackage& opened) {
  for (std::size_t i = 0; i < opened.body.parts.size(); ++i) {
    const Part& part = opened.body.manifest.parts[i];
    const std::string partial = mail.id.text() + "-" + std::to_string(i);
    for (std::uint64_t at = 0; at < part.length || at == 0; at += kGroupBytes) {
      parts_.objects.write_partial(partial, at, opened.body.parts[i].read_at(at, kGroupBytes));
    }
    parts_.objects.finish_partial(partial, part.sha256);
  }
}

// What came beside the body, and the manifest with its blind: an export shows them to third
// parties.
Sha256 Opening::keep_for_export(const Fetched& fetched, const OpenedPackage& opened) {
  const Bytes manifest = opened.body.manifest.json();
  parts_.objects.put(sha256(manifest), manifest);
  const Bytes consignment = fetched.consignment.json();
  const Sha256 name = sha256(consignment);
  parts_.objects.put(name, consignment);
  return name;
}

Statement Opening::statement(Transaction& tx, EvidenceType type, const Mail& mail,
                             const Sha256& header_sha256) {
  const auto consigned = evidence_.last(tx, mail.message, mail.recipient,
                                        text_of(EvidenceType::kConsignment));
  return Statement{.type = type,
                   .message = mail.message,
                   .recipient = mail.recipient,
                   .header_sha256 = header_sha256,
                   .previous = {consigned.value().sha256},
                   .actor = parts_.terminal.actor(),
                   .lease = mail.lease,
                   .time = parts_.clock.now()};
}

// A check did not hold. E.2 says no more than may be known outside; the step stands in the journal.
void Opening::refuse(Mail mail, const Sha256& header_sha256, const Refusal& why) {
  if (is_passing(why, mail)) return settle(std::move(mail), why);
  const Time now = parts_.clock.now();
  const bool unanswered = why.reason == Reason::kScanIncomplete;
  mail.state = MailState::kRefused;
  mail.why = outward(unanswered ? Refusal{Reason::kUnopenable, {}} : why);
  mail.since = now;
  parts_.database.transact([&](Transaction& tx) {
    const auto current = inbox_.find(tx, mail.id);
    if (!current || current->state != MailState::kLeased) return;
    Statement failure = statement(tx, EvidenceType::kHandoverFailure, mail, header_sha256);
    failure.reason = mail.why->reason;
    failure.detail = mail.why->detail;
    evidence_.add(tx, failure);
    inbox_.save(tx, mail);
    parts_.journal.record(tx, Event::kPackageUnopenable,
                          {{"message_id", mail.message.message.text()},
                           {"step", why.detail},
                           {"reason", std::string(code_of(why.reason))}},
                          now);
    tx.after_commit(parts_.wake_signing);
  });
  parts_.objects.discard_partial(mail.id.text());
}

// Not now: the mail waits, its reader sees why. A centre that does not know what it has told us of
// came back from an older copy, and what it forgot may yet come back to it, in whatever order
// copies do: that is no answer, but for mail which nobody can have any more.
void Opening::settle(Mail mail, const Refusal& why) {
  const Time now = parts_.clock.now();
  const bool forgotten = why.reason == Reason::kNotFound;
  const bool is_over = now - mail.consigned >= kLifeOfMail;
  if (why.reason == Reason::kAlreadyFinal || (forgotten && is_over)) {
    return end(std::move(mail), why);
  }
  mail.why = why;
  mail.due = now + kRetry.after(mail.attempts);
  if (forgotten) {
    mail.state = MailState::kConsigned;
    mail.lease.reset();
    mail.due = now + std::clamp((now - mail.consigned) / 4, kForgottenLeast, kForgottenMost);
  }
  parts_.database.transact([&](Transaction& tx) {
    const auto current = inbox_.find(tx, mail.id);
    const bool open = current && (current->state == MailState::kConsigned ||
                                  current->state == MailState::kLeased);
    if (open) inbox_.save(tx, mail);
  });
}

// The centre has a final for it: another terminal of this agency was faster, or this one was before
// it was restored. What ended at the centre comes by the news.
void Opening::end(Mail mail, const Refusal& why) {
  mail.state = MailState::kElsewhere;
  mail.why = why;
  mail.since = parts_.clock.now();
  parts_.database.transact([&](Transaction& tx) {
    const auto current = inbox_.find(tx, mail.id);
    if (current && current->state != MailState::kEnded) inbox_.save(tx, mail);
  });
  parts_.objects.discard_partial(mail.id.text());
}

}  // namespace yizhan
