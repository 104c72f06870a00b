#include "model/mailbox/history.h"

#include "model/mailbox/sending.h"

namespace yizhan {

namespace {

std::string_view title_of(EvidenceType type) {
  switch (type) {
    case EvidenceType::kSubmissionAcceptance:
      return "交換中心受理";
    case EvidenceType::kSubmissionRejection:
      return "交換中心不受理";
    case EvidenceType::kHeld:
      return "交換中心暫停處理";
    case EvidenceType::kReleased:
      return "經核可放行";
    case EvidenceType::kRelayAcceptance:
      return "他中心接管";
    case EvidenceType::kRelayRejection:
      return "他中心不接管";
    case EvidenceType::kRelayFailure:
      return "未能移交他中心";
    case EvidenceType::kAcceptanceExpiry:
      return "逾期未收取";
    case EvidenceType::kConsignment:
      return "送達受文機關收文匣";
    case EvidenceType::kConsignmentFailure:
      return "中止發送";
    case EvidenceType::kHandover:
      return "受文機關收取";
    case EvidenceType::kHandoverFailure:
      return "受文機關無法開啟";
    case EvidenceType::kConfirmed:
      return "收文確認";
    case EvidenceType::kReturned:
      return "退文";
  }
  return "";
}

std::string_view title_of(ScanResult result) {
  switch (result) {
    case ScanResult::kClean:
      return "掃描通過";
    case ScanResult::kInfected:
      return "掃描發現惡意程式";
    case ScanResult::kRefused:
      return "掃描不予放行";
    case ScanResult::kIncomplete:
      return "掃描未能完成";
  }
  return "";
}

HistoryEntry entry_of(const EvidenceRow& row) {
  HistoryEntry entry{row.created, row.kind, "", row.recipient, std::nullopt, row.superseded,
                     row.sha256};
  if (row.kind == kVerdictKind) {
    const Verdict verdict = Verdict::parse(row.statement).value();
    entry.title = title_of(verdict.result);
    const bool infected = verdict.result == ScanResult::kInfected;
    if (infected) entry.why = Refusal{Reason::kInfected, verdict.name};
    if (verdict.reason) entry.why = Refusal{*verdict.reason, verdict.detail};
    return entry;
  }
  const Statement statement = Statement::parse(row.statement).value();
  entry.title = title_of(statement.type);
  if (statement.reason) entry.why = Refusal{*statement.reason, statement.detail};
  return entry;
}

}  // namespace

Json HistoryEntry::describe() const {
  Json json = {{"time", time.text()},
               {"kind", kind},
               {"title", title},
               {"recipient", recipient ? recipient->text() : ""},
               {"superseded", superseded},
               {"evidence", evidence.hex()}};
  if (why) json["reason"] = yizhan::describe(*why);
  return json;
}

std::vector<HistoryEntry> history_of(Transaction& tx, const MessageKey& message,
                                     const std::optional<Addressee>& recipient) {
  EvidenceStore store;
  std::vector<HistoryEntry> history;
  const auto rows = recipient ? store.for_recipient(tx, message, *recipient)
                              : store.of_message(tx, message);
  for (const EvidenceRow& row : rows) history.push_back(entry_of(row));
  return history;
}

}  // namespace yizhan
