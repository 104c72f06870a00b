#pragma once

#include "model/evidence/evidence_store.h"
#include "model/evidence/log_proof.h"

namespace yizhan {

// A checkpoint of the centre's log as one authority has stamped it.
struct CheckpointStamp {
  std::uint64_t tree_size;
  std::string authority;
  Bytes checkpoint;  // signed note
  bool witnessed;    // by as many as the directory asked for then
  Bytes token;
  Time stamped;
};

// A centre's time-stamps, kept for ever: the first checkpoint after an evidence proves it.
class StampStore {
 public:
  void add(Transaction& tx, const CheckpointStamp& stamp);  // again: nothing
  [[nodiscard]] bool has(Transaction& tx, std::uint64_t tree_size, const std::string& authority);
  // All stamps of the first checkpoint over that entry; of witnessed ones only where that is asked.
  std::vector<CheckpointStamp> first_over(Transaction& tx, std::uint64_t index, bool witnessed);
};

// An evidence that this terminal holds and that has to be proven by its centre.
struct AwaitedProof {
  EvidenceId evidence;
  Time taken;  // from when the centre has time for it
  Time due;
  std::int64_t attempts = 0;
  std::optional<Refusal> why = {};
  bool overdue = false;  // and said so
};

class ProofStore {
 public:
  // Asked for the first time when witnesses and authorities have had their turn.
  static constexpr Milliseconds kAskedAfter = std::chrono::minutes{2};

  // From now on; again: nothing.
  void await(Transaction& tx, const EvidenceId& evidence, Time now);
  std::optional<AwaitedProof> next(Transaction& tx, Time now);
  void postpone(Transaction& tx, const AwaitedProof& awaited);
  void keep(Transaction& tx, const AwaitedProof& awaited, const LogProof& proof);
  // By the name of the evidence.
  std::optional<LogProof> find(Transaction& tx, const Sha256& evidence);

  struct Count {
    std::int64_t awaited = 0;
    std::int64_t overdue = 0;
    std::optional<Time> oldest = {};  // of those awaited
  };
  Count count(Transaction& tx);
  // The longest awaited first.
  std::vector<AwaitedProof> overdue(Transaction& tx, int count_max);
};

}  // namespace yizhan
