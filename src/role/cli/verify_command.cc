#include "model/export/export.h"
#include "role/cli/session.h"

namespace yizhan {

namespace {

struct VerifyOptions {
  std::string folder;
  std::string trust;
};

std::string name_and_code(const std::string& name, const std::string& code) {
  return name.empty() ? code : name + "（" + code + "）";
}

std::string_view title_of(EvidenceType type) {
  switch (type) {
    case EvidenceType::kSubmissionAcceptance:
      return "中心受理";
    case EvidenceType::kSubmissionRejection:
      return "中心不受理";
    case EvidenceType::kHeld:
      return "中心暫停處理";
    case EvidenceType::kReleased:
      return "核可放行";
    case EvidenceType::kRelayAcceptance:
      return "他中心接管";
    case EvidenceType::kRelayRejection:
      return "他中心不接管";
    case EvidenceType::kRelayFailure:
      return "未能移交他中心";
    case EvidenceType::kAcceptanceExpiry:
      return "逾期未收取";
    case EvidenceType::kConsignment:
      return "送達收文匣";
    case EvidenceType::kConsignmentFailure:
      return "中止發送";
    case EvidenceType::kHandover:
      return "已收取";
    case EvidenceType::kHandoverFailure:
      return "無法開啟";
    case EvidenceType::kConfirmed:
      return "收文確認";
    case EvidenceType::kReturned:
      return "退文";
  }
  return "";
}

std::string outcome_of(const std::optional<Statement>& statement) {
  if (!statement) return "";
  std::string text =
      std::string(title_of(statement->type)) + " " + roc_time(statement->time.text());
  if (statement->reason) {
    text.append("（").append(describe(*statement->reason).title).append("）");
  }
  return text;
}

std::string final_outcome(const VerifiedRecipient& recipient) {
  const bool several = recipient.superseded > 0;
  if (!recipient.final) {
    return several ? "最終證據不只一份而日誌證明不足，無法判定何者在先；請待交換中心之日誌公布後重新匯出"
                   : "尚無最終結果";
  }
  return outcome_of(recipient.final) + (several ? "；另有後到之證據，不影響結果" : "");
}

void print_package(const Session& session, const VerifiedPackage& package) {
  std::ostream& out = session.out();
  out << "發文機關 " << shown_text(name_and_code(package.sender_name, package.sender.text()))
      << "\n字號     " << shown_text(package.manifest.document_number) << "\n主旨     "
      << shown_text(package.manifest.subject) << "\n"
      << (package.accepted ? "發文時間 " : "不受理   ") << roc_time(package.decided.text())
      << "（民國，臺北時間）\n";
  for (const Part& part : package.manifest.parts) {
    out << "檔案     " << shown_text(part.name) << "（" << size_text(part.length) << "）\n";
  }
  TextTable table({"  受文者", "收文時間", "結果", "確認或退文"});
  for (const VerifiedRecipient& item : package.recipients) {
    table.add({"  " + name_and_code(item.name, item.addressee.text()),
               item.consigned ? roc_time(item.consigned->text()) : "—", final_outcome(item),
               outcome_of(item.acknowledged)});
  }
  table.print(out);
}

void print_log(const Session& session, const ExportReport& report) {
  std::ostream& out = session.out();
  out << "證據     " << report.statement_count << " 份，其中 " << report.proven_count
      << " 份證明載於交換中心之日誌\n";
  if (report.proven_count < report.statement_count) {
    out << "注意     " << report.statement_count - report.proven_count
        << " 份於匯出時尚無日誌證明\n";
  }
  if (report.unwitnessed_count > 0) {
    out << "未經見證 日誌檢查點未獲足夠之其他中心共同簽署（unwitnessed）："
        << report.unwitnessed_count << " 份\n";
  }
  if (report.stamped_count > 0) {
    out << "時戳     " << report.stamped_count << " 份之檢查點有所給信任起點之時戳\n";
  }
}

void print_report(const Session& session, const ExportReport& report) {
  if (report.standing == ExportStanding::kBroken) {
    session.err() << "無效：" << shown_text(report.broken->detail) << "\n處理："
                  << describe(report.broken->reason).remedy << "\n";
    return;
  }
  if (report.standing == ExportStanding::kValid) {
    session.out() << "有效：" << report.file_count << " 個檔案及全部簽章均連結至所給之信任起點。\n";
  } else {
    session.out() << "內容前後一致，但簽署者無法連結至所給之信任起點。\n"
                  << "請以其他管道核對下列憑證之 SHA-256 指紋：\n";
    for (const UnknownAnchor& anchor : report.unknown) {
      session.out() << "  " << anchor.sha256.hex() << "  " << shown_text(anchor.subject) << "（"
                    << shown_text(anchor.file) << "）\n";
    }
  }
  session.out() << "匯出機關 " << shown_text(report.exporter) << "，"
                << roc_time(report.exported->text()) << "\n";
  for (const VerifiedPackage& package : report.packages) print_package(session, package);
  print_log(session, report);
}

// What is amiss with the checker's own folder says nothing about the export.
Result<ExportTrust> load_trust(const std::string& folder) {
  try {
    return ExportTrust::load(folder);
  } catch (const std::runtime_error& accident) {
    return Refusal{Reason::kBadRequest, std::string("信任資料夾無法使用：") + accident.what()};
  }
}

Result<Exit> verify(Session& session, const VerifyOptions& options) {
  const Result<ExportTrust> trust = load_trust(options.trust);
  if (!trust) {
    session.explain(trust.refusal());
    return Exit::kWrongUse;
  }
  const ExportReport report = std::filesystem::is_directory(options.folder)
                                  ? verify_export(options.folder, *trust)
                                  : verify_container(options.folder, *trust);
  session.json ? session.print(report.describe()) : print_report(session, report);
  switch (report.standing) {
    case ExportStanding::kValid:
      return Exit::kDone;
    case ExportStanding::kAnchorUnknown:
      return Exit::kWrongUse;
    case ExportStanding::kBroken:
      return Exit::kRefused;
  }
  return Exit::kRefused;
}

}  // namespace

void add_verify_command(CLI::App& app, Session& session) {
  auto command = add_command<VerifyOptions>(
      app, "verify",
      "離線驗證匯出資料夾或 ASiC-E 容器：0 有效、2 一致但信任起點不明（列出指紋）、1 已遭變更或不完整");
  command.app->group("證據");
  command.app->add_option("export", command.options->folder, "匯出資料夾，或 .asice 檔")
      ->required()
      ->check(CLI::ExistingPath);
  command.app
      ->add_option("--trust", command.options->trust,
                   "信任資料夾：anchors/*.pem、intermediates/、directory/*.pem 或 "
                   "directory-anchors.pem、timestamps/*.pem（時戳機構）")
      ->required()
      ->check(CLI::ExistingDirectory);
  command.example("  yizhan verify 匯出/yizhan-export-0198… --trust /etc/yizhan/trust")
      .runs(session, verify);
}

}  // namespace yizhan
