#include "ground/files/files.h"
#include "role/cli/management_commands.h"

// What administrators do with the accounts of management.

namespace yizhan {

namespace {

constexpr std::size_t kCertificateBytesMax = 64U << 10;

struct ListOptions {
  SharedLineOptions line;
};

struct KeepOptions {
  SharedLineOptions line;
  std::string name;
  std::string person;
  std::string scope;
  std::vector<std::string> roles;
  std::string certificate;
  std::string into;
  bool remove = false;
};

std::string path_of(const KeepOptions& options, const std::string& below) {
  return "/v1/accounts/" + percent_encode(options.name) + below;
}

Exit tell(const Session& session, const Json& answer, const std::string& words) {
  if (session.json) {
    session.print(answer);
  } else {
    session.out() << words << "\n";
  }
  return Exit::kDone;
}

std::string joined_roles(const Json& account) {
  std::string text;
  for (const Json& role : account.value("roles", Json::array())) {
    text += (text.empty() ? "" : ",") + role.get<std::string>();
  }
  return text;
}

// To be handed to its owner: in a file that only we read, never on the screen.
Exit keep_recovery(const Session& session, const KeepOptions& options, Json answer) {
  write_durably(options.into, bytes_of(text_in(answer, "recovery")));
  answer.erase("recovery");
  answer["file"] = options.into;
  return tell(session, answer,
              "復原碼已寫入 " + options.into + "；請親交 " + options.name +
                  "，以 management recover 設定密碼及驗證碼");
}

Result<Exit> list_accounts(Session& session, const ListOptions& options) {
  Line* line = YZ_TRY(management_line(session, *options.line));
  const Json answer = YZ_TRY(line->get("/v1/accounts"));
  if (session.json) {
    session.print(answer);
    return Exit::kDone;
  }
  TextTable table({"帳號", "使用人", "範圍", "角色", "停用（民國）"});
  for (const Json& account : answer.at("items")) {
    table.add({text_in(account, "name"), shown_text(text_in(account, "person")),
               shown_text(text_in(account, "scope")), joined_roles(account),
               account.contains("closed") ? roc_time(text_in(account, "closed")) : ""});
  }
  table.print(session.out());
  return Exit::kDone;
}

Result<Exit> open_account(Session& session, const KeepOptions& options) {
  Line* line = YZ_TRY(management_line(session, *options.line));
  Json answer = YZ_TRY(line->post("/v1/accounts", {{"name", options.name},
                                                   {"person", options.person},
                                                   {"scope", options.scope},
                                                   {"roles", options.roles}}));
  return keep_recovery(session, options, std::move(answer));
}

Result<Exit> give_recovery(Session& session, const KeepOptions& options) {
  Line* line = YZ_TRY(management_line(session, *options.line));
  Json answer = YZ_TRY(line->post(path_of(options, "/recovery"), Json::object()));
  return keep_recovery(session, options, std::move(answer));
}

Result<Exit> change_roles(Session& session, const KeepOptions& options) {
  Line* line = YZ_TRY(management_line(session, *options.line));
  const Json answer = YZ_TRY(line->put(path_of(options, "/roles"), {{"roles", options.roles}}));
  return tell(
      session, answer,
      options.name + " 之角色已改為 " + joined_roles(answer.value("account", Json::object())));
}

Result<Exit> close_account(Session& session, const KeepOptions& options) {
  Line* line = YZ_TRY(management_line(session, *options.line));
  const Json answer = YZ_TRY(line->post(path_of(options, "/closing"), Json::object()));
  return tell(session, answer, options.name + " 已停用；此名稱不再使用");
}

Result<Exit> change_certificate(Session& session, const KeepOptions& options) {
  const Bytes pem = read_file(options.certificate, kCertificateBytesMax);
  const Certificate certificate = YZ_TRY(Certificate::parse_pem(text_of(pem)));
  const std::string path = path_of(options, "/certificates/" + certificate.sha256().hex());
  Line* line = YZ_TRY(management_line(session, *options.line));
  const Json answer = YZ_TRY(options.remove ? line->remove(path) : line->put(path, Json::object()));
  return tell(session, answer,
              options.name + (options.remove ? " 已撤銷憑證 " : " 已登錄憑證 ") +
                  shown_text(certificate.subject()));
}

Command<KeepOptions> add_keeping(CLI::App& account, const SharedLineOptions& shared,
                                 const std::string& name, const std::string& what) {
  auto command = add_command<KeepOptions>(account, name, what);
  command.options->line = shared;
  command.app->add_option("name", command.options->name, "帳號名稱")->required();
  return command;
}

void add_into(const Command<KeepOptions>& command) {
  command.app->add_option("--into", command.options->into, "寫入復原碼之檔案")->required();
}

void add_roles(const Command<KeepOptions>& command) {
  command.app->add_option("--role", command.options->roles, "角色，可重複")->required();
}

}  // namespace

void add_keeping_commands(CLI::App& management, Session& session, const SharedLineOptions& shared) {
  CLI::App* account = management.add_subcommand("account", "人員帳號（管理者）");
  account->require_subcommand(1);
  auto list = add_command<ListOptions>(*account, "list", "您管理之帳號");
  list.options->line = shared;
  list.runs(session, list_accounts);
  auto open = add_keeping(*account, shared, "open", "開立帳號，並產生復原碼供其設定密碼");
  open.app->add_option("--person", open.options->person, "使用人姓名")->required();
  open.app->add_option("--scope", open.options->scope, "範圍：中心或機關代碼；未指明為全部");
  add_roles(open);
  add_into(open);
  open.example(
          "  yizhan management account open chen --person 陳小明 --role management_officer \\\n"
          "      --into chen.recovery")
      .runs(session, open_account);
  auto roles = add_keeping(*account, shared, "roles", "更改角色；下一個請求起生效");
  add_roles(roles);
  roles.runs(session, change_roles);
  add_keeping(*account, shared, "close", "停用帳號，不可回復").runs(session, close_account);
  auto recovery = add_keeping(*account, shared, "recovery", "核發復原碼");
  add_into(recovery);
  recovery.runs(session, give_recovery);
  auto certificate = add_keeping(*account, shared, "certificate", "登錄或撤銷登入用之憑證");
  certificate.app->add_option("--certificate", certificate.options->certificate, "憑證（PEM）")
      ->required();
  certificate.app->add_flag("--remove", certificate.options->remove, "撤銷");
  certificate.runs(session, change_certificate);
}

}  // namespace yizhan
