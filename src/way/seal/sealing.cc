#include "way/seal/sealing.h"

#include <algorithm>
#include <set>

#include "ground/loop/loop.h"

namespace yizhan {

namespace {

constexpr BackOff kRetry{std::chrono::seconds{2}, std::chrono::minutes{1}};

// What passes without the clerk: the sending waits and is tried again.
bool is_passing(Reason reason) {
  constexpr auto kPassing = std::to_array(
      {Reason::kDirectoryStale, Reason::kScannerUnavailable, Reason::kScannersMismatch,
       Reason::kKeyholderUnavailable, Reason::kTokenLocked, Reason::kKeyUnknown,
       Reason::kKeyForbidden, Reason::kAgencySuspended});
  return std::find(kPassing.begin(), kPassing.end(), reason) != kPassing.end();
}

// Not yet cancelled, or stopped by a withdrawal, while it was being worked on.
bool is_open(SendingState state) {
  return state == SendingState::kDrafted || state == SendingState::kValidated ||
         state == SendingState::kScanned;
}

Reason reason_of(const InspectionIssue& issue) {
  if (issue.code == "classified") return Reason::kClassified;
  if (issue.code == "attachment_missing") return Reason::kAttachmentMissing;
  if (issue.code == "recipient_twice") return Reason::kDuplicateRecipient;
  return Reason::kDocumentInvalid;
}

Refusal refusal_of(const InspectionIssue& issue) {
  return {reason_of(issue), issue.message + issue.remedy};
}

bool has_attachments(const Pair& pair) {
  return std::any_of(pair.files.begin(), pair.files.end(),
                     [](const Part& part) { return part.kind == PartKind::kAttachment; });
}

// 分繕: the pairs are for different recipients.
void check_distinct(const std::vector<ApartRecipients>& documents,
                    std::vector<InspectionIssue>& issues) {
  std::set<std::string> seen;
  for (const ApartRecipients& apart : documents) {
    const DocumentFacts& document = apart.electronic;
    std::set<std::string> own;
    for (const InspectedRecipient& r : document.recipients) own.insert(r.who());
    for (const std::string& who : own) {
      if (seen.insert(who).second) continue;
      issues.push_back({"recipient_twice", "受文者", 0, "受文者 " + who + " 於分繕公文中重複。",
                        "請移除重複之公文。", document.recipients_file});
    }
  }
}

}  // namespace

Sealing::Sealing(Parts parts) : parts_(std::move(parts)) {}

bool Sealing::work() {
  const Time now = parts_.clock.now();
  auto sending = parts_.database.read([&](Transaction& tx) -> std::optional<Sending> {
    const auto id = outbox_.next_to_seal(tx, now);
    return id ? outbox_.find(tx, *id) : std::nullopt;
  });
  if (!sending) return false;
  if (const Result<void> sealed = seal(*sending); !sealed) settle(*sending, sealed.refusal());
  return true;
}

Result<void> Sealing::seal(Sending& sending) {
  const auto directory = parts_.directory.current();
  YZ_TRY(check_ready(*directory));
  const std::vector<ApartRecipients> documents = YZ_TRY(validate(sending, *directory));
  mark(sending, SendingState::kValidated);
  YZ_TRY(scan(sending));
  mark(sending, SendingState::kScanned);
  Wrapping wrapping({parts_.objects, parts_.terminal.org, parts_.policy, parts_.key,
                     parts_.workspace, parts_.clock.now()});
  std::vector<WrappedPackage> packages;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    const DocumentFacts& document = documents[i].electronic;
    const bool attached = has_attachments(sending.order.pairs[i]);
    for (const AddressedGroup& group :
         group_recipients(document, static_cast<std::int64_t>(i), attached)) {
      if (is_under_way(sending, group)) continue;
      packages.push_back(YZ_TRY(wrapping.wrap({*directory, sending, group, document})));
    }
  }
  const Result<bool> entered = enter(sending, documents, packages);
  if (entered && *entered) return {};
  for (const WrappedPackage& package : packages) {
    parts_.objects.remove(package.sealed.header.cipher_root);
  }
  return entered ? Result<void>() : entered.refusal();
}

// Sealed before, and not discarded: only what never reached the centre is sealed anew.
bool Sealing::is_under_way(const Sending& sending, const AddressedGroup& group) {
  const auto packages = parts_.database.read(
      [&](Transaction& tx) { return outbox_.packages_of(tx, sending.id); });
  return std::any_of(packages.begin(), packages.end(), [&](const OutgoingPackage& package) {
    return package.pair == group.pair && package.with_attachments == group.with_attachments &&
           package.state != PackageState::kDiscarded;
  });
}

Result<void> Sealing::check_ready(const Directory& directory) const {
  if (directory.expires() <= parts_.clock.now()) {
    return Refusal{Reason::kDirectoryStale, "通訊目錄已過期，更新後自動續送"};
  }
  const Agency* own = directory.find(parts_.terminal.org);
  const bool active = own != nullptr && own->standing == Standing::kActive;
  if (!active) {
    return Refusal{Reason::kAgencySuspended,
                   "本機關目前停用交換服務，恢復後自動續送" +
                       (own == nullptr ? std::string() : "：" + own->suspended_text())};
  }
  return {};
}

Result<std::vector<ApartRecipients>> Sealing::validate(Sending& sending,
                                                       const Directory& directory) {
  sending.issues.clear();
  std::vector<ApartRecipients> documents;
  for (const Pair& pair : sending.order.pairs) {
    DocumentFacts document = YZ_TRY(read(pair, sending.issues));
    const PaperPlan plan{sending.order.paper, !sending.order.resend,
                         static_cast<std::int64_t>(documents.size())};
    ApartRecipients apart =
        set_apart(directory, std::move(document), plan, parts_.clock.now());
    for (InspectionIssue& issue : check_against(directory, parts_.terminal.org,
                                                apart.electronic, parts_.clock.now())) {
      sending.issues.push_back(std::move(issue));
    }
    documents.push_back(std::move(apart));
  }
  check_distinct(documents, sending.issues);
  std::vector<PaperRecipient> paper;
  for (const ApartRecipients& apart : documents) {
    std::ranges::copy(apart.paper, std::back_inserter(paper));
  }
  for (InspectionIssue& issue : check_choice(sending.order.paper, paper)) {
    sending.issues.push_back(std::move(issue));
  }
  if (!sending.issues.empty()) return refusal_of(sending.issues.front());
  const DocumentFacts& first = documents.front().electronic;
  sending.subject = first.subject;
  sending.number = first.number;
  sending.type = first.type;
  return documents;
}

Result<DocumentFacts> Sealing::read(const Pair& pair, std::vector<InspectionIssue>& issues) {
  const std::vector<FileHandle> files = open_files(pair.files);
  DocumentInspection inspection =
      YZ_TRY(parts_.judge.judge({.parts = pair.files, .files = files}));
  for (InspectionIssue& issue : inspection.issues) issues.push_back(std::move(issue));
  if (!inspection.facts) {
    if (issues.empty()) return Refusal{Reason::kDocumentInvalid, "公文無法讀取，請重新產製"};
    return refusal_of(issues.front());
  }
  // 密等 is a refusal whatever the judge's policy.
  if (!inspection.facts->secrecy.empty()) {
    return Refusal{Reason::kClassified, "密等為「" + inspection.facts->secrecy +
                                            "」，請依文書處理規定以密件方式傳遞"};
  }
  return std::move(*inspection.facts);
}

Result<void> Sealing::scan(const Sending& sending) {
  std::set<Sha256> scanned;  // 分繕 pairs may share files
  for (const Pair& pair : sending.order.pairs) {
    for (const Part& part : pair.files) {
      if (!scanned.insert(part.sha256).second) continue;
      // 五(三)2: 對於收發公文及其附件進行掃描 — before anything leaves the terminal.
      const Result<ScannedPart> clean = parts_.scanner.scan(part, parts_.objects.open(part.sha256));
      if (clean) continue;
      return Refusal{clean.reason(), "「" + part.name + "」" + clean.refusal().detail};
    }
  }
  return {};
}

Result<bool> Sealing::enter(const Sending& sending,
                            const std::vector<ApartRecipients>& documents,
                            const std::vector<WrappedPackage>& packages) {
  return parts_.database.transact([&](Transaction& tx) -> Result<bool> {
    const auto current = outbox_.find(tx, sending.id);
    if (current->state != SendingState::kScanned) return false;
    for (const ApartRecipients& document : documents) {
      YZ_TRY(claim_numbers(tx, sending, document.electronic));
    }
    for (const WrappedPackage& package : packages) add(tx, sending, package);
    set_apart_on_paper(tx, sending, documents);
    note_resend(tx, sending, packages);
    Sending sealed = sending;
    sealed.state = SendingState::kSealed;
    sealed.why.reset();
    outbox_.save(tx, sealed);
    tx.after_commit(parts_.wake_submitting);
    return true;
  });
}

// Joint issues (會銜) have several numbers, a 簽稿會核單 has none.
Result<void> Sealing::claim_numbers(Transaction& tx, const Sending& sending,
                                    const DocumentFacts& document) {
  for (const InspectedNumber& number : document.numbers) {
    const NumberClaim claim{parts_.terminal.org, number.year, number.text, sending.id};
    const auto owner = outbox_.find_number(tx, claim);
    if (owner && resends(tx, sending, *owner)) outbox_.pass_number(tx, claim);
    YZ_TRY(outbox_.claim_number(tx, claim));
  }
  return {};
}

// A resend keeps the numbers of the document that it sends again, whichever of its resends has
// them now, and of no other.
bool Sealing::resends(Transaction& tx, const Sending& sending, const DocumentId& owner) {
  const auto first_of = [&](const Sending& resent) -> std::optional<OutgoingPackage> {
    return resent.order.resend ? outbox_.find(tx, resent.order.resend->of) : std::nullopt;
  };
  const auto earlier = first_of(sending);
  if (!earlier) return false;
  DocumentId document = owner;
  while (document != earlier->document) {
    const auto before = first_of(*outbox_.find(tx, document));
    if (!before) return false;
    document = before->document;
  }
  return true;
}

void Sealing::add(Transaction& tx, const Sending& sending, const WrappedPackage& package) {
  const Header& header = package.sealed.header;
  outbox_.add(tx, OutgoingPackage{.id = header.message_id,
                                  .document = sending.id,
                                  .pair = package.group.pair,
                                  .with_attachments = header.with_attachments,
                                  .envelope = package.envelope.json(),
                                  .header_sha256 = package.sealed.sha256,
                                  .cipher_root = header.cipher_root,
                                  .state = PackageState::kSealed,
                                  .why = {},
                                  .submission = {},
                                  .attempts = 0,
                                  .sealed = header.created,
                                  .due = header.created,
                                  .expires = header.expires,
                                  .urgency = header.urgency});
  for (const AddressedRecipient& recipient : package.group.recipients) {
    outbox_.add(tx, OutgoingRecipient{header.message_id, recipient.addressee, recipient.copy_kind,
                                      recipient.name, RecipientState::kWaiting, std::nullopt,
                                      header.created});
  }
  parts_.journal.record(tx, Event::kDocumentSealed,
                        {{"message_id", header.message_id.text()},
                         {"document_number", sending.number},
                         {"recipient_count", header.recipient_count}},
                        header.created);
}

// Whoever was sealed for in an earlier attempt that is under way is not on paper, whatever the
// address book says now.
void Sealing::set_apart_on_paper(Transaction& tx, const Sending& sending,
                                 const std::vector<ApartRecipients>& documents) {
  std::set<std::string> reached;
  for (const OutgoingPackage& package : outbox_.packages_of(tx, sending.id)) {
    if (package.state == PackageState::kDiscarded) continue;
    for (const OutgoingRecipient& recipient : outbox_.recipients_of(tx, package.id)) {
      reached.insert(recipient.addressee.text());
    }
  }
  std::vector<PaperRecipient> paper;
  for (const ApartRecipients& document : documents) {
    std::ranges::copy_if(document.paper, std::back_inserter(paper),
                         [&](const PaperRecipient& each) {
                           return !reached.contains(each.org_code + each.unit_code);
                         });
  }
  PaperStore().replace(tx, sending.id, paper, parts_.clock.now());
}

// Whoever of the earlier document is sent to again needs no other follow-up there.
void Sealing::note_resend(Transaction& tx, const Sending& sending,
                          const std::vector<WrappedPackage>& packages) {
  if (!sending.order.resend) return;
  const MessageId& earlier = sending.order.resend->of;
  for (const OutgoingRecipient& recipient : outbox_.recipients_of(tx, earlier)) {
    for (const WrappedPackage& package : packages) {
      const bool again = std::any_of(
          package.group.recipients.begin(), package.group.recipients.end(),
          [&](const AddressedRecipient& each) { return each.addressee == recipient.addressee; });
      if (!again) continue;
      const Header& header = package.sealed.header;
      FollowUpStore().add(tx, {FollowUpId::generate(header.created), earlier, recipient.addressee,
                               FollowUpKind::kResent, sending.order.person,
                               header.message_id.text(), header.created});
    }
  }
}

void Sealing::settle(Sending sending, const Refusal& why) {
  const Time now = parts_.clock.now();
  sending.why = why;
  ++sending.attempts;
  sending.due = now + kRetry.after(sending.attempts);
  if (!is_passing(why.reason)) sending.state = SendingState::kRefused;
  parts_.database.transact([&](Transaction& tx) {
    if (is_open(outbox_.find(tx, sending.id)->state)) outbox_.save(tx, sending);
    if (parts_.on_malware && why.reason == Reason::kInfected) {
      parts_.on_malware(tx, sending.id, why.detail);
    }
  });
}

void Sealing::mark(Sending& sending, SendingState state) {
  sending.state = state;
  sending.why.reset();
  parts_.database.transact([&](Transaction& tx) {
    if (is_open(outbox_.find(tx, sending.id)->state)) outbox_.save(tx, sending);
  });
}

std::vector<FileHandle> Sealing::open_files(const std::vector<Part>& parts) const {
  std::vector<FileHandle> files;
  for (const Part& part : parts) files.push_back(parts_.objects.open(part.sha256));
  return files;
}

}  // namespace yizhan
