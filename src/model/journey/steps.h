#pragma once

#include <optional>
#include <string_view>

#include "ground/base/base.h"

// The stations of one document's way to one recipient, and the steps that lead from one to the
// next: one table. A step that is not in it is a refusal.

namespace yizhan {

enum class State {
  kAccepted,   // A.1; waits for the scanner
  kHeld,       // with a reason; nothing is lost
  kForwarding, // for another centre, to which nothing was said about it yet
  kOffered,    // that centre may have taken it: only its answer decides
  kRelayed,    // B.1: in that centre's custody
  kConsigned,  // D.1; in the recipient's inbox
  kLeased,     // a terminal is fetching it
  kReceived,   // E.1
  kConfirmed,  // F.1
  kReturned,   // F.2
  kFailed,     // E.2
  kStopped,    // D.2: malware, refused, unknown recipient, hold expired; B.3: not handed over
  kWithdrawn,  // D.2 withdrawn by the sender
  kPaper,      // D.2, sent on paper instead
  kExpired,    // C.5
};

enum class Step {
  kHold,
  kRelease,
  kForward,
  kDelay,
  kOffer,
  kRelay,
  kFailRelay,
  kConsign,
  kLease,
  kLapse,
  kHandOver,
  kRefuseOpening,
  kConfirm,
  kReturn,
  kStop,
  kWithdraw,
  kFallBackToPaper,
  kExpire,
};

std::string_view text_of(State state);
std::optional<State> find_state(std::string_view text);
std::string_view text_of(Step step);

// kStepNotAllowed
Result<State> after(State state, Step step);

// Nothing more will be decided by this centre (F follows E.1 but changes no final; what was relayed
// is decided about elsewhere).
bool is_final(State state);

}  // namespace yizhan
