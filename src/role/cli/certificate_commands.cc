#include "role/cli/management_commands.h"
#include "role/cli/text.h"

// Which registered certificates end soon, or have ended.

namespace yizhan {

namespace {

struct CertificateOptions {
  SharedLineOptions line;
  bool all = false;
};

std::string ending_title(const std::string& state) {
  if (state == "valid") return "有效";
  if (state == "ending") return "九十日內屆滿";
  return state == "expired" ? "已屆滿，停止收發" : "已屆滿逾三個月，自通訊錄移除";
}

// 1 when one has ended.
Result<Exit> show_certificates(Session& session, const CertificateOptions& options) {
  Line* line = YZ_TRY(management_line(session, *options.line));
  const Json board =
      YZ_TRY(line->get(options.all ? "/v1/certificates?all=true" : "/v1/certificates"));
  Exit exit = Exit::kDone;
  TextTable table({"代碼", "名稱", "中心", "用途", "持有者", "效期至（民國）", "狀態"});
  for (const Json& item : board.at("items")) {
    const std::string state = text_in(item, "state");
    if (state == "expired" || state == "unlisted") exit = Exit::kRefused;
    table.add({text_in(item, "node"), shown_text(text_in(item, "name")), text_in(item, "centre"),
               text_in(item, "purpose"), shown_text(text_in(item, "holder")),
               roc_time(text_in(item, "ends")), ending_title(state)});
  }
  if (session.json) {
    session.print(board);
  } else if (!table.empty()) {
    table.print(session.out());
  }
  return exit;
}

}  // namespace

void add_management_certificate_commands(CLI::App& management, Session& session,
                                         const SharedLineOptions& shared) {
  auto command = add_command<CertificateOptions>(
      management, "certificates", "九十日內屆滿及已屆滿之憑證；有已屆滿者結束碼為 1");
  command.options->line = shared;
  command.app->add_flag("--all", command.options->all, "全部列出");
  command.example("  yizhan management certificates").runs(session, show_certificates);
}

}  // namespace yizhan
