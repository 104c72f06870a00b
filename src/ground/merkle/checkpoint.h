#pragma once

#include "ground/merkle/note.h"
#include "ground/merkle/proof.h"

// C2SP tlog-checkpoint: a log's name, size and root as the text of a signed note.

namespace yizhan {

struct Checkpoint {
  std::string origin;  // which log: also the name of its key
  TreeHead head;

  // Extension lines are refused: no witness could check them. Refuses kMalformed.
  static Result<Checkpoint> parse(std::string_view note_text);
  [[nodiscard]] std::string text() const;

  bool operator==(const Checkpoint&) const = default;
};

// Whoever signs promises that it never signed, and never will sign, a head that is inconsistent
// with this one; Log::publish keeps that promise.
Result<SignedNote> sign_checkpoint(const Checkpoint& checkpoint, SigningKey& key);

// The checkpoint in a note signed by this log's key. Refuses kMalformed, kTooLarge,
// kBadSignature (also when the note speaks of another log).
Result<Checkpoint> verify_checkpoint(ByteView note, const NoteKey& log_key);

}  // namespace yizhan
