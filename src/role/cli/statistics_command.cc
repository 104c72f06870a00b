#include <iomanip>
#include <sstream>

#include "ground/files/files.h"
#include "model/document/document.h"
#include "role/cli/session.h"

namespace yizhan {

namespace {

struct StatisticsOptions {
  std::string from;
  std::string until;
  std::string by;
  std::string csv;
};

std::string percent_text(double rate) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(1) << rate * 100 << " %";
  return text.str();
}

std::string type_text(const std::string& code) {
  const auto kind = find_document_kind(code);
  return kind ? std::string(title_of(*kind)) : code;
}

std::string mode_text(const Json& item) {
  if (!item.contains("mode")) return "";
  return text_in(item, "mode") == "paper" ? "紙本" : "電子";
}

Result<Exit> show_statistics(Session& session, const StatisticsOptions& options) {
  std::string path = "/api/v1/statistics?by=" + percent_encode(options.by);
  if (!options.from.empty()) path += "&from=" + percent_encode(options.from);
  if (!options.until.empty()) path += "&until=" + percent_encode(options.until);
  if (!options.csv.empty()) {
    write_durably(options.csv, YZ_TRY(session.terminal().get_bytes(path + "&format=csv")));
    session.out() << "已寫入 " << options.csv << "\n";
    return Exit::kDone;
  }
  const Json answer = YZ_TRY(session.terminal().get(path));
  if (session.json) {
    session.print(answer);
    return Exit::kDone;
  }
  TextTable table({"收發", "日期", "機關", "文別", "方式", "件數", "確認", "退文", "未送達", "未確認",
                   "未確認率", "紙本"});
  for (const Json& item : answer.at("items")) {
    const auto number = [&](const char* member) { return item.at(member).dump(); };
    table.add({text_in(item, "direction") == "sent" ? "發文" : "收文", text_in(item, "day"),
               text_in(item, "name"), type_text(text_in(item, "type")), mode_text(item),
               number("recipients"), number("confirmed"), number("returned"), number("ended"),
               number("unconfirmed"), percent_text(item.at("unconfirmed_rate").get<double>()),
               number("paper")});
  }
  table.print(session.out());
  return Exit::kDone;
}

}  // namespace

void add_statistics_command(CLI::App& app, Session& session) {
  auto statistics = add_command<StatisticsOptions>(app, "statistics", "收發文統計與未確認率");
  statistics.app->group("狀態");
  statistics.app->add_option("--from", statistics.options->from, "起日（西元；預設三十日前）");
  statistics.app->add_option("--until", statistics.options->until, "迄日（西元；預設今日）");
  statistics.app->add_option("--by", statistics.options->by,
                             "分列：day、agency、type、mode，以逗號分隔");
  statistics.app->add_option("--csv", statistics.options->csv, "寫入之 CSV 檔");
  statistics
      .example(
          "  yizhan statistics --by agency\n"
          "  yizhan statistics --from 2026-11-01 --until 2026-11-30 --by day,type --csv 11.csv")
      .runs(session, show_statistics);
}

}  // namespace yizhan
