#include "way/admit/admission.h"

#include <utility>

#include "ground/control/control.h"
#include "ground/json/json.h"
#include "way/admit/recollecting.h"

namespace yizhan {

struct Admission::Receiving {
  Submission submission;
  Envelope envelope;
  SealedHeader sealed;
  std::string partial = submission.id.text();

  [[nodiscard]] BodyIntake::Upload upload() const {
    return {partial, sealed.header, envelope.groups};
  }
};

namespace {

// A refusal that another try may overcome is no rejection: nothing final is stated. A suspension
// ends, and its documents wait at the sender meanwhile.
bool is_passing(Reason reason) {
  return reason == Reason::kDirectoryNewer || reason == Reason::kPolicyNewer ||
         reason == Reason::kUnavailable || reason == Reason::kAgencySuspended;
}

Refusal in_work() { return {Reason::kConflict, "同一 application_id 正在處理中"}; }

}  // namespace

Json SubmissionStatus::describe() const {
  Json json = {{"submission", id.text()},
               {"state", text_of(state)},
               {"next_group", next_group},
               {"group_count", group_count}};
  if (reason) {
    json["reason"] = code_of(*reason);
    json["title"] = yizhan::describe(*reason).title;
    json["remedy"] = yizhan::describe(*reason).remedy;
  }
  return json;
}

Admission::Admission(Parts parts) : parts_(std::move(parts)), intake_(parts_.objects) {}

Result<SubmissionStatus> Admission::submit(const Submitter& submitter, Envelope envelope) {
  if (auto earlier = YZ_TRY(find_earlier(submitter, envelope))) return *earlier;
  const SealedHeader sealed = YZ_TRY(open_header(envelope.header));
  YZ_TRY(check_proven(submitter, sealed));
  const bool again = accepted_before(sealed).has_value();
  if (!again) YZ_TRY(check_quota(submitter, sealed));
  const Time now = parts_.custody.now();
  Submission submission{SubmissionId::generate(now), submitter.org, envelope.application_id,
                        sealed.sha256, {}, SubmissionState::kReceiving, std::nullopt, now};
  const Result<CheckedEnvelope> checked = check_rules(envelope, sealed);
  if (!checked) {
    // What has its acceptance is never rejected.
    if (again || is_passing(checked.reason())) return checked.refusal();
    return reject(submitter, submission, sealed, checked.refusal());
  }
  if (const auto body = std::exchange(envelope.body, std::nullopt)) {
    Receiving receiving{std::move(submission), std::move(envelope), sealed};
    YZ_TRY(intake_.store_whole(receiving.upload(), *body));
    return accept(submitter, std::move(receiving));
  }
  const bool needed = !again || parts_.database.read([&](Transaction& tx) {
    return needs_body(tx, envelope, sealed.header);
  });
  if (!needed) {
    return accept(submitter, {std::move(submission), std::move(envelope), sealed});
  }
  submission.envelope = envelope.json();
  const bool added = parts_.database.transact(
      [&](Transaction& tx) { return submissions_.add(tx, submission); });
  if (!added) return in_work();
  intake_.begin(submission.id.text(), now);
  return status_of(submission, static_cast<std::int64_t>(envelope.groups.size()), false);
}

Result<std::optional<SubmissionStatus>> Admission::find_earlier(const Submitter& submitter,
                                                                const Envelope& envelope) {
  const auto earlier = parts_.database.read([&](Transaction& tx) {
    return submissions_.find(tx, submitter.org, envelope.application_id);
  });
  if (!earlier) return std::optional<SubmissionStatus>();
  if (earlier->header_sha256 != sha256(envelope.header)) return Reason::kIdempotencyMismatch;
  const auto count = static_cast<std::int64_t>(envelope.groups.size());
  // The first answer was lost before the body came to rest: go on from here.
  if (earlier->state == SubmissionState::kReceiving && envelope.body) {
    Receiving receiving = YZ_TRY(load(submitter, earlier->id));
    YZ_TRY(intake_.store_whole(receiving.upload(), *envelope.body));
    return std::optional(YZ_TRY(accept(submitter, std::move(receiving))));
  }
  return std::optional(status_of(*earlier, count, true));
}

// A message id is used up by A.1 and by A.2 alike: it earns one of them, once.
bool Admission::is_used(Transaction& tx, const MessageKey& message) {
  return is_rejected(tx, message) || parts_.custody.journeys().find(tx, message);
}

bool Admission::is_rejected(Transaction& tx, const MessageKey& message) {
  return parts_.custody.evidence()
      .last(tx, message, std::nullopt, text_of(EvidenceType::kSubmissionRejection))
      .has_value();
}

// Without these nothing is known to come from the agency, so nothing is stated about it.
Result<void> Admission::check_proven(const Submitter& submitter, const SealedHeader& sealed) {
  const Header& header = sealed.header;
  if (!upheld("submitter", header.sender == submitter.org)) {
    return Refusal{Reason::kWrongSender, "標頭之發文機關與連線機關不同"};
  }
  if (header.home_centre != parts_.custody.centre().code) return Reason::kWrongHomeCentre;
  const bool known = parts_.database.read(
      [&](Transaction& tx) { return is_used(tx, header.key()); });
  if (!known) return {};
  parts_.database.transact([&](Transaction& tx) {
    record_refused(tx, submitter, sealed, Reason::kReplayed);
  });
  return Refusal{Reason::kReplayed, "訊息 " + header.message_id.text() + " 已受理或已不受理"};
}

void Admission::record_refused(Transaction& tx, const Submitter& submitter,
                               const SealedHeader& sealed, Reason reason) {
  parts_.journal.record(tx, Event::kSubmissionRefused,
                        {{"sender", sealed.header.sender.text()},
                         {"message_id", sealed.header.message_id.text()},
                         {"reason", std::string(code_of(reason))},
                         {"address", submitter.address}},
                        parts_.custody.now());
}

// Before its body takes room on disk. The journal has the first refusal, not each try after it.
Result<void> Admission::check_quota(const Submitter& submitter, const SealedHeader& sealed) {
  const Time now = parts_.custody.now();
  const bool known = parts_.quota.waiting(now).contains(submitter.org);
  Result<void> room = upheld(
      "quota", parts_.quota.check(submitter.org, sealed.header.recipient_count, now));
  if (room || known) return room;
  parts_.database.transact([&](Transaction& tx) {
    record_refused(tx, submitter, sealed, Reason::kQuotaReached);
  });
  return room;
}

// What has ended for everybody is entered again for the record.
bool Admission::needs_body(Transaction& tx, const Envelope& envelope, const Header& header) {
  const auto checked = check_envelope(envelope, header);
  return !checked || !has_ended(tx, parts_.custody, header.key(), checked->recipients);
}

std::optional<Time> Admission::accepted_before(const SealedHeader& sealed) {
  return parts_.database.read([&](Transaction& tx) {
    return find_acceptance(tx, parts_.custody, sealed, EvidenceType::kSubmissionAcceptance);
  });
}

// By the rules of the day of its acceptance, where it has one already.
Result<CheckedEnvelope> Admission::check_rules(const Envelope& envelope,
                                               const SealedHeader& sealed) {
  const auto directory = parts_.directory.current();
  const auto trust = parts_.trust.current();
  const Time now = parts_.custody.now();
  const Time accepted = accepted_before(sealed).value_or(now);
  const Moment moment{.accepted = accepted, .now = now};
  YZ_TRY(upheld("fresh_submission", check_fresh(sealed, accepted)));
  const Result<void> sender = check_sender(sealed, *directory, *trust, moment);
  // An unknown revocation holds the document after A.1; it does not refuse it.
  if (!sender && sender.reason() != Reason::kRevocationUnknown) return sender.refusal();
  YZ_TRY(check_versions(sealed.header, *directory, moment));
  CheckedEnvelope checked = YZ_TRY(check_envelope(envelope, sealed.header));
  std::vector<Addressee> addressees;
  for (const PlacedRecipient& recipient : checked.recipients) {
    addressees.push_back(recipient.leaf.addressee);
  }
  YZ_TRY(check_scanners(sealed.header,
                        required_centres(sealed.header, addressees, *directory, accepted),
                        *directory, accepted));
  return checked;
}

Result<SubmissionStatus> Admission::reject(const Submitter& submitter,
                                           const Submission& submission,
                                           const SealedHeader& sealed, const Refusal& refusal) {
  Submission rejected = submission;
  rejected.state = SubmissionState::kRejected;
  rejected.reason = refusal.reason;
  rejected.envelope.clear();
  const Statement statement{.type = EvidenceType::kSubmissionRejection,
                            .message = sealed.header.key(),
                            .header_sha256 = sealed.sha256,
                            .previous = {sealed.sha256},
                            .actor = parts_.custody.centre().actor(),
                            .reason = refusal.reason,
                            .detail = refusal.detail,
                            .time = submission.created};
  YZ_TRY(parts_.database.transact([&](Transaction& tx) -> Result<void> {
    if (submissions_.find(tx, rejected.org, rejected.application_id)) return in_work();
    if (is_used(tx, sealed.header.key())) return Reason::kReplayed;
    submissions_.add(tx, rejected);
    parts_.custody.evidence().add(tx, statement);
    record_refused(tx, submitter, sealed, refusal.reason);
    tx.after_commit(parts_.wake_signing);
    return {};
  }));
  return status_of(rejected, static_cast<std::int64_t>(group_count_of(sealed.header.plain_length)),
                   false);
}

Result<SubmissionStatus> Admission::find(const Submitter& submitter, const SubmissionId& id) {
  const auto found =
      parts_.database.read([&](Transaction& tx) { return submissions_.find(tx, id); });
  if (!found || found->org != submitter.org) return Reason::kNotFound;
  if (found->state != SubmissionState::kReceiving) return status_of(*found, 0, true);
  const Receiving receiving = YZ_TRY(load(submitter, id));
  return status_of(*found, static_cast<std::int64_t>(receiving.envelope.groups.size()), true);
}

int Admission::discard_abandoned() { return intake_.discard_abandoned(parts_.custody.now()); }

Result<Admission::Receiving> Admission::load(const Submitter& submitter, const SubmissionId& id) {
  auto found = parts_.database.read([&](Transaction& tx) { return submissions_.find(tx, id); });
  if (!found || found->org != submitter.org) return Reason::kNotFound;
  if (found->state != SubmissionState::kReceiving) return Reason::kStepNotAllowed;
  if (parts_.custody.now() - found->created > kUploadTimeMax) {
    return Refusal{Reason::kClockSkew, "上傳未於 24 小時內完成，請重新封裝後再送"};
  }
  Envelope envelope = YZ_TRY(Envelope::parse(found->envelope));
  SealedHeader sealed = YZ_TRY(open_header(envelope.header));
  return Receiving{std::move(*found), std::move(envelope), std::move(sealed)};
}

Result<SubmissionStatus> Admission::put_group(const Submitter& submitter, const SubmissionId& id,
                                              std::int64_t index, ByteView group) {
  Result<Receiving> receiving = load(submitter, id);
  // The last group again, after its answer was lost: the same answer.
  if (!receiving && receiving.reason() == Reason::kStepNotAllowed) return find(submitter, id);
  if (!receiving) return receiving.refusal();
  const auto count = static_cast<std::int64_t>(receiving->envelope.groups.size());
  const bool last = YZ_TRY(intake_.put_group(receiving->upload(), index, group));
  if (!last) return status_of(receiving->submission, count, true);
  YZ_TRY(intake_.finish(receiving->upload()));
  return accept(submitter, std::move(*receiving));
}

Result<SubmissionStatus> Admission::accept(const Submitter& submitter, Receiving receiving) {
  Submission& submission = receiving.submission;
  submission.state = SubmissionState::kAccepted;
  submission.envelope.clear();
  const bool again = accepted_before(receiving.sealed).has_value();  // and counted then
  SendingQuota::Booking booking =
      YZ_TRY(parts_.quota.book(submitter.org, again ? 0 : receiving.sealed.header.recipient_count,
                               parts_.custody.now()));
  try {
    YZ_TRY(parts_.database.transact([&](Transaction& tx) -> Result<void> {
      const auto current = submissions_.find(tx, submission.org, submission.application_id);
      if (current && current->id != submission.id) return in_work();
      if (current && current->state == SubmissionState::kAccepted) return {};  // answered already
      if (is_rejected(tx, receiving.sealed.header.key())) return Reason::kReplayed;
      if (!again || needs_body(tx, receiving.envelope, receiving.sealed.header)) {
        const Result<void> body = intake_.check_there(tx, parts_.custody.journeys(),
                                                      receiving.sealed.header.cipher_root);
        if (!body) return body;
      }
      StoredPackage package = enter(tx, submitter, receiving);
      if (current) submissions_.decide(tx, submission);
      else submissions_.add(tx, submission);
      tx.after_commit([&booking] { booking.keep(); });
      if (package.station == Station::kScreen) {
        tx.after_commit([this, package = std::move(package)] { parts_.screen(package); });
      }
      tx.after_commit(parts_.wake_signing);
      return {};
    }));
  } catch (const UniqueViolation&) {
    return Reason::kReplayed;  // another submission of the same message was faster
  }
  intake_.forget(submission.id.text());
  return status_of(submission,
                   static_cast<std::int64_t>(receiving.envelope.groups.size()), false);
}

StoredPackage Admission::enter(Transaction& tx, const Submitter& submitter,
                               const Receiving& receiving) {
  const SealedHeader& sealed = receiving.sealed;
  const Time now = parts_.custody.now();
  const auto before =
      find_acceptance(tx, parts_.custody, sealed, EvidenceType::kSubmissionAcceptance);
  const Time accepted = before.value_or(now);
  const Header& header = sealed.header;
  CheckedEnvelope checked = check_envelope(receiving.envelope, header).value();
  std::map<CentreCode, Bytes> key_blocks;
  for (std::size_t i = 0; i < header.scanners.size(); ++i) {
    key_blocks.emplace(header.scanners[i].centre, checked.scanner_key_blocks[i]);
  }
  const Bytes own_key_block = key_blocks.extract(parts_.custody.centre().code).mapped();
  JourneyStore& journeys = parts_.custody.journeys();
  StoredPackage package{PackageId::generate(now),
                        header.key(),
                        header.document_id,
                        sealed.sha256,
                        sealed.cms,
                        receiving.envelope.groups,
                        own_key_block,
                        header.cipher_root,
                        static_cast<std::int64_t>(cipher_length(header.plain_length)),
                        header.recipient_count,
                        urgency_rank(header.urgency),
                        submitter.address,
                        Station::kScreen,
                        std::nullopt,
                        1,
                        now + kFirstTurn,
                        accepted,
                        header.expires,
                        std::nullopt,
                        std::move(key_blocks)};
  journeys.add(tx, package);
  std::vector<PlacedLeaf> placed = place_leaves(receiving.envelope.leaves);
  for (std::size_t i = 0; i < placed.size(); ++i) {
    const DeliveryId id = name_delivery(accepted, sealed.sha256, placed[i].index);
    journeys.add(tx, Delivery{id, package.id, std::move(placed[i]),
                              checked.recipients[i].leaf.addressee,
                              checked.recipients[i].key_blocks, State::kAccepted, std::nullopt,
                              now, header.expires, 0, std::nullopt});
  }
  if (!before) {
    state(tx, submitter, receiving, now);
    return package;
  }
  return enter_again(tx, parts_.custody, *parts_.directory.current(), package);
}

// 五(一)9: 建立收發文確認機制 — A.1 stands in the transaction that takes custody.
void Admission::state(Transaction& tx, const Submitter& submitter, const Receiving& receiving,
                      Time now) {
  const SealedHeader& sealed = receiving.sealed;
  const Header& header = sealed.header;
  parts_.custody.evidence().add(tx, Statement{.type = EvidenceType::kSubmissionAcceptance,
                                              .message = header.key(),
                                              .header_sha256 = sealed.sha256,
                                              .plaintext_root = header.plaintext_root,
                                              .previous = {sealed.sha256},
                                              .actor = parts_.custody.centre().actor(),
                                              .recipient_count = header.recipient_count,
                                              .time = now});
  parts_.journal.record(tx, Event::kMessageAdmitted,
                        {{"sender", header.sender.text()},
                         {"message_id", header.message_id.text()},
                         {"recipient_count", header.recipient_count},
                         {"address", submitter.address}},
                        now);
}

SubmissionStatus Admission::status_of(const Submission& submission, std::int64_t group_count,
                                      bool seen_before) const {
  std::int64_t next = group_count;
  if (submission.state == SubmissionState::kReceiving) {
    next = intake_.next_group(submission.id.text(), group_count);
  }
  return {submission.id, submission.state, submission.reason, next, group_count, seen_before};
}

}  // namespace yizhan
