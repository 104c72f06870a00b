#include "role/cli/management_commands.h"

#include "ground/files/files.h"

// What officers look at, and the signatures that they bring: docs/protocol/management.md.

namespace yizhan {

namespace {

constexpr std::size_t kStagedBytesMax = 16U << 20;

struct PlainOptions {
  SharedLineOptions line;
};

struct BoardOptions {
  SharedLineOptions line;
  bool all = false;
};

struct RoleOptions {
  SharedLineOptions line;
  std::string role;
  std::string file;
};

Result<Exit> show_status(Session& session, const PlainOptions& options) {
  Line* line = YZ_TRY(management_line(session, *options.line));
  const Json status = YZ_TRY(line->get("/v1/status"));
  const Json published = status.value("published", Json::object());
  const bool well = !published.contains("reason");
  if (session.json) {
    session.print(status);
    return well ? Exit::kDone : Exit::kRefused;
  }
  const Json directory = status.value("directory", Json::object());
  const Json served = status.value("served", Json::object());
  session.out() << "管理層  " << roc_time(text_in(status, "time")) << "\n通訊目錄第 "
                << directory.value("version", 0) << " 版，效期至 "
                << roc_time(text_in(directory, "expires")) << "\n已公布 timestamp 第 "
                << published.value("version", 0) << " 版，效期至 "
                << roc_time(text_in(published, "expires")) << "\n"
                << (is_followed(served) ? "供應" : "異常  供應")
                << shown_text(distribution_note(served)) << "\n";
  if (!well)
    session.out() << "不能公布：" << shown_text(reason_text(published.at("reason"))) << "\n";
  return well ? Exit::kDone : Exit::kRefused;
}

std::string names_in(const Json& list) {
  std::string text;
  for (const Json& name : list) {
    text += (text.empty() ? "" : "、") + shown_text(name.get<std::string>());
  }
  return text;
}

std::string state_title(const Json& line) {
  const std::string state = text_in(line, "state");
  std::string title = state == "current" ? "最新" : state == "late" ? "落後" : "未回報";
  if (line.contains("failed")) title += "，不接受新派送";
  const std::string release = text_in(line, "release");
  if (release == "newer" || release == "old") title += "，有新版程式";
  if (release == "late") title += "，程式低於最低版本";
  const Json host = line.value("host", Json::object());
  const std::string standing = text_in(host, "standing");
  if (standing == "unchecked") title += "，主機逾二日未比對";
  if (standing == "deviates") {
    title += "，主機偏離標準組態：" + names_in(host.value("which", Json::array()));
  }
  return title;
}

std::int64_t count_of(const Json& counts, const char* name) {
  return counts.value(name, std::int64_t{0});
}

// 1 when somebody is late, silent or failing.
Result<Exit> show_board(Session& session, const BoardOptions& options) {
  const std::string path = options.all ? "/v1/board" : "/v1/board?only=wanting";
  Line* line = YZ_TRY(management_line(session, *options.line));
  const Json board = YZ_TRY(line->get(path));
  std::int64_t wanting = 0;
  for (const auto& [layer, counts] : board.at("counts").items()) {
    for (const char* name : {"late", "silent", "failing", "outdated", "deviating"}) {
      wanting += count_of(counts, name);
    }
  }
  const Exit exit = wanting == 0 ? Exit::kDone : Exit::kRefused;
  if (session.json) {
    session.print(board);
    return exit;
  }
  session.out() << "通訊目錄第 " << board.at("directory").value("version", 0) << " 版（"
                << roc_time(text_in(board, "time")) << "）\n";
  for (const auto& [layer, counts] : board.at("counts").items()) {
    session.out() << (layer == "exchange" ? "交換層" : "終端層") << " " << count_of(counts, "nodes")
                  << "：落後 " << count_of(counts, "late") << "、未回報 "
                  << count_of(counts, "silent") << "、失敗 " << count_of(counts, "failing")
                  << "、程式過舊 " << count_of(counts, "outdated") << "、主機偏離 "
                  << count_of(counts, "deviating") << "\n";
  }
  TextTable table({"代碼", "名稱", "中心", "目錄版次", "程式", "回報時間（民國）", "狀態"});
  for (const Json& node : board.at("items")) {
    const bool told = node.contains("directory");
    table.add({text_in(node, "node"), shown_text(text_in(node, "name")), text_in(node, "centre"),
               told ? std::to_string(node.value("directory", 0)) : "",
               text_in(node, "running"), told ? roc_time(text_in(node, "time")) : "",
               state_title(node)});
  }
  if (!table.empty()) table.print(session.out());
  return exit;
}

Result<Exit> show_staged(Session& session, const PlainOptions& options) {
  Line* line = YZ_TRY(management_line(session, *options.line));
  const Json staged = YZ_TRY(line->get("/v1/staged"));
  if (session.json) {
    session.print(staged);
    return Exit::kDone;
  }
  TextTable table({"角色", "版次", "須", "已簽署", "未簽署"});
  for (const Json& role : staged.at("items")) {
    table.add({text_in(role, "role"), std::to_string(role.value("version", 0)),
               std::to_string(role.value("threshold", 0)),
               names_in(role.value("signed_by", Json::array())),
               names_in(role.value("missing", Json::array()))});
  }
  table.print(session.out());
  return Exit::kDone;
}

Result<Exit> fetch_staged(Session& session, const RoleOptions& options) {
  Line* line = YZ_TRY(management_line(session, *options.line));
  const Bytes file =
      YZ_TRY(line->get_bytes("/v1/staged/file?role=" + percent_encode(options.role)));
  write_durably(options.file, file, 0644);
  if (session.json) {
    session.print({{"role", options.role}, {"file", options.file}});
  } else {
    session.out() << "已寫入 " << options.file << "；請以 distribution sign 簽署後，以 "
                  << "management submit 送交。\n";
  }
  return Exit::kDone;
}

Result<Exit> submit_signed(Session& session, const RoleOptions& options) {
  const std::string path = options.role == "releases"
                               ? "/v1/staged/releases/signatures"
                               : "/v1/staged/signatures?role=" + percent_encode(options.role);
  Line* line = YZ_TRY(management_line(session, *options.line));
  const Json then = YZ_TRY(line->post_bytes(path, read_file(options.file, kStagedBytesMax)));
  if (session.json) {
    session.print(then);
    return Exit::kDone;
  }
  const Json signed_by = then.value("signed_by", Json::array());
  session.out() << "已送交 " << options.role << "：須 " << then.value("threshold", 0)
                << " 人，已簽署 " << names_in(signed_by) << "\n";
  return Exit::kDone;
}

void add_looks(CLI::App& management, Session& session, const SharedLineOptions& shared) {
  auto status =
      add_command<PlainOptions>(management, "status", "已公布之派送及其效期；異常者結束碼為 1");
  status.options->line = shared;
  status.runs(session, show_status);
  auto board = add_command<BoardOptions>(
      management, "board", "各中心與機關使用之版次：列出落後、未回報、失敗者；有此等者結束碼為 1");
  board.options->line = shared;
  board.app->add_flag("--all", board.options->all, "全部列出");
  board.example("  yizhan management board --all").runs(session, show_board);
  auto staged = add_command<PlainOptions>(management, "staged", "待簽署之變更，誰已簽署");
  staged.options->line = shared;
  staged.runs(session, show_staged);
}

void add_signing(CLI::App& management, Session& session, const SharedLineOptions& shared) {
  auto fetch =
      add_command<RoleOptions>(management, "fetch", "取得待簽署之檔案，攜往金鑰所在之主機");
  fetch.options->line = shared;
  fetch.app->add_option("role", fetch.options->role, "角色，如 directory")->required();
  fetch.app->add_option("--into", fetch.options->file, "寫入之檔案")->required();
  fetch.runs(session, fetch_staged);
  auto submit = add_command<RoleOptions>(management, "submit", "送交簽署後之檔案；人數足夠即公布");
  submit.options->line = shared;
  submit.app->add_option("role", submit.options->role, "角色，如 directory")->required();
  submit.app->add_option("file", submit.options->file, "簽署後之檔案")->required();
  submit
      .example(
          "  yizhan management fetch directory --into directory.json\n"
          "  yizhan distribution sign directory.json --key chen.key --certificate chen.crt \\\n"
          "      --passphrase-file pass\n"
          "  yizhan management submit directory directory.json")
      .runs(session, submit_signed);
}

}  // namespace

void add_management_commands(CLI::App& app, Session& session) {
  CLI::App* management =
      app.add_subcommand("management", "管理層之操作（經由其主機之通訊端，或 HTTPS）");
  management->group("管理層");
  management->require_subcommand(1);
  management->footer("範例：\n  yizhan management board\n  yizhan management staged");
  const auto shared = std::make_shared<ManagementLineOptions>();
  add_management_line_options(*management, *shared);
  add_looks(*management, session, shared);
  add_signing(*management, session, shared);
  add_management_notice_commands(*management, session, shared);
  add_management_certificate_commands(*management, session, shared);
  add_management_change_commands(*management, session, shared);
  add_management_incident_commands(*management, session, shared);
  add_management_supervision_commands(*management, session, shared);
  add_management_ground_commands(*management, session, shared);
  add_person_commands(*management, session, shared);
  add_keeping_commands(*management, session, shared);
}

}  // namespace yizhan
