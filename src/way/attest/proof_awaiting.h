#pragma once

#include <functional>

#include "ground/journal/journal.h"
#include "ground/loop/loop.h"
#include "model/agency/agency.h"
#include "model/evidence/evidence.h"

namespace yizhan {

// The holder's side of the log: what evidence this terminal holds must stand in its centre's log,
// under a checkpoint that counts, ten minutes after it was given. The proof is fetched and kept;
// its absence is told with the signed evidence: the centre owes it. One thread.
class ProofAwaiting {
 public:
  // What the centre answers about the evidence of that name.
  using Ask = std::function<Result<LogProof>(const Sha256& evidence)>;

  struct Parts {
    Database& database;
    Ask ask;
    const DirectorySource& directory;
    const Journal& journal;
    Milliseconds within;  // the centre's time, ten minutes
    // Told of an evidence that is overdue (with why), and when its proof has come after all.
    std::function<void(const EvidenceRow&, const std::optional<Refusal>& why)> alarm;
    const Clock& clock;
  };

  explicit ProofAwaiting(Parts parts) : parts_(std::move(parts)) {}

  // Asks for the next proof that is due. false when none is.
  bool work();

 private:
  Result<LogProof> obtain(const EvidenceRow& row);
  void settle(AwaitedProof awaited, const EvidenceRow& row, const Result<LogProof>& proof);

  Parts parts_;
  ProofStore proofs_;
  EvidenceStore evidence_;
};

}  // namespace yizhan
