#pragma once

#include "model/agency/agency.h"
#include "model/evidence/evidence.h"

namespace yizhan {

// The best that a centre can show for an entry of its log: the first checkpoint over it that was
// stamped, co-signed ones before others; else the co-signed one, else the last. Several threads.
class Proving {
 public:
  struct Parts {
    Database& database;
    const EvidenceLog& log;
    const DirectorySource& directory;
    CentreCode own;
  };

  explicit Proving(Parts parts) : parts_(std::move(parts)) {}

  // kNotFound when the entry is under no checkpoint yet.
  [[nodiscard]] Result<LogProof> prove(std::uint64_t index) const;

 private:
  [[nodiscard]] std::optional<LogProof> stamped(std::uint64_t index, bool witnessed) const;

  Parts parts_;
};

}  // namespace yizhan
