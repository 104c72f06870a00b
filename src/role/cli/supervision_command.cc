#include "role/cli/management_commands.h"
#include "role/cli/text.h"

// What is owed and late, by who answers for it.

namespace yizhan {

namespace {

struct SupervisionOptions {
  SharedLineOptions line;
  std::string under;
  std::string since;
};

std::string path_of(const SupervisionOptions& options) {
  std::string query;
  const auto add = [&](const char* name, const std::string& value) {
    if (value.empty()) return;
    query += (query.empty() ? "?" : "&") + std::string(name) + "=" + percent_encode(value);
  };
  add("under", options.under);
  add("since", options.since);
  return "/v1/supervision" + query;
}

std::string layers_title(const Json& layers) {
  std::string title;
  for (const Json& layer : layers) {
    const std::string code = layer.get<std::string>();
    title += title.empty() ? "" : "、";
    title += code == "management" ? "管理層" : code == "exchange" ? "交換層" : "終端層";
  }
  return title;
}

// "3（1）": of all below, and of those its own.
std::string count_text(const Json& item, const char* name) {
  return std::to_string(item.at("all").value(name, 0)) + "（" +
         std::to_string(item.at("own").value(name, 0)) + "）";
}

// The agency's or centre's code alone.
std::string code_in(const std::string& party) { return party.substr(party.find('/') + 1); }

void print_items(std::ostream& out, const Json& items) {
  TextTable table({"代碼", "名稱", "層級", "督導者", "未屆期", "逾期", "如期完成", "逾期完成"});
  for (const Json& item : items) {
    table.add({text_in(item, "code"), shown_text(text_in(item, "name")),
               layers_title(item.at("layers")), code_in(text_in(item, "supervisor")),
               count_text(item, "due"), count_text(item, "late"), count_text(item, "done"),
               count_text(item, "done_late")});
  }
  if (!table.empty()) table.print(out);
}

void print_late(std::ostream& out, const Json& late) {
  TextTable table({"逾期事項", "應辦者", "對象", "期限（民國）", "已告知"});
  for (const Json& one : late) {
    table.add({text_in(one, "kind"), code_in(text_in(one, "owner")),
               shown_text(text_in(one, "subject")), roc_time(text_in(one, "due")),
               code_in(text_in(one, "escalated_to"))});
  }
  if (!table.empty()) table.print(out);
}

// 1 when something is late.
Result<Exit> show_supervision(Session& session, const SupervisionOptions& options) {
  Line* line = YZ_TRY(management_line(session, *options.line));
  const Json board = YZ_TRY(line->get(path_of(options)));
  const Exit exit = board.at("late").empty() ? Exit::kDone : Exit::kRefused;
  if (session.json) {
    session.print(board);
    return exit;
  }
  const Json& total = board.at("total");
  session.out() << "應辦事項（" << roc_time(text_in(board, "time")) << "）：未屆期 "
                << total.value("due", 0) << "、逾期 " << total.value("late", 0) << "、如期完成 "
                << total.value("done", 0) << "、逾期完成 " << total.value("done_late", 0)
                << "；下列為含所屬者，括弧內為本身\n";
  print_items(session.out(), board.at("items"));
  print_late(session.out(), board.at("late"));
  return exit;
}

}  // namespace

void add_management_supervision_commands(CLI::App& management, Session& session,
                                         const SharedLineOptions& shared) {
  auto command = add_command<SupervisionOptions>(
      management, "supervision", "應辦事項及其督導：各機關與中心含所屬之統計；有逾期者結束碼為 1");
  command.options->line = shared;
  command.app->add_option("--under", command.options->under, "限此機關或中心及其所屬");
  command.app->add_option("--since", command.options->since,
                          "統計自何日起屆期者，如 2026-01-01；預設為全部");
  command.example("  yizhan management supervision --under A01000000A")
      .runs(session, show_supervision);
}

}  // namespace yizhan
