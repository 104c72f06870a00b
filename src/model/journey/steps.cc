#include "model/journey/steps.h"

#include <array>

namespace yizhan {

namespace {

using enum State;
using enum Step;

constexpr std::array<std::pair<State, std::string_view>, 15> kStates = {{
    {kAccepted, "accepted"},
    {kHeld, "held"},
    {kForwarding, "forwarding"},
    {kOffered, "offered"},
    {kRelayed, "relayed"},
    {kConsigned, "consigned"},
    {kLeased, "leased"},
    {kReceived, "received"},
    {kConfirmed, "confirmed"},
    {kReturned, "returned"},
    {kFailed, "failed"},
    {kStopped, "stopped"},
    {kWithdrawn, "withdrawn"},
    {kPaper, "paper"},
    {kExpired, "expired"},
}};

constexpr std::array<std::pair<Step, std::string_view>, 18> kStepNames = {{
    {kHold, "hold"},
    {kRelease, "release"},
    {kForward, "forward"},
    {kDelay, "delay"},
    {kOffer, "offer"},
    {kRelay, "relay"},
    {kFailRelay, "fail_relay"},
    {kConsign, "consign"},
    {kLease, "lease"},
    {kLapse, "lapse"},
    {kHandOver, "hand_over"},
    {kRefuseOpening, "refuse_opening"},
    {kConfirm, "confirm"},
    {kReturn, "return"},
    {kStop, "stop"},
    {kWithdraw, "withdraw"},
    {kFallBackToPaper, "fall_back_to_paper"},
    {kExpire, "expire"},
}};

struct Allowed {
  State from;
  Step step;
  State to;
};

constexpr auto kAllowed = std::to_array<Allowed>({
    {kAccepted, kHold, kHeld},
    {kHeld, kHold, kHeld},  // held for another reason
    {kHeld, kRelease, kAccepted},
    {kAccepted, kForward, kForwarding},
    {kForwarding, kForward, kForwarding},  // its agency has moved to yet another centre
    {kForwarding, kDelay, kForwarding},  // that centre can not be reached: its sender is told
    {kForwarding, kHold, kHeld},
    {kForwarding, kConsign, kConsigned},  // its agency has moved to this centre
    {kForwarding, kStop, kStopped},
    {kForwarding, kOffer, kOffered},
    {kOffered, kOffer, kOffered},  // asked again, with the same recipients
    {kOffered, kDelay, kOffered},
    {kOffered, kRelay, kRelayed},
    {kOffered, kFailRelay, kStopped},     // B.2
    {kForwarding, kFailRelay, kStopped},  // never offered, and its time is over
    {kAccepted, kConsign, kConsigned},
    {kConsigned, kHold, kHeld},  // its agency is suspended, or malware was found beside it
    {kConsigned, kLease, kLeased},
    {kLeased, kLease, kLeased},  // the same terminal renews, with a higher fencing number
    {kLeased, kLapse, kConsigned},
    {kLeased, kHandOver, kReceived},
    {kConsigned, kHandOver, kReceived},  // the terminal was late, but nobody fetched since
    {kLeased, kRefuseOpening, kFailed},
    {kConsigned, kRefuseOpening, kFailed},
    {kReceived, kConfirm, kConfirmed},
    {kReceived, kReturn, kReturned},
    {kConfirmed, kReturn, kReturned},  // 誤送 is often seen only when the officer reads it
    {kAccepted, kStop, kStopped},
    {kHeld, kStop, kStopped},
    {kAccepted, kWithdraw, kWithdrawn},
    {kHeld, kWithdraw, kWithdrawn},
    {kForwarding, kWithdraw, kWithdrawn},
    {kConsigned, kWithdraw, kWithdrawn},
    {kAccepted, kFallBackToPaper, kPaper},
    {kHeld, kFallBackToPaper, kPaper},
    {kForwarding, kFallBackToPaper, kPaper},
    {kConsigned, kFallBackToPaper, kPaper},
    // Never while a lease lives: a leased document lapses first.
    {kAccepted, kExpire, kExpired},
    {kHeld, kExpire, kExpired},
    {kConsigned, kExpire, kExpired},
});

}  // namespace

std::string_view text_of(State state) { return kStates.at(static_cast<std::size_t>(state)).second; }

std::optional<State> find_state(std::string_view text) {
  for (const auto& [state, name] : kStates) {
    if (name == text) return state;
  }
  return std::nullopt;
}

std::string_view text_of(Step step) { return kStepNames.at(static_cast<std::size_t>(step)).second; }

Result<State> after(State state, Step step) {
  for (const Allowed& allowed : kAllowed) {
    if (allowed.from == state && allowed.step == step) return allowed.to;
  }
  return Refusal{Reason::kStepNotAllowed,
                 std::string(text_of(state)) + " → " + std::string(text_of(step))};
}

bool is_final(State state) {
  switch (state) {
    case kAccepted:
    case kHeld:
    case kForwarding:
    case kOffered:
    case kConsigned:
    case kLeased:
      return false;
    case kRelayed:
    case kReceived:
    case kConfirmed:
    case kReturned:
    case kFailed:
    case kStopped:
    case kWithdrawn:
    case kPaper:
    case kExpired:
      return true;
  }
  return true;
}

}  // namespace yizhan
