#include "model/evidence/stored_evidence.h"

namespace yizhan {

namespace {

std::vector<StoredEvidence> rows_of(Transaction& tx, const std::string& condition,
                                    const Binds& binds) {
  using Text = std::string;
  std::vector<StoredEvidence> rows;
  const std::string sql =
      "SELECT id, sender, message_id, recipient, kind, statement, sha256, cms, log_index, "
      "published, created_ms FROM evidence WHERE " +
      condition;
  for (auto& row : tx.query<Text, Text, Text, Text, Text, Text, Text, std::optional<Text>,
                            std::optional<std::int64_t>, std::int64_t, Time>(sql, binds)) {
    rows.push_back(std::make_from_tuple<StoredEvidence>(std::move(row)));
  }
  return rows;
}

}  // namespace

std::vector<StoredEvidence> stored_evidence_after(Transaction& tx, const std::string& after,
                                                  int count_max) {
  return rows_of(tx, "id > :after ORDER BY id LIMIT :count_max",
                 {{"after", after}, {"count_max", std::int64_t{count_max}}});
}

std::vector<StoredEvidence> stored_evidence_at(Transaction& tx, std::int64_t log_index) {
  return rows_of(tx, "log_index = :log_index ORDER BY id", {{"log_index", log_index}});
}

}  // namespace yizhan
