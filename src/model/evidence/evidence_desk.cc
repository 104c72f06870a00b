#include "model/evidence/evidence_desk.h"

#include <algorithm>

namespace yizhan {

EvidenceDesk::EvidenceDesk(Parts parts) : parts_(std::move(parts)) {}

Result<int> EvidenceDesk::work(int count_max) {
  if (!recovered_ && parts_.log != nullptr) find_logged_before_crash();
  recovered_ = true;
  std::vector<EvidenceRow> rows =
      parts_.database.read([&](Transaction& tx) { return store_.unpublished(tx, count_max); });
  const Result<void> all_signed = sign(rows);
  // Without its key the centre still logs and shows what others signed.
  std::erase_if(rows, [](const EvidenceRow& row) { return !row.cms; });
  if (parts_.log != nullptr) append_to_log(rows);
  publish(rows);
  YZ_TRY(all_signed);
  return static_cast<int>(rows.size());
}

Result<void> EvidenceDesk::sign(std::vector<EvidenceRow>& rows) {
  for (EvidenceRow& row : rows) {
    if (row.cms) continue;
    row.cms = YZ_TRY(cms_sign(row.statement, parts_.key, KeyUse::kEvidence, row.created));
  }
  return {};
}

// What was found in the log after a crash stands there already.
void EvidenceDesk::append_to_log(std::vector<EvidenceRow>& rows) {
  std::vector<Bytes> entries;
  for (const EvidenceRow& row : rows) {
    if (!row.log_index) entries.push_back(*row.cms);
  }
  auto index = static_cast<std::int64_t>(parts_.log->append(entries));
  for (EvidenceRow& row : rows) {
    if (!row.log_index) row.log_index = index++;
  }
}

void EvidenceDesk::publish(const std::vector<EvidenceRow>& rows) {
  if (rows.empty()) return;
  parts_.database.transact([&](Transaction& tx) {
    for (const EvidenceRow& row : rows) {
      store_.publish(tx, row);
      parts_.publish(tx, row);
    }
  });
}

// A crash between the append and its transaction leaves entries in the log that no row points to.
// A signature that was made before is there, and there only.
void EvidenceDesk::find_logged_before_crash() {
  const auto rows = parts_.database.read(
      [&](Transaction& tx) { return store_.unpublished(tx, EvidenceLog::kLookBack); });
  if (rows.empty()) return;
  const std::map<Sha256, EvidenceLog::Place> places = parts_.log->newest_evidence();
  parts_.database.transact([&](Transaction& tx) {
    for (EvidenceRow row : rows) {
      const auto found = places.find(row.sha256);
      if (found == places.end()) continue;
      row.cms = found->second.cms;
      row.log_index = found->second.index;
      store_.set_logged(tx, row);
    }
  });
}

}  // namespace yizhan
