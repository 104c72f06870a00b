#include "model/evidence/evidence_desk.h"

#include <algorithm>

#include "model/evidence/batch.h"

namespace yizhan {

std::optional<BatchSigning> find_batch_signing(std::string_view text) {
  if (text == "off") return BatchSigning::kOff;
  if (text == "on") return BatchSigning::kOn;
  return text == "auto" ? std::optional(BatchSigning::kAuto) : std::nullopt;
}

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
  std::vector<EvidenceRow*> unsigned_rows;
  for (EvidenceRow& row : rows) {
    if (!row.cms) unsigned_rows.push_back(&row);
  }
  std::span<EvidenceRow* const> waiting = unsigned_rows;
  while (!waiting.empty()) {
    const std::size_t count = count_of_next(waiting);
    const auto begun = std::chrono::steady_clock::now();
    YZ_TRY(sign_together(waiting.first(count)));
    last_signature_ = std::chrono::steady_clock::now() - begun;
    waiting = waiting.subspan(count);
  }
  return {};
}

std::size_t EvidenceDesk::count_of_next(std::span<EvidenceRow* const> waiting) const {
  const BatchRule& rule = parts_.batches;
  const bool slow =
      last_signature_ * static_cast<std::int64_t>(waiting.size()) > rule.patience;
  const bool together = rule.signing == BatchSigning::kOn ||
                        (rule.signing == BatchSigning::kAuto && slow);
  if (!together) return 1;
  const auto large = std::ranges::find_if(waiting.first(std::min(waiting.size(), kBatchCountMax)),
                                          [](const EvidenceRow* row) {
                                            return row->statement.size() > kBatchedStatementMax;
                                          });
  return std::max<std::size_t>(1, static_cast<std::size_t>(large - waiting.begin()));
}

Result<void> EvidenceDesk::sign_together(std::span<EvidenceRow* const> rows) {
  if (rows.size() == 1) {
    EvidenceRow& row = *rows.front();
    row.cms = YZ_TRY(cms_sign(row.statement, parts_.key, KeyUse::kEvidence, row.created));
    return {};
  }
  std::vector<Bytes> statements;
  Time newest = rows.front()->created;
  for (const EvidenceRow* row : rows) {
    statements.push_back(row->statement);
    newest = std::max(newest, row->created);
  }
  std::vector<Bytes> evidence = YZ_TRY(sign_batch(statements, parts_.key, newest));
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i]->cms = std::move(evidence[i]);
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
