#include "ground/files/files.h"
#include "role/cli/management_commands.h"

// Getting in and out of management, and one's own password.

namespace yizhan {

namespace {

struct PlainOptions {
  SharedLineOptions line;
};

struct LogInOptions {
  SharedLineOptions line;
  std::string name;
  std::string password_file;
  std::string code;
  OfficerKeyOptions card;
};

struct PasswordOptions {
  SharedLineOptions line;
  std::string old_file;
  std::string new_file;
  std::string recovery_file;
};

std::string shown(const SecretBytes& secret) { return std::string(text_of(secret.view())); }

Exit tell(const Session& session, const Json& answer, const std::string& words) {
  if (session.json) {
    session.print(answer);
  } else {
    session.out() << words << "\n";
  }
  return Exit::kDone;
}

// The token goes into a file that only its owner reads, and nowhere else.
Exit keep_session(const Session& session, const LogInOptions& options, const Json& opened) {
  write_durably(options.line->token_file, bytes_of(text_in(opened, "token")));
  const Json account = opened.value("account", Json::object());
  return tell(session, {{"account", account}, {"until", text_in(opened, "until")}},
              "已登入：" + shown_text(text_in(account, "person")) + "（" +
                  text_in(account, "name") + "），至遲於 " + roc_time(text_in(opened, "until")) +
                  " 失效");
}

Result<Exit> log_in(Session& session, const LogInOptions& options) {
  if (options.line->token_file.empty()) {
    return Refusal{Reason::kBadRequest, "請以 --token-file 指明保存憑據之檔案"};
  }
  if (!options.card.key.empty()) {
    const SoftwareKey card = YZ_TRY(read_officer_key(options.card));
    Line* line = YZ_TRY(management_line(session, *options.line, &card));
    const Json opened = YZ_TRY(line->post("/v1/session/certificate", Json::object()));
    return keep_session(session, options, opened);
  }
  if (options.name.empty() || options.password_file.empty() || options.code.empty()) {
    return Refusal{Reason::kBadRequest, "請指明帳號、--password-file 及 --code，或以憑證登入"};
  }
  const SecretBytes password = read_secret(options.password_file);
  Line* line = YZ_TRY(management_line(session, *options.line));
  const Json body = {{"name", options.name}, {"password", shown(password)}, {"code", options.code}};
  const Json opened = YZ_TRY(line->post("/v1/session", body));
  return keep_session(session, options, opened);
}

Result<Exit> log_out(Session& session, const PlainOptions& options) {
  Line* line = YZ_TRY(management_line(session, *options.line));
  const Json answer = YZ_TRY(line->remove("/v1/session"));
  remove_file_durably(options.line->token_file);
  return tell(session, answer, "已登出。");
}

Result<Exit> who_am_i(Session& session, const PlainOptions& options) {
  Line* line = YZ_TRY(management_line(session, *options.line));
  const Json answer = YZ_TRY(line->get("/v1/session"));
  const Json account = answer.value("account", Json::object());
  std::string words = shown_text(text_in(account, "person")) + "（" + text_in(account, "name") +
                      "）範圍「" + text_in(account, "scope") + "」角色";
  for (const Json& role : account.value("roles", Json::array())) {
    words += " " + role.get<std::string>();
  }
  return tell(session, answer, words);
}

Result<Exit> change_password(Session& session, const PasswordOptions& options) {
  const SecretBytes before = read_secret(options.old_file), next = read_secret(options.new_file);
  Line* line = YZ_TRY(management_line(session, *options.line));
  const Json answer = YZ_TRY(
      line->post("/v1/password", {{"old_password", shown(before)}, {"new_password", shown(next)}}));
  return tell(session, answer, "密碼已變更；請重新登入。");
}

Result<Exit> recover(Session& session, const PasswordOptions& options) {
  const SecretBytes token = read_secret(options.recovery_file),
                    next = read_secret(options.new_file);
  Line* line = YZ_TRY(management_line(session, *options.line));
  const Json answer =
      YZ_TRY(line->post("/v1/recovery", {{"token", shown(token)}, {"new_password", shown(next)}}));
  return tell(session, answer,
              "密碼已設定。請將下列位址加入驗證碼程式；僅顯示這一次：\n" +
                  text_in(answer, "authenticator"));
}

void add_log_in(CLI::App& management, Session& session, const SharedLineOptions& shared) {
  auto command =
      add_command<LogInOptions>(management, "login", "登入：帳號、密碼及驗證碼；或以憑證");
  LogInOptions& options = *command.options;
  options.line = shared;
  command.app->add_option("name", options.name, "帳號名稱");
  command.app->add_option("--password-file", options.password_file, "密碼檔");
  command.app->add_option("--code", options.code, "驗證碼程式所示之六位數");
  command.app->add_option("--key", options.card.key, "以憑證登入：私密金鑰（加密之 PEM）");
  command.app->add_option("--certificate", options.card.certificate, "憑證（PEM）");
  command.app->add_option("--passphrase-file", options.card.passphrase_file, "金鑰之密碼檔");
  command
      .example(
          "  yizhan management --token-file ~/.yizhan login chen --password-file pass "
          "--code 123456")
      .runs(session, log_in);
}

}  // namespace

void add_person_commands(CLI::App& management, Session& session, const SharedLineOptions& shared) {
  add_log_in(management, session, shared);
  auto out = add_command<PlainOptions>(management, "logout", "登出");
  out.options->line = shared;
  out.runs(session, log_out);
  auto who = add_command<PlainOptions>(management, "whoami", "目前登入之帳號及其角色");
  who.options->line = shared;
  who.runs(session, who_am_i);
  auto password =
      add_command<PasswordOptions>(management, "password", "變更密碼；所有登入隨即失效");
  password.options->line = shared;
  password.app->add_option("--old-file", password.options->old_file, "現用密碼檔")->required();
  password.app->add_option("--new-file", password.options->new_file, "新密碼檔")->required();
  password.runs(session, change_password);
  auto renewal = add_command<PasswordOptions>(management, "recover",
                                              "以管理者核發之復原碼設定密碼及驗證碼（新帳號亦同）");
  renewal.options->line = shared;
  renewal.app->add_option("--recovery-file", renewal.options->recovery_file, "復原碼檔")
      ->required();
  renewal.app->add_option("--new-file", renewal.options->new_file, "新密碼檔")->required();
  renewal.runs(session, recover);
}

}  // namespace yizhan
