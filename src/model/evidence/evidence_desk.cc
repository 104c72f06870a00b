#include "model/evidence/evidence_desk.h"

namespace yizhan {

EvidenceDesk::EvidenceDesk(Parts parts) : parts_(std::move(parts)) {}

Result<int> EvidenceDesk::work(int count_max) {
  if (!recovered_ && parts_.log != nullptr) find_logged_before_crash();
  recovered_ = true;
  YZ_TRY(sign(count_max));
  if (parts_.log != nullptr) append_to_log(count_max);
  return publish(count_max);
}

Result<void> EvidenceDesk::sign(int count_max) {
  const std::vector<EvidenceRow> rows = parts_.database.read(
      [&](Transaction& tx) { return store_.unsigned_rows(tx, count_max); });
  if (rows.empty()) return {};
  std::vector<std::pair<EvidenceId, Bytes>> signatures;
  Result<void> outcome;
  for (const EvidenceRow& row : rows) {
    Result<Bytes> cms = cms_sign(row.statement, parts_.key, KeyUse::kEvidence, row.created);
    if (!cms) {
      outcome = cms.refusal();
      break;
    }
    signatures.emplace_back(row.id, std::move(*cms));
  }
  parts_.database.transact([&](Transaction& tx) {
    for (const auto& [id, cms] : signatures) store_.set_signature(tx, id, cms);
  });
  return outcome;
}

void EvidenceDesk::append_to_log(int count_max) {
  const std::vector<EvidenceRow> rows =
      parts_.database.read([&](Transaction& tx) { return store_.unlogged(tx, count_max); });
  if (rows.empty()) return;
  std::vector<Bytes> entries;
  for (const EvidenceRow& row : rows) entries.push_back(*row.cms);
  const auto first = static_cast<std::int64_t>(parts_.log->append(entries));
  parts_.database.transact([&](Transaction& tx) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      store_.set_log_index(tx, rows[i].id, first + static_cast<std::int64_t>(i));
    }
  });
}

// A crash between the append and its transaction leaves entries in the log that no row points to.
void EvidenceDesk::find_logged_before_crash() {
  const std::map<Sha256, std::int64_t> places = parts_.log->newest();
  parts_.database.transact([&](Transaction& tx) {
    for (const EvidenceRow& row : store_.unlogged(tx, EvidenceLog::kLookBack)) {
      const auto found = places.find(sha256(*row.cms));
      if (found != places.end()) store_.set_log_index(tx, row.id, found->second);
    }
  });
}

int EvidenceDesk::publish(int count_max) {
  return parts_.database.transact([&](Transaction& tx) {
    int count = 0;
    for (const EvidenceRow& row : store_.unpublished(tx, count_max)) {
      // Came in signed after this round's append: the next round logs it first.
      if (parts_.log != nullptr && !row.log_index) continue;
      parts_.publish(tx, row);
      store_.set_published(tx, row.id);
      ++count;
    }
    return count;
  });
}

}  // namespace yizhan
