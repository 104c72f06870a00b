#include "way/submit/submitting.h"

#include <algorithm>
#include <array>

#include "ground/loop/loop.h"

namespace yizhan {

namespace {

constexpr BackOff kRetry{std::chrono::seconds{1}, std::chrono::minutes{1}};
// A centre that accepted states so at once. One that does not may have come back older.
constexpr Milliseconds kAskAgain = std::chrono::minutes{1};
constexpr int kClearedAtOnce = 100;
// The rest of the envelope and a single group together stay below the centre's limit.
constexpr std::size_t kEnvelopeWithBodyMax = kEnvelopeBytesMax - (2U << 20);

// Another try of the same package can not end otherwise.
bool is_decided(Reason reason) {
  constexpr auto kDecided = std::to_array(
      {Reason::kBadRequest, Reason::kTooLarge, Reason::kIdempotencyMismatch, Reason::kMalformed,
       Reason::kUnknownFormat, Reason::kWrongHomeCentre, Reason::kWrongSender,
       Reason::kBadSignature, Reason::kAlgorithmRefused, Reason::kClockSkew,
       Reason::kPackageExpired});
  return std::find(kDecided.begin(), kDecided.end(), reason) != kDecided.end();
}

}  // namespace

Submitting::Submitting(Parts parts) : parts_(std::move(parts)) {}

bool Submitting::work() {
  const std::optional<OutgoingPackage> package = claim();
  if (!package) return false;
  if (package->state == PackageState::kDiscarded) {
    parts_.objects.remove(package->cipher_root);
    parts_.wake_sealing();
    return true;
  }
  settle(package->id, submit(*package));
  return true;
}

// Before the first word to the centre the row says so: what is still `sealed` was never sent.
std::optional<OutgoingPackage> Submitting::claim() {
  const Time now = parts_.clock.now();
  return parts_.database.transact([&](Transaction& tx) -> std::optional<OutgoingPackage> {
    const auto id = outbox_.next_to_submit(tx, now);
    if (!id) return std::nullopt;
    auto package = outbox_.find(tx, *id);
    if (package->state == PackageState::kSealed && !is_fresh(*package, now)) {
      discard(tx, *package, now);
      return package;
    }
    if (package->state == PackageState::kSealed) package->state = PackageState::kSubmitting;
    ++package->attempts;
    outbox_.save(tx, *package);
    return package;
  });
}

Result<SubmissionAnswer> Submitting::submit(const OutgoingPackage& package) {
  SubmissionAnswer answer = YZ_TRY(begin(package));
  if (answer.progress != SubmissionProgress::kReceiving) return answer;
  keep_submission(package, answer.submission);
  return upload(package, std::move(answer));
}

// Asked again, the centre tells where to go on.
Result<SubmissionAnswer> Submitting::begin(const OutgoingPackage& package) {
  CentreLine& centre = parts_.centres.line_for(package.envelope);
  if (!package.submission.empty()) {
    Result<SubmissionAnswer> known = centre.find_submission(package.submission);
    if (known || known.reason() != Reason::kNotFound) return known;
  }
  Envelope envelope = YZ_TRY(Envelope::parse(package.envelope));
  const bool inline_body =
      envelope.groups.size() == 1 && package.envelope.size() < kEnvelopeWithBodyMax;
  // What has ended is told again without it.
  const bool kept = parts_.objects.find_size(package.cipher_root).has_value();
  if (inline_body && kept) {
    envelope.body = parts_.objects.read(package.cipher_root, 0, kGroupBytes);
  }
  return centre.submit(envelope);
}

Result<SubmissionAnswer> Submitting::upload(const OutgoingPackage& package,
                                            SubmissionAnswer answer) {
  CentreLine& centre = parts_.centres.line_for(package.envelope);
  if (!parts_.objects.find_size(package.cipher_root)) {
    return Refusal{Reason::kUnavailable, "封裝內容已清除，中心卻仍索取；請重新發文"};
  }
  while (answer.progress == SubmissionProgress::kReceiving) {
    const std::int64_t index = answer.next_group;
    const Bytes group = parts_.objects.read(
        package.cipher_root, static_cast<std::uint64_t>(index) * kGroupBytes, kGroupBytes);
    answer = YZ_TRY(centre.put_group(answer.submission, index, group));
    const bool stuck =
        answer.progress == SubmissionProgress::kReceiving && answer.next_group <= index;
    if (stuck) return Refusal{Reason::kUnavailable, "中心未收下第 " + std::to_string(index) + " 段"};
  }
  return answer;
}

void Submitting::keep_submission(const OutgoingPackage& package, const std::string& submission) {
  if (package.submission == submission) return;
  parts_.database.transact([&](Transaction& tx) {
    auto current = outbox_.find(tx, package.id);
    current->submission = submission;
    outbox_.save(tx, *current);
  });
}

void Submitting::settle(const MessageId& id, const Result<SubmissionAnswer>& answer) {
  const auto root = parts_.database.transact([&](Transaction& tx) -> std::optional<Sha256> {
    auto package = outbox_.find(tx, id);
    // The news may have been faster.
    const bool open = package->state == PackageState::kSubmitting ||
                      package->state == PackageState::kSubmitted;
    if (open && !answer) try_again(tx, *package, answer.refusal());
    if (open && answer) enter(tx, *package, *answer);
    if (outbox_.needs_body(tx, package->cipher_root)) return std::nullopt;
    return package->cipher_root;
  });
  if (root) parts_.objects.remove(*root);
}

void Submitting::enter(Transaction& tx, OutgoingPackage& package, const SubmissionAnswer& answer) {
  const Time now = parts_.clock.now();
  if (answer.progress == SubmissionProgress::kRejected) {
    tx.after_commit(parts_.wake_sealing);
    return reject(tx, package, answer.why.value_or(Refusal{Reason::kInternal, "中心未說明原因"}),
                  now);
  }
  const bool first =
      package.state == PackageState::kSubmitting && !outbox_.is_accepted(tx, package.id);
  await_acceptance(tx, package);
  if (!first) return;
  const auto sending = outbox_.find(tx, package.document);
  parts_.journal.record(tx, Event::kDocumentSent,
                        {{"message_id", package.id.text()},
                         {"centre", parts_.centre_name},
                         {"person", sending->order.person}},
                        now);
}

void Submitting::try_again(Transaction& tx, OutgoingPackage& package, const Refusal& why) {
  const Time now = parts_.clock.now();
  // The centre has accepted this message before: its answer was lost, A.1 will tell.
  if (why.reason == Reason::kReplayed) return await_acceptance(tx, package);
  // What has its A.1 is in custody, whatever a centre says that has forgotten it.
  if (is_decided(why.reason) && !outbox_.is_accepted(tx, package.id)) {
    tx.after_commit(parts_.wake_sealing);
    return reject(tx, package, why, now);
  }
  package.why = why;
  package.due = now + kRetry.after(package.attempts);
  outbox_.save(tx, package);
}

void Submitting::await_acceptance(Transaction& tx, OutgoingPackage& package) {
  package.state =
      outbox_.is_accepted(tx, package.id) ? PackageState::kAccepted : PackageState::kSubmitted;
  package.why.reset();
  package.due = parts_.clock.now() + kAskAgain;
  outbox_.save(tx, package);
}

int Submitting::clear_bodies() {
  const auto bodies = parts_.database.read(
      [&](Transaction& tx) { return outbox_.bodies_to_clear(tx, kClearedAtOnce); });
  for (const OutgoingBody& body : bodies) {
    parts_.objects.remove(body.cipher_root);
    parts_.database.transact([&](Transaction& tx) { outbox_.set_body_cleared(tx, body.message); });
  }
  return static_cast<int>(bodies.size());
}

}  // namespace yizhan
