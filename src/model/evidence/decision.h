#pragma once

#include "model/evidence/statement.h"

// What officers of a centre decide about a held document, signed with their own cards. To let it
// pass against a verdict takes two of them; to stop it takes one.

namespace yizhan {

enum class DecisionKind { kRelease, kStop };

struct Decision {
  DecisionKind kind;
  MessageKey message;
  Sha256 header_sha256;
  std::vector<Sha256> overridden;  // the verdicts that the officer has read
  std::string reason;              // for people; never empty
  Time time;

  static Result<Decision> parse(ByteView json);
  [[nodiscard]] Bytes json() const;
};

struct SignedDecision {
  Bytes cms;
  Decision decision;
  Certificate signer;
};

Result<SignedDecision> open_decision(ByteView cms);
Result<Bytes> sign_decision(const Decision& decision, SigningKey& key);

// Every decision is of that kind and about that header, each by another officer of the centre, and
// there are enough of them (release two, stop one). Refuses kForbidden, kConflict.
Result<void> check_decisions(std::span<const SignedDecision> decisions, DecisionKind kind,
                             const SealedHeader& sealed, const Centre& centre);

// The officers' decisions behind a Released: they let pass exactly the verdicts that it names.
// Refuses what check_decisions refuses, and kForbidden when an officer has not read one of them.
Result<std::vector<SignedDecision>> open_release(const Statement& released,
                                                 const SealedHeader& sealed, const Centre& centre);

// A sender's signed wish to stop a document before it is fetched, or to send it on paper instead.
enum class WithdrawalKind { kStop, kPaper };

struct Withdrawal {
  WithdrawalKind kind;
  MessageKey message;
  std::optional<Addressee> recipient;  // none: all that can still be stopped
  std::string reason;
  Time time;

  static Result<Withdrawal> parse(ByteView json);
  [[nodiscard]] Bytes json() const;
};

struct SignedWithdrawal {
  Bytes cms;
  Withdrawal withdrawal;
  Certificate signer;
};

Result<SignedWithdrawal> open_withdrawal(ByteView cms);
Result<Bytes> sign_withdrawal(const Withdrawal& withdrawal, SigningKey& key);

}  // namespace yizhan
