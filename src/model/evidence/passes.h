#pragma once

#include "model/evidence/decision.h"

// What was handed over beside a package, by one centre to another or to a terminal, verified.

namespace yizhan {

struct ProvenEvidence {
  std::vector<SignedStatement> statements;
  std::vector<SignedVerdict> verdicts;
};

// What does not verify, or speaks of another header, counts as not there.
ProvenEvidence prove(std::span<const Bytes> evidence, const SealedHeader& sealed,
                     const Directory& directory, const CryptoPolicy& policy);

// A.1's time. Refuses kVerdictMissing: the acceptance of the header's home centre is not among it,
// or that centre did not serve the sender then.
Result<Time> accepted_at(const ProvenEvidence& evidence, const Header& header,
                         const Directory& directory);

// The scanner of that centre found the package clean; or two of its officers released it against
// the verdict. Refuses kVerdictMissing.
Result<void> check_passed(const ProvenEvidence& evidence, const SealedHeader& sealed,
                          const CentreCode& centre, const Directory& directory);
// Step 12: the scanner of the sender's centre (accepted_at) and of the one that consigned it, let
// the package pass. That the latter serves the recipient is for the caller to see in the directory.
// Refuses kVerdictMissing.
Result<void> check_passes(const ProvenEvidence& evidence, const SealedHeader& sealed,
                          const CentreCode& consigning, const Directory& directory);

// Whether a scanner could not look into it for that reason, and two officers of its centre let it
// pass all the same.
bool is_released_despite(Reason reason, const ProvenEvidence& evidence,
                         const SealedHeader& sealed, const Directory& directory);

}  // namespace yizhan
