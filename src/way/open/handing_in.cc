#include "way/open/handing_in.h"

#include <algorithm>
#include <array>

#include "ground/loop/loop.h"

namespace yizhan {

namespace {

constexpr BackOff kRetry{std::chrono::seconds{1}, std::chrono::minutes{1}};

// With that back-off about a month: the longest that a package lives.
constexpr std::int64_t kForgottenTriesMax = 43'200;

// The centre has decided; the same evidence will never be taken. Where it does not know the mail
// that it has consigned, its store is from an older copy, and the mail may come back to it.
bool is_decided(const HandIn& hand_in, Reason reason) {
  constexpr auto kDecided =
      std::to_array({Reason::kLeaseLost, Reason::kAlreadyFinal, Reason::kStepNotAllowed,
                     Reason::kConflict, Reason::kBadRequest});
  if (reason == Reason::kNotFound) return hand_in.attempts >= kForgottenTriesMax;
  return std::find(kDecided.begin(), kDecided.end(), reason) != kDecided.end();
}

// Where the document stands once the centre has entered that evidence.
State stated_by(std::string_view kind) {
  if (kind == text_of(EvidenceType::kHandover)) return State::kReceived;
  if (kind == text_of(EvidenceType::kHandoverFailure)) return State::kFailed;
  if (kind == text_of(EvidenceType::kConfirmed)) return State::kConfirmed;
  return State::kReturned;
}

bool agrees(State answered, std::string_view kind) {
  const State stated = stated_by(kind);
  // F may have been handed in and answered since.
  const bool acknowledged = answered == State::kConfirmed || answered == State::kReturned;
  return answered == stated || (stated == State::kReceived && acknowledged);
}

}  // namespace

HandingIn::HandingIn(Parts parts) : parts_(std::move(parts)), inbox_(parts_.centre_code) {}

bool HandingIn::work() {
  const Time now = parts_.clock.now();
  const auto hand_in =
      parts_.database.read([&](Transaction& tx) { return inbox_.next_hand_in(tx, now); });
  if (!hand_in) return false;
  const EvidenceRow row = parts_.database.read(
      [&](Transaction& tx) { return evidence_.require(tx, hand_in->evidence); });
  const bool handover = hand_in->kind.starts_with("E");
  settle(*hand_in, row.sha256,
         handover ? parts_.centre.complete(hand_in->delivery, row.cms.value())
                  : parts_.centre.acknowledge(hand_in->delivery, row.cms.value()));
  return true;
}

void HandingIn::settle(HandIn hand_in, const Sha256& evidence, const Result<State>& answer) {
  if (!answer) hand_in.why = answer.refusal();
  if (answer && agrees(*answer, hand_in.kind)) hand_in.why.reset();
  if (answer && !agrees(*answer, hand_in.kind)) {
    hand_in.why = Refusal{Reason::kAlreadyFinal,
                          "中心先已登載「" + std::string(text_of(*answer)) + "」，本證據留存備查"};
  }
  const bool again = !answer && !is_decided(hand_in, answer.reason());
  ++hand_in.attempts;
  hand_in.due = parts_.clock.now() + kRetry.after(hand_in.attempts);
  parts_.database.transact([&](Transaction& tx) {
    if (again) return inbox_.postpone(tx, hand_in);
    inbox_.close(tx, hand_in);
    if (answer) {
      ProofStore().await(tx, hand_in.evidence, parts_.clock.now());
      inbox_.set_receipt(tx, evidence);
    }
    if (!hand_in.why) return;
    // The document stays as it is here; people see that the centre has it otherwise.
    auto mail = inbox_.find(tx, hand_in.delivery);
    mail->why = hand_in.why;
    inbox_.save(tx, *mail);
  });
}

}  // namespace yizhan
