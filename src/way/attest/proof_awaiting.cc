#include "way/attest/proof_awaiting.h"

#include "ground/control/control.h"

namespace yizhan {

namespace {

constexpr BackOff kRetry{std::chrono::seconds{15}, std::chrono::minutes{10}};

}  // namespace

bool ProofAwaiting::work() {
  const Time now = parts_.clock.now();
  std::optional<EvidenceRow> row;
  const auto awaited = parts_.database.read([&](Transaction& tx) {
    auto next = proofs_.next(tx, now);
    if (next) row = evidence_.require(tx, next->evidence);
    return next;
  });
  if (!awaited) return false;
  settle(*awaited, *row, obtain(*row));
  return true;
}

// A proof under a checkpoint that does not count is none yet. Where nobody need co-sign, the
// centre's own word has to do, and whoever verifies is told so.
Result<LogProof> ProofAwaiting::obtain(const EvidenceRow& row) {
  LogProof proof = YZ_TRY(parts_.ask(row.sha256));
  const auto directory = parts_.directory.current();
  const ProvenEntry proven = YZ_TRY(check_log_proof(proof, row.cms.value(), *directory));
  const bool counts = proven.witnessed || directory->cosignatures_required(proven.centre) == 0;
  if (upheld("unwitnessed_proof", counts)) return proof;
  return Refusal{Reason::kUnavailable, "所屬檢查點之共同簽署不足"};
}

void ProofAwaiting::settle(AwaitedProof awaited, const EvidenceRow& row,
                           const Result<LogProof>& proof) {
  const Time now = parts_.clock.now();
  const bool was_overdue = awaited.overdue;
  if (!proof) {
    awaited.why = proof.refusal();
    awaited.due = now + kRetry.after(awaited.attempts++);
    const Time end = awaited.taken + parts_.within;
    awaited.overdue = awaited.overdue || now >= end;
    if (!awaited.overdue) awaited.due = std::min(awaited.due, end);
  }
  const bool begins = !proof && awaited.overdue && !was_overdue;
  const bool ends = proof && was_overdue;
  parts_.database.transact([&](Transaction& tx) {
    proof ? proofs_.keep(tx, awaited, *proof) : proofs_.postpone(tx, awaited);
    if (!begins && !ends) return;
    const std::string reason = proof ? "" : std::string(code_of(proof.reason()));
    parts_.journal.record(tx, begins ? Event::kProofOverdue : Event::kProofArrived,
                          {{"message_id", row.message.message.text()},
                           {"kind", row.kind},
                           {"evidence_sha256", row.sha256.hex()},
                           {"reason", reason}},
                          now);
  });
  if (begins) parts_.alarm(row, proof.refusal());
  if (ends) parts_.alarm(row, std::nullopt);
}

}  // namespace yizhan
