#include "role/cli/session.h"

namespace yizhan {

namespace {

struct WorklistOptions {
  std::string day;
  int limit = 200;
};

struct PaperOptions {
  std::string since;
  int limit = 200;
};

struct FollowUpOptions {
  std::string id;
  std::string recipient;
  std::string kind;
  std::string note;
  std::string person;
};

// The last thing that was done about this recipient.
std::string last_follow_up(const Json& item) {
  std::string last;
  for (const Json& each : item.value("follow_ups", Json::array())) {
    if (code_in(each) != code_in(item)) continue;
    last = roc_time(text_in(each, "done")) + " " + text_in(each, "kind_title");
    if (const std::string note = text_in(each, "note"); !note.empty()) last += "：" + note;
  }
  return last;
}

Result<Exit> show_worklist(Session& session, const WorklistOptions& options) {
  std::string path = "/api/v1/worklist?limit=" + std::to_string(options.limit);
  if (!options.day.empty()) path += "&day=" + percent_encode(options.day);
  const Json answer = YZ_TRY(session.terminal().get(path));
  if (session.json) {
    session.print(answer);
    return Exit::kDone;
  }
  if (!answer.value("calendar_known", true)) {
    session.err() << "沒有該年之辦公日曆表，暫以週一至週五為工作日；請將人事行政總處公布之 CSV 放入設定之 "
                     "working_days 資料夾。\n";
  }
  print_certificates(session.err(), answer.value("certificates", Json::array()));
  TextTable table({"公文", "字號", "受文者", "代碼", "狀態", "應查核日", "原因與處理", "追蹤"});
  for (const Json& item : answer.at("items")) {
    std::string state = text_in(item, "state_title");
    if (item.value("expires_soon", false)) state += "（即將逾期）";
    table.add({text_in(item, "document_id"), text_in(item, "number"), text_in(item, "name"),
               code_in(item), state, text_in(item, "due"),
               reason_text(item.value("reason", Json())), last_follow_up(item)});
  }
  table.print(session.out());
  session.out() << "處理：再發 send --resend-of、電話或紙本或不再追蹤 follow-up、停止 withdraw。\n";
  return Exit::kDone;
}

Result<Exit> show_paper(Session& session, const PaperOptions& options) {
  std::string path = "/api/v1/paper?limit=" + std::to_string(options.limit);
  if (!options.since.empty()) path += "&since=" + percent_encode(options.since);
  const Json answer = YZ_TRY(session.terminal().get(path));
  if (session.json) {
    session.print(answer);
    return Exit::kDone;
  }
  TextTable table({"公文", "字號", "主旨", "受文者", "代碼", "本別", "緣由", "註記"});
  for (const Json& item : answer.at("items")) {
    table.add({text_in(item, "document_id"), text_in(item, "number"), text_in(item, "subject"),
               text_in(item, "name"), code_in(item), copy_title(text_in(item, "copy_kind")),
               text_in(item, "cause_title"), text_in(item, "mark")});
  }
  table.print(session.out());
  return Exit::kDone;
}

Result<Exit> follow_up(Session& session, const FollowUpOptions& options) {
  const std::string id = YZ_TRY(path_id(options.id));
  Json wish = {{"kind", options.kind}, {"note", options.note}};
  put_recipient(wish, options.recipient);
  if (!options.person.empty()) wish["person"] = options.person;
  const Json answer =
      YZ_TRY(session.terminal().post("/api/v1/documents/" + id + "/follow-ups", wish));
  if (session.json) {
    session.print(answer);
    return Exit::kDone;
  }
  for (const Json& item : answer.at("items")) {
    session.out() << "已登錄 " << code_in(item) << " " << text_in(item, "kind_title") << "（"
                  << roc_time(text_in(item, "done")) << "）\n";
  }
  return Exit::kDone;
}

}  // namespace

void add_worklist_commands(CLI::App& app, Session& session) {
  auto worklist = add_command<WorklistOptions>(
      app, "worklist", "次日查核清單：至次一工作日仍無收文確認、尚未處理之受文者");
  worklist.app->group("發文");
  worklist.app->add_option("--day", worklist.options->day, "哪一日（西元 YYYY-MM-DD；預設今日）");
  worklist.app->add_option("--limit", worklist.options->limit, "至多幾件")
      ->check(CLI::Range(1, 200));
  worklist.example("  yizhan worklist\n  yizhan worklist --day 2026-12-01")
      .runs(session, show_worklist);

  auto note = add_command<FollowUpOptions>(app, "follow-up", "登錄對未確認受文者所作之處理");
  note.app->group("發文");
  note.app->add_option("id", note.options->id, "公文識別碼")->required();
  note.app->add_option("--recipient", note.options->recipient, "受文者（機關代碼 10 碼，或加單位代碼 7 碼）")
      ->required();
  note.app->add_option("--kind", note.options->kind,
                       "phoned 已電話聯絡（次一工作日再列）、paper 已改寄紙本、stopped 不再追蹤")
      ->required();
  note.app->add_option("--note", note.options->note, "說明");
  note.app->add_option("--person", note.options->person, "辦理人員；不填用終端之設定");
  note.example(
          "  yizhan follow-up 0198… --recipient T37600000B --kind phoned --note 承辦人出差\n"
          "  yizhan follow-up 0198… --recipient T37600000B --kind paper")
      .runs(session, follow_up);

  auto paper = add_command<PaperOptions>(app, "paper-list", "紙本受文者：緣由，及紙本上應加之註記");
  paper.app->group("發文");
  paper.app->add_option("--since", paper.options->since, "自哪一日起（西元；預設七日前）");
  paper.app->add_option("--limit", paper.options->limit, "至多幾件")->check(CLI::Range(1, 200));
  paper.example("  yizhan paper-list --since 2026-12-01").runs(session, show_paper);
}

}  // namespace yizhan
