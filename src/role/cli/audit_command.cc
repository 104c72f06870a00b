#include "ground/files/files.h"
#include "model/audit/audit.h"
#include "role/cli/session.h"

namespace yizhan {

namespace {

constexpr std::size_t kFileBytesMax = 256U << 10;

struct AuditOptions {
  std::string log;
  std::string certificate;
  std::string database;
  std::vector<std::string> kept;
};

void print_audit(const Session& session, const LogAudit& audit) {
  std::ostream& out = session.out();
  out << "日誌     " << shown_text(audit.origin) << "，" << audit.head.size << " 筆（證據 "
      << audit.evidence << "、紀錄 " << audit.journal << "），其中 " << audit.under_checkpoint
      << " 筆在已簽署之檢查點之下\n根雜湊   " << audit.head.root.hex() << "\n";
  if (audit.rows > 0) out << "資料庫   " << audit.rows << " 列\n";
  if (audit.findings.empty()) {
    out << "完整：未發現任何變更。\n";
    return;
  }
  session.err() << "發現變更或缺漏 " << audit.findings.size() << " 處：\n";
  for (const LogFinding& item : audit.findings) {
    session.err() << "  " << shown_text(item.where) << "：" << shown_text(item.what) << "\n";
  }
  session.err() << "處理：請停止寫入、保全現場，以備份、資料庫及他處所存之檢查點比對。\n";
}

// A path is SQLite's; it must be there, for opening it would make it.
Result<std::string> store_url(const std::string& database) {
  if (database.starts_with("postgresql:")) return database;
  const bool named = database.starts_with("sqlite:");
  const std::string path = named ? database.substr(std::string_view("sqlite:").size()) : database;
  if (!std::filesystem::is_regular_file(path)) {
    return Refusal{Reason::kBadRequest, "資料庫不存在：" + path};
  }
  return "sqlite:" + path;
}

Result<LogAuditSources> sources_of(const AuditOptions& options) {
  const Bytes pem = read_file(options.certificate, kFileBytesMax);
  Certificate certificate = YZ_TRY(Certificate::parse_pem(text_of(pem)));
  LogAuditSources sources{options.log, std::move(certificate), nullptr, {}};
  for (const std::string& name : options.kept) {
    sources.kept.push_back({name, read_file(name, kFileBytesMax)});
  }
  return sources;
}

Result<Exit> audit(Session& session, const AuditOptions& options) {
  Result<LogAuditSources> sources = sources_of(options);
  if (!sources) {
    session.explain(sources.refusal());
    return Exit::kWrongUse;
  }
  std::optional<Database> database;
  if (!options.database.empty()) {
    const Result<std::string> url = store_url(options.database);
    if (!url) {
      session.explain(url.refusal());
      return Exit::kWrongUse;
    }
    sources->database = &database.emplace(StoreConfig{.url = *url, .connections = 1});
  }
  const LogAudit audit = YZ_TRY(audit_log(*sources));
  session.json ? session.print(audit.describe()) : print_audit(session, audit);
  return audit.findings.empty() ? Exit::kDone : Exit::kRefused;
}

}  // namespace

void add_audit_command(CLI::App& app, Session& session) {
  auto command = add_command<AuditOptions>(
      app, "audit-log",
      "離線檢查交換中心之證據日誌：有無資料列、證據、雜湊檔遭變更，或檢查點遭改簽；1 表示有");
  AuditOptions& options = *command.options;
  command.app->group("證據");
  command.app->add_option("log", options.log, "日誌資料夾（中心資料夾下之 log）")
      ->required()
      ->check(CLI::ExistingDirectory);
  command.app->add_option("--certificate", options.certificate, "日誌金鑰之憑證（PEM）")
      ->required()
      ->check(CLI::ExistingFile);
  command.app->add_option("--database", options.database,
                          "該中心之資料庫：SQLite 檔，或 postgresql: 開頭之連線；只讀取");
  command.app
      ->add_option("--kept", options.kept,
                   "他處所存之檢查點，或匯出資料中之日誌證明（proofs/NN.json），可重複")
      ->check(CLI::ExistingFile);
  command
      .example(
          "  yizhan audit-log /var/lib/yizhan/centre/log --certificate log.crt \\\n"
          "      --database /var/lib/yizhan/centre/exchange.db --kept 去年之檢查點")
      .runs(session, audit);
}

}  // namespace yizhan
