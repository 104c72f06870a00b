#pragma once

#include <functional>

#include "model/evidence/evidence_log.h"
#include "model/evidence/evidence_store.h"

// The signing loop: signs what the stations stated, appends it to the log, and only then shows it.
// A crash at any point logs and shows the same bytes once: what was signed is found in the log.

namespace yizhan {

class EvidenceDesk {
 public:
  // Tells those concerned, in the transaction that marks the evidence as published.
  using Publish = std::function<void(Transaction&, const EvidenceRow&)>;

  struct Parts {
    Database& database;
    SigningKey& key;
    EvidenceLog* log;  // a terminal keeps none
    Publish publish;
  };

  explicit EvidenceDesk(Parts parts);

  // One round over at most `count_max` statements. How many were published.
  // Refuses what the key refuses, after publishing what was signed before.
  Result<int> work(int count_max);

 private:
  Result<void> sign(std::vector<EvidenceRow>& rows);
  void append_to_log(std::vector<EvidenceRow>& rows);
  void publish(const std::vector<EvidenceRow>& rows);
  void find_logged_before_crash();

  Parts parts_;
  EvidenceStore store_;
  bool recovered_ = false;
};

}  // namespace yizhan
