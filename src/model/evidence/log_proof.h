#pragma once

#include "ground/merkle/merkle.h"
#include "model/agency/agency.h"

namespace yizhan {

// Shows that an evidence stands in its centre's log: index, path, and the signed checkpoint that
// the path leads to, under which the lines of witnesses stand when there are any; and time-stamps
// (RFC 3161) over the text of that checkpoint.
struct LogProof {
  std::uint64_t index;
  std::vector<Sha256> path;
  Bytes checkpoint;                    // signed note
  std::vector<Bytes> timestamps = {};  // tokens, at most 8

  // Refuses kMalformed, kTooLarge (256 KiB).
  static Result<LogProof> parse(ByteView json);
  [[nodiscard]] Bytes json() const;
};

// The entry stands under the checkpoint, and the checkpoint is signed by the centre's log key.
// Refuses kMalformed, kBadSignature, kProofMismatch.
Result<void> verify_log_proof(const LogProof& proof, ByteView entry, const NoteKey& log_key);

// How many other centres of the directory have co-signed this checkpoint of `own`. Lines of
// strangers are worth nothing; a false one under the name of a centre is refused (kBadSignature).
Result<std::int64_t> count_cosignatures(const SignedNote& note, const CentreCode& own,
                                        const Directory& directory);

// What a proof shows to who has the directory.
struct ProvenEntry {
  CentreCode centre;
  std::uint64_t index;
  std::int64_t cosignatures;
  // By as many other centres as the directory's witness policy asks for, and by one at least.
  bool witnessed;
};

// By a log key of the centre that the checkpoint names. Refuses kMalformed, kUnknownCentre,
// kCertificateUnregistered (it has no log key), kBadSignature, kProofMismatch.
Result<ProvenEntry> check_log_proof(const LogProof& proof, ByteView entry,
                                    const Directory& directory);

}  // namespace yizhan
