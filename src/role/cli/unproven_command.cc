#include "ground/files/files.h"
#include "model/evidence/evidence.h"
#include "role/cli/session.h"

namespace yizhan {

namespace {

struct UnprovenOptions {
  std::string into;
};

// What a centre owes is shown with the evidence that it signed: a file each, for whoever judges it.
Result<void> write_evidence(const Json& items, const std::filesystem::path& into) {
  make_directory(into);
  for (const Json& item : items) {
    const auto cms = from_base64(text_in(item, "cms"));
    const auto name = Sha256::from_hex(text_in(item, "evidence"));
    if (!cms || !name) return Refusal{Reason::kMalformed, "終端之回覆不合格式"};
    write_durably(into / (name->hex() + std::string(evidence_suffix(*cms))), *cms, 0644);
  }
  return {};
}

Result<Exit> show_unproven(Session& session, const UnprovenOptions& options) {
  const Json answer = YZ_TRY(session.terminal().get("/api/v1/unproven"));
  const Json items = answer.value("items", Json::array());
  if (!options.into.empty()) YZ_TRY(write_evidence(items, options.into));
  const Exit exit = items.empty() ? Exit::kDone : Exit::kRefused;
  if (session.json) {
    session.print(answer);
    return exit;
  }
  if (items.empty()) {
    session.out() << "沒有逾時未獲證明之證據。\n";
    return exit;
  }
  TextTable table({"證據", "種類", "訊息", "自（民國）", "原因"});
  for (const Json& item : items) {
    table.add({text_in(item, "evidence"), text_in(item, "kind"), text_in(item, "message_id"),
               roc_time(text_in(item, "since")), reason_text(item.value("reason", Json()))});
  }
  table.print(session.out());
  session.out() << "處理：請洽所屬交換中心；仍未證明者，以 --into 取出已簽署之證據，通報管理機構。\n";
  return exit;
}

}  // namespace

void add_unproven_command(CLI::App& app, Session& session) {
  auto command = add_command<UnprovenOptions>(
      app, "unproven",
      "列出交換中心逾十分鐘仍未證明載於其日誌之證據；1 表示有");
  command.app->group("證據");
  command.app->add_option("--into", command.options->into, "將已簽署之證據寫入此資料夾，一份一檔");
  command.example("  yizhan unproven --into 未證明之證據").runs(session, show_unproven);
}

}  // namespace yizhan
