#include "model/mailbox/recipient_state.h"

#include "model/mailbox/state_text.h"

namespace yizhan {

namespace {

using enum RecipientState;
using Row = StateText<RecipientState>;

constexpr auto kStates = std::to_array<Row>({
    {kWaiting, "waiting", "待送交換中心"},
    {kAccepted, "accepted", "中心已受理，掃描中"},
    {kScreened, "screened", "掃描完成，投遞中"},
    {kRelayed, "relayed", "已移交受文機關所屬交換中心"},
    {kHeld, "held", "中心暫停處理"},
    {kConsigned, "consigned", "已到達受文機關收文匣"},
    {kReceived, "received", "受文機關已收取"},
    {kConfirmed, "confirmed", "收文確認"},
    {kReturned, "returned", "退文"},
    {kFailed, "failed", "受文機關無法開啟"},
    {kStopped, "stopped", "中心中止發送"},
    {kWithdrawn, "withdrawn", "已撤回"},
    {kPaper, "paper", "已改寄紙本"},
    {kExpired, "expired", "逾期未收取"},
    {kRejected, "rejected", "中心不受理"},
    {kUnknown, "unknown", "狀態不明"},
});

// How a D.2 ended it: by the sender's own wish, or against it.
RecipientState ended(const std::optional<Reason>& reason) {
  if (reason == Reason::kWithdrawn) return kWithdrawn;
  if (reason == Reason::kPaper) return kPaper;
  return kStopped;
}

// nullopt: it says nothing about where a recipient is.
std::optional<RecipientState> told_by(const Statement& statement) {
  switch (statement.type) {
    case EvidenceType::kRelayAcceptance:
      return kRelayed;
    case EvidenceType::kRelayRejection:
      return std::nullopt;  // B.3 follows
    case EvidenceType::kRelayFailure:
      return kStopped;
    case EvidenceType::kSubmissionAcceptance:
      return kAccepted;
    case EvidenceType::kSubmissionRejection:
      return kRejected;
    case EvidenceType::kHeld:
      return kHeld;
    case EvidenceType::kReleased:
      return kScreened;
    case EvidenceType::kAcceptanceExpiry:
      return kExpired;
    case EvidenceType::kConsignment:
      return kConsigned;
    case EvidenceType::kConsignmentFailure:
      return ended(statement.reason);
    case EvidenceType::kHandover:
      return kReceived;
    case EvidenceType::kHandoverFailure:
      return kFailed;
    case EvidenceType::kConfirmed:
      return kConfirmed;
    case EvidenceType::kReturned:
      return kReturned;
  }
  return kUnknown;
}

// How far along the way a state is: news may arrive late, and never leads back. Held and unknown
// may go anywhere and be reached from anywhere before the final.
int rank_of(RecipientState state) {
  switch (state) {
    case kUnknown:
    case kWaiting:
      return 0;
    case kAccepted:
      return 1;
    case kHeld:
    case kScreened:
      return 2;
    case kRelayed:
      return 3;
    case kConsigned:
      return 4;
    case kReceived:
    case kFailed:
    case kStopped:
    case kWithdrawn:
    case kPaper:
    case kExpired:
    case kRejected:
      return 5;
    case kConfirmed:
    case kReturned:
      return 6;
  }
  return 0;
}

}  // namespace

std::string_view text_of(RecipientState state) { return row_of(kStates, state).text; }
std::string_view title_of(RecipientState state) { return row_of(kStates, state).title; }

std::optional<RecipientState> find_recipient_state(std::string_view text) {
  return find_in(kStates, text);
}

bool is_final(RecipientState state) { return rank_of(state) >= rank_of(kReceived); }

RecipientState after(RecipientState state, const Statement& statement) {
  const auto said = told_by(statement);
  if (!said) return state;
  const RecipientState told = *said;
  // What was confirmed may still be returned, and nothing else follows F.
  if (state == kConfirmed && told == kReturned) return told;
  if (rank_of(state) == rank_of(kConfirmed)) return state;
  if (is_final(state)) return rank_of(told) > rank_of(state) && state == kReceived ? told : state;
  // A document may be held again after it was consigned (its recipient was suspended).
  if (told == kHeld || is_final(told)) return told;
  return rank_of(told) >= rank_of(state) ? told : state;
}

RecipientState after(RecipientState state, const Verdict& verdict) {
  const bool early = rank_of(state) <= rank_of(kAccepted) || state == kHeld;
  return early && verdict.result == ScanResult::kClean ? kScreened : state;
}

RecipientState shown(RecipientState state, Time expires, Time now) {
  constexpr Milliseconds kGrace = std::chrono::hours{1};
  return !is_final(state) && now > expires + kGrace ? kUnknown : state;
}

}  // namespace yizhan
