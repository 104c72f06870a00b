#include "model/agency/agency.h"
#include "role/cli/management_commands.h"
#include "role/cli/text.h"

// On which of the nine grounds an agency or a centre could be suspended, and by what.

namespace yizhan {

namespace {

std::string fact_text(const Json& fact) {
  const std::string kind = text_in(fact, "kind"), since = roc_time(text_in(fact, "since"));
  if (kind == "certificate") return text_in(fact, "purpose") + " 憑證於 " + since + " 屆滿";
  const std::string incident = "資安事件 " + text_in(fact, "incident") + "（第" +
                               std::to_string(fact.value("level", 0)) + "級）";
  return incident + (kind == "incident" ? "，發現於 " : "，改善報告逾期自 ") + since;
}

// What officers would write once notice was given and its time is over.
std::string draft_text(const Json& item) {
  const bool centre = text_in(item, "party").starts_with(kCentreParty);
  return "yizhan order draft suspend --as orders/號次.json " +
         std::string(centre ? "--centre " : "--agency ") + text_in(item, "code") + " --ground '" +
         text_in(item, "ground") + "' --reason 理由 --noticed 通知時間 --into 檔案";
}

// 1 when there is any.
Result<Exit> show_grounds(Session& session, const SharedLineOptions& options) {
  Line* line = YZ_TRY(management_line(session, *options));
  const Json board = YZ_TRY(line->get("/v1/grounds"));
  const Json& items = board.at("items");
  const Exit exit = items.empty() ? Exit::kDone : Exit::kRefused;
  if (session.json) {
    session.print(board);
    return exit;
  }
  for (const Json& item : items) {
    session.out() << text_in(item, "code") << "　" << shown_text(text_in(item, "name")) << "　"
                  << text_in(item, "ground") << " " << text_in(item, "words") << "\n";
    for (const Json& fact : item.at("facts")) session.out() << "  " << fact_text(fact) << "\n";
    session.out() << "  通知並限期後仍未改善者，擬令：" << draft_text(item) << "\n";
  }
  return exit;
}

}  // namespace

void add_management_ground_commands(CLI::App& management, Session& session,
                                    const SharedLineOptions& shared) {
  auto command = add_command<SharedLineOptions>(
      management, "grounds", "得中止系統服務之事由（十三）及其事實；有任一者結束碼為 1");
  *command.options = shared;
  command.example("  yizhan management grounds").runs(session, show_grounds);
}

}  // namespace yizhan
