#include "role/cli/cli.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "role/cli/distribution_commands.h"

namespace yizhan {

namespace {

constexpr const char* kAbout =
    "驛站：公文電子交換之命令列程式\n"
    "發文、收文、查詢經由本機終端；"
    "validate、render、verify、audit-log、account、enrol、directory、distribution 離線即可使用。";

constexpr const char* kExamples =
    "範例：\n"
    "  yizhan send 1150001234.di --wait      發文並等候各受文者之結果\n"
    "  yizhan inbox --state received         尚待確認之收文\n"
    "  yizhan status ID                      一件公文之狀態、原因與處理方式\n"
    "  yizhan verify 匯出資料夾 --trust DIR  離線驗證一件公文及其證據\n"
    "結束碼：0 完成、1 不受理或無效、2 用法錯誤（verify：信任起點不明）、3 無法連線";

void set_words(CLI::App& app) {
  const auto words = std::make_shared<CLI::Formatter>();
  for (const auto& [label, word] :
       {std::pair("Usage", "用法"), std::pair("OPTIONS", "選項"), std::pair("SUBCOMMAND", "指令"),
        std::pair("SUBCOMMANDS", "指令"), std::pair("Positionals", "引數"),
        std::pair("Options", "選項"), std::pair("REQUIRED", "必要"), std::pair("Env", "環境變數"),
        std::pair("Needs", "須併用"), std::pair("Excludes", "不得併用")}) {
    words->label(label, word);
  }
  words->column_width(34);
  app.formatter(words);
  app.option_defaults()->group("選項");
  app.set_help_flag("-h,--help", "顯示說明");
  app.set_version_flag("--version", "yizhan " YIZHAN_VERSION, "顯示版本");
  app.failure_message([](const CLI::App*, const CLI::Error& error) {
    return std::string("用法錯誤：") + error.what() + "\n以 --help 查看說明。\n";
  });
}

// A command takes its help option over before it knows our heading.
void group_help(CLI::App& app) {
  app.get_help_ptr()->group("選項");
  for (CLI::App* command : app.get_subcommands({})) group_help(*command);
}

void add_commands(CLI::App& app, Session& session) {
  app.add_flag("--json", session.json, "以 JSON 輸出，供程式使用");
  app.add_option("--terminal", session.terminal_socket, "終端之 Unix 通訊端")
      ->envname("YIZHAN_TERMINAL")
      ->capture_default_str();
  app.require_subcommand(1);
  app.fallthrough();
  add_send_command(app, session);
  add_outbox_commands(app, session);
  add_worklist_commands(app, session);
  add_statistics_command(app, session);
  add_inbox_commands(app, session);
  add_export_commands(app, session);
  add_verify_command(app, session);
  add_audit_command(app, session);
  add_unproven_command(app, session);
  add_account_command(app, session);
  add_document_commands(app, session);
  add_group_commands(app, session);
  add_service_commands(app, session);
  add_centre_commands(app, session);
  add_key_commands(app, session);
  add_management_commands(app, session);
  add_distribution_commands(app, session);
  add_address_commands(app, session);
  add_notice_commands(app, session);
  add_release_commands(app, session);
  add_baseline_commands(app, session);
  add_order_commands(app, session);
  add_enrol_commands(app, session);
  add_directory_commands(app, session);
  group_help(app);
}

Exit act(const Session& session) {
  try {
    const Result<Exit> done = session.action();
    if (done) return *done;
    session.explain(done.refusal());
    return Exit::kRefused;
  } catch (const NotReachable& accident) {
    session.explain({Reason::kUnavailable, accident.what()});
    return Exit::kNotReachable;
  }
}

// Reading may have stopped before it came to the option.
bool wants_json(const std::vector<std::string>& arguments) {
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  return std::find(arguments.begin(), end, "--json") != end;
}

// Help and version are no error: CLI11 answers 0 for them.
Exit answer_wrong_use(const Session& session, const CLI::App& app, const CLI::ParseError& error) {
  const bool help = error.get_exit_code() == 0;
  if (!help && session.json) {
    session.explain({Reason::kBadRequest, std::string(error.what()) + "；以 --help 查看用法"});
    return Exit::kWrongUse;
  }
  app.exit(error, session.out(), session.err());
  return help ? Exit::kDone : Exit::kWrongUse;
}

Exit answer_accident(const Session& session, const std::exception& accident) {
  if (session.json) {
    session.explain({Reason::kInternal, accident.what()});
  } else {
    session.err() << "發生意外：" << accident.what() << "\n";
  }
  return Exit::kRefused;
}

}  // namespace

int run_cli(std::vector<std::string> arguments, const CliStreams& streams) {
  Session session(streams);
  session.json = wants_json(arguments);
  CLI::App app(kAbout, "yizhan");
  app.footer(kExamples);
  set_words(app);
  add_commands(app, session);
  try {
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    app.parse(std::move(arguments));
    return static_cast<int>(act(session));
  } catch (const CLI::ParseError& error) {
    return static_cast<int>(answer_wrong_use(session, app, error));
  } catch (const std::exception& accident) {
    return static_cast<int>(answer_accident(session, accident));
  }
}

int run_cli(int count, char** arguments) {
  return run_cli(std::vector<std::string>(arguments + 1, arguments + count),
                 {std::cout, std::cerr, ::isatty(STDERR_FILENO) == 1});
}

}  // namespace yizhan
