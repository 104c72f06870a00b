#pragma once

#include <chrono>
#include <functional>

#include "model/evidence/evidence_log.h"
#include "model/evidence/evidence_store.h"

// The signing loop: signs what the stations stated, appends it to the log, and only then shows it.
// A crash at any point logs and shows the same bytes once: what was signed is found in the log.

namespace yizhan {

enum class BatchSigning {
  kOff,   // each statement by itself
  kOn,    // what waits together, together
  kAuto,  // together when the module would take too long for what waits, one by one
};

std::optional<BatchSigning> find_batch_signing(std::string_view text);  // "off", "on", "auto"

// When several statements go under one signature (batch.h).
struct BatchRule {
  BatchSigning signing = BatchSigning::kAuto;
  // For kAuto: what waits, times how long the last signature took, may be this much.
  Milliseconds patience = std::chrono::seconds{1};
};

class EvidenceDesk {
 public:
  // Tells those concerned, in the transaction that marks the evidence as published.
  using Publish = std::function<void(Transaction&, const EvidenceRow&)>;

  struct Parts {
    Database& database;
    SigningKey& key;
    EvidenceLog* log;  // a terminal keeps none
    Publish publish;
    BatchRule batches = {};
  };

  explicit EvidenceDesk(Parts parts);

  // One round over at most `count_max` statements. How many were published.
  // Refuses what the key refuses, after publishing what was signed before.
  Result<int> work(int count_max);

 private:
  Result<void> sign(std::vector<EvidenceRow>& rows);
  // How many of those that wait, from the first on, go under the next signature.
  [[nodiscard]] std::size_t count_of_next(std::span<EvidenceRow* const> waiting) const;
  Result<void> sign_together(std::span<EvidenceRow* const> rows);
  void append_to_log(std::vector<EvidenceRow>& rows);
  void publish(const std::vector<EvidenceRow>& rows);
  void find_logged_before_crash();

  Parts parts_;
  EvidenceStore store_;
  bool recovered_ = false;
  std::chrono::steady_clock::duration last_signature_{};  // how long it took
};

}  // namespace yizhan
