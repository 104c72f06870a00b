#pragma once

#include "ground/store/store.h"
#include "model/record/facts.h"

// Inside model/record.

namespace yizhan {

// The table facts.
class FactStore {
 public:
  explicit FactStore(Transaction& tx) : tx_(tx) {}

  void insert(const StoredFact& fact);
  std::optional<StoredFact> find(const FactId& id);
  std::optional<StoredFact> find_reported(const std::string& reporter, std::int64_t sequence);
  std::int64_t last_sequence(const std::string& reporter);  // 0: none yet
  std::optional<StoredFact> last(const Facts::About& about, Time until);
  std::vector<StoredFact> newest(const std::string& kind);
  std::vector<StoredFact> between(const Facts::About& about, const Facts::Span& span);

 private:
  Transaction& tx_;
};

}  // namespace yizhan
