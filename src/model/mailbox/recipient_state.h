#pragma once

#include <optional>
#include <string_view>

#include "model/evidence/evidence.h"

// What the sender sees of one recipient: derived from evidence alone.

namespace yizhan {

enum class RecipientState {
  kWaiting,    // not yet accepted by the centre
  kAccepted,   // A.1; the centre is screening
  kScreened,   // a clean verdict; on its way
  kRelayed,    // B.1; the recipient's own centre has it
  kHeld,       // with a reason; nothing is lost
  kConsigned,  // D.1; in the recipient's inbox
  kReceived,   // E.1
  kConfirmed,  // F.1
  kReturned,   // F.2
  kFailed,     // E.2
  kStopped,    // D.2, B.3
  kWithdrawn,  // D.2 withdrawn
  kPaper,      // D.2 paper
  kExpired,    // C.5
  kRejected,   // A.2
  kUnknown,    // past its time, and no final evidence is here
};

std::string_view text_of(RecipientState state);   // stable, for machines
std::string_view title_of(RecipientState state);  // for people
std::optional<RecipientState> find_recipient_state(std::string_view text);

// Nothing but F may follow.
bool is_final(RecipientState state);

// Where the evidence leads from `state`; `state` itself when it says nothing new about it, or came
// after a final.
RecipientState after(RecipientState state, const Statement& statement);
RecipientState after(RecipientState state, const Verdict& verdict);

// What people are shown: kUnknown once the package is an hour past its time without a final.
RecipientState shown(RecipientState state, Time expires, Time now);

}  // namespace yizhan
