#include "model/audit/log_audit.h"

#include "ground/json/json.h"
#include "model/audit/stored_rows.h"

namespace yizhan {

namespace {

constexpr std::size_t kEntryMax = 64U << 10;
// What the signing loop has appended and not yet written to its rows.
constexpr Milliseconds kPatience = std::chrono::seconds{2};

std::string numbered(std::uint64_t index) { return "第 " + std::to_string(index) + " 筆"; }

Result<SignedNote> note_in(const KeptCheckpoint& kept) {
  if (kept.bytes.empty() || kept.bytes.front() != '{') return SignedNote::parse(kept.bytes);
  const LogProof proof = YZ_TRY(LogProof::parse(kept.bytes));
  return SignedNote::parse(proof.checkpoint);
}

// An entry by itself: evidence that is signed, or an entry of the journal.
void look_at(LogAudit& audit, std::uint64_t index, ByteView entry) {
  if (!entry.empty() && entry.front() == '{' && !is_batched(entry)) {
    ++audit.journal;
    const Result<Json> json = parse_json(entry, {.bytes_max = kEntryMax});
    if (json && json->value("format", "") == "yizhan-journal-1") return;
    audit.findings.push_back({numbered(index), "不是日誌所載之紀錄：遭變更"});
    return;
  }
  ++audit.evidence;
  if (open_evidence(entry, kEntryMax)) return;
  audit.findings.push_back({numbered(index), "簽章不成立：遭變更"});
}

void check_checkpoints(LogAudit& audit, const LogSurvey& survey, const LogAuditSources& sources,
                       const NoteKey& key) {
  if (survey.checkpoint) {
    const auto wrong = check_kept(survey, *survey.checkpoint, key, "checkpoint");
    if (wrong) audit.findings.push_back(*wrong);
    const auto shown = Checkpoint::parse(survey.checkpoint->text());
    if (!wrong && shown) audit.under_checkpoint = shown->head.size;
  } else if (survey.size() > 0) {
    audit.findings.push_back({"checkpoint", "不存在，日誌之各筆未經簽署"});
  }
  if (survey.cosigned) {
    const auto wrong = check_kept(survey, *survey.cosigned, key, "cosigned");
    if (wrong) audit.findings.push_back(*wrong);
  }
  for (const KeptCheckpoint& kept : sources.kept) {
    const Result<SignedNote> note = note_in(kept);
    const auto wrong = note ? check_kept(survey, *note, key, kept.name)
                            : std::optional(LogFinding{kept.name, "不是檢查點"});
    if (wrong) audit.findings.push_back(*wrong);
  }
}

}  // namespace

Json LogAudit::describe() const {
  Json items = Json::array();
  for (const LogFinding& item : findings) {
    items.push_back({{"where", item.where}, {"what", item.what}});
  }
  return {{"origin", origin},
          {"size", head.size},
          {"root", head.root.hex()},
          {"evidence", evidence},
          {"journal", journal},
          {"rows", rows},
          {"under_checkpoint", under_checkpoint},
          {"intact", findings.empty()},
          {"findings", std::move(items)}};
}

Result<LogAudit> audit_log(const LogAuditSources& sources) {
  LogAudit audit;
  std::vector<LogFinding> row_findings;
  std::optional<StoredRows> rows;
  // Before the log, so that whatever a row claims is there.
  if (sources.database != nullptr) rows.emplace(*sources.database, row_findings).read();
  LogSurvey survey = YZ_TRY(survey_log(sources.log, [&](std::uint64_t index, ByteView entry) {
    look_at(audit, index, entry);
    if (rows) rows->meet(index, entry);
  }));
  const NoteKey key = YZ_TRY(NoteKey::of(survey.origin, sources.log_certificate));
  audit.origin = survey.origin;
  audit.head = {survey.size(), survey.root_at(survey.size())};
  std::ranges::move(survey.findings, std::back_inserter(audit.findings));
  check_checkpoints(audit, survey, sources, key);
  if (rows) {
    rows->close(survey.size(), kPatience);
    audit.rows = rows->count();
  }
  std::ranges::move(row_findings, std::back_inserter(audit.findings));
  return audit;
}

}  // namespace yizhan
