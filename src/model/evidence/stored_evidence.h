#pragma once

#include "ground/store/store.h"

namespace yizhan {

// A row of evidence as it stands in the table, for who asks whether it was edited: nothing of it is
// believed, so nothing is parsed.
struct StoredEvidence {
  std::string id;
  std::string sender;
  std::string message;
  std::string recipient;
  std::string kind;
  std::string statement;
  std::string sha256;
  std::optional<std::string> cms;  // base64
  std::optional<std::int64_t> log_index;
  std::int64_t published;
  Time created;
};

// Ascending by id, which must be greater than `after`.
std::vector<StoredEvidence> stored_evidence_after(Transaction& tx, const std::string& after,
                                                  int count_max);
// Those that say that they stand there in the log. More than one: edited.
std::vector<StoredEvidence> stored_evidence_at(Transaction& tx, std::int64_t log_index);

}  // namespace yizhan
