#include "ground/files/files.h"
#include "ground/keys/keys.h"
#include "role/cli/session.h"

namespace yizhan {

namespace {

constexpr std::size_t kCertificateBytesMax = 64U << 10;

struct KeyOptions {
  std::string socket = "/run/yizhan-keyholder/operator.sock";
};

struct KeyListOptions {
  std::shared_ptr<KeyOptions> keyholder;  // shared: kept by every command below `key`
};

struct RenewOptions {
  std::shared_ptr<KeyOptions> keyholder;
  std::string name;
  std::string signer = "sign";
  std::string into;
};

struct InstallOptions {
  std::shared_ptr<KeyOptions> keyholder;
  std::string name;
  std::string certificate;
};

Json describe_key(const KeyDescription& key) {
  Json operations = Json::array();
  for (const KeyOperation operation : key.operations) operations.push_back(code_of(operation));
  return {{"name", key.name},
          {"operations", std::move(operations)},
          {"subject", key.certificate.subject()},
          {"serial", key.certificate.serial()},
          {"sha256", key.certificate.sha256().hex()},
          {"until", key.certificate.not_after().text()},
          {"module", std::string(code_of(key.module_kind)) + " " + key.module_serial}};
}

Result<Exit> list_keys(Session& session, const KeyListOptions& options) {
  Keyholder keyholder(options.keyholder->socket);
  Json items = Json::array();
  for (const KeyDescription& key : YZ_TRY(keyholder.list())) items.push_back(describe_key(key));
  if (session.json) {
    session.print({{"items", std::move(items)}});
    return Exit::kDone;
  }
  TextTable table({"金鑰", "憑證到期", "憑證序號", "模組", "憑證主體"});
  for (const Json& item : items) {
    table.add({text_in(item, "name"), roc_time(text_in(item, "until")), text_in(item, "serial"),
               text_in(item, "module"), text_in(item, "subject")});
  }
  table.print(session.out());
  return Exit::kDone;
}

Result<Exit> renew_key(Session& session, const RenewOptions& options) {
  Keyholder keyholder(options.keyholder->socket);
  const NextKey next = YZ_TRY(keyholder.prepare(options.name, options.signer));
  make_directory(options.into);
  const std::filesystem::path folder = options.into;
  const std::string request = (folder / (next.name + ".csr")).string();
  write_durably(request, bytes_of(request_pem(next.request)), 0644);
  write_durably(request + ".p7m", next.vouched, 0644);
  if (session.json) {
    session.print({{"name", next.name}, {"request", request}, {"signed", request + ".p7m"}});
    return Exit::kDone;
  }
  session.out() << "已於金鑰服務產生 " << next.name << "\n憑證申請檔：" << request
                << "（交憑證機關）\n簽署之申請檔：" << request << ".p7m（交管理層）\n取得憑證後："
                << "yizhan key install " << options.name << " --certificate 憑證檔\n";
  return Exit::kDone;
}

Result<Exit> install_key(Session& session, const InstallOptions& options) {
  const Bytes pem = read_file(options.certificate, kCertificateBytesMax);
  const Certificate certificate = YZ_TRY(Certificate::parse_pem(text_of(pem)));
  Keyholder keyholder(options.keyholder->socket);
  const std::string name = YZ_TRY(keyholder.install(options.name, certificate));
  if (session.json) {
    session.print({{"name", name},
                   {"sha256", certificate.sha256().hex()},
                   {"until", certificate.not_after().text()}});
    return Exit::kDone;
  }
  session.out() << name << " 已可使用，至 " << roc_time(certificate.not_after().text())
                << "\n憑證 SHA-256：" << certificate.sha256().hex()
                << "\n請向管理層登錄；登錄生效後自動改用，其前仍用舊憑證。舊金鑰請保留至其登錄終止後 "
                   "32 日。\n";
  return Exit::kDone;
}

}  // namespace

void add_key_commands(CLI::App& app, Session& session) {
  CLI::App* const key = app.add_subcommand("key", "金鑰服務之金鑰與憑證換發");
  key->group("維運")->require_subcommand(1);
  const auto keyholder = std::make_shared<KeyOptions>();
  key->add_option("--socket", keyholder->socket, "金鑰服務中授予維運人員之通訊端")
      ->envname("YIZHAN_KEYHOLDER");

  auto list = add_command<KeyListOptions>(*key, "list", "可用之金鑰及其憑證");
  list.options->keyholder = keyholder;
  list.runs(session, list_keys);

  auto renew = add_command<RenewOptions>(
      *key, "renew", "於金鑰服務產生次一代金鑰，寫出憑證申請檔；重複執行為同一金鑰");
  renew.options->keyholder = keyholder;
  renew.app->add_option("name", renew.options->name, "金鑰之名稱")->required();
  renew.app->add_option("--into", renew.options->into, "申請檔之資料夾")->required();
  renew.app->add_option("--signed-by", renew.options->signer,
                        "簽署申請之金鑰；機關為 sign，交換中心為 evidence")
      ->capture_default_str();
  renew.example("  yizhan key renew encrypt --into 換發").runs(session, renew_key);

  auto install = add_command<InstallOptions>(*key, "install", "放入所核發之憑證，與舊者並用");
  install.options->keyholder = keyholder;
  install.app->add_option("name", install.options->name, "金鑰之名稱")->required();
  install.app->add_option("--certificate", install.options->certificate, "憑證檔 (PEM)")
      ->required()
      ->check(CLI::ExistingFile);
  install.example("  yizhan key install encrypt --certificate 換發/encrypt.crt")
      .runs(session, install_key);
}

}  // namespace yizhan
