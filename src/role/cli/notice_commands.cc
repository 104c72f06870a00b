#include "duty/notice/notice.h"
#include "ground/files/files.h"
#include "role/cli/centre_options.h"
#include "role/cli/management_commands.h"

// 作業系統更新通知: what officers write, what centres answer, and how it stands.

namespace yizhan {

namespace {

struct DraftOptions {
  std::int64_t number = 0;
  UpdateNotice notice;
  std::string issued;
  std::string into;
};

struct ListOptions {
  SharedCentreOptions centre;
};

struct AnswerOptions {
  SharedCentreOptions centre;
  std::string number;
  std::string planned;
  std::string done;
  std::string person;
  std::string note;
};

struct BoardOptions {
  SharedLineOptions line;
};

std::string state_title(const std::string& state) {
  for (const auto& [code, title] :
       {std::pair("unplanned", "待排定"), std::pair("late", "逾期未排定"), std::pair("planned", "已排定"),
        std::pair("overdue", "逾預定日未完成"), std::pair("done", "已完成")}) {
    if (state == code) return title;
  }
  return state;
}

bool is_wanting(const std::string& state) { return state == "late" || state == "overdue"; }

// "2026-12-05 林維運：分兩批": what was said last.
std::string answer_text(const Json& item) {
  if (!item.contains("answer")) return "";
  const Json& answer = item.at("answer");
  const std::string note = text_in(answer, "note");
  return text_in(answer, "day") + " " + shown_text(text_in(answer, "person")) +
         (note.empty() ? "" : "：" + shown_text(note));
}

Result<Exit> draft(Session& session, const DraftOptions& options) {
  UpdateNotice notice = options.notice;
  notice.number = options.number;
  const std::optional<Day> issued =
      options.issued.empty() ? day_of(SystemClock().now()) : find_day(options.issued);
  if (!issued) return Refusal{Reason::kBadRequest, "日期須如 2026-12-01：" + options.issued};
  notice.issued = *issued;
  const Bytes content = notice.json();
  // As every centre will read it: what it would refuse is not written.
  YZ_TRY(UpdateNotice::parse(notice.path(), content));
  write_durably(options.into, content, 0644);
  const WorkingCalendar calendar = YZ_TRY(WorkingCalendar::load(""));
  const Day plan_by = due_day(obligation_kinds().at(kUpdatePlan), notice.issued, calendar);
  if (session.json) {
    session.print({{"target", notice.path()},
                   {"notice", Json::parse(text_of(content))},
                   {"plan_by", text_of(plan_by)},
                   {"sha256", sha256(content).hex()}});
    return Exit::kDone;
  }
  session.out() << "更新通知第 " << notice.number << " 號：" << shown_text(notice.title)
                << "\n各交換中心須於 " << text_of(plan_by) << " 前排定更新日期\n已寫入 "
                << options.into << "\n接著：yizhan distribution add 派送資料夾 " << notice.path()
                << " " << options.into << "\n";
  return Exit::kDone;
}

// 1 when a plan or an update is late.
Result<Exit> show_received(Session& session, const ListOptions& options) {
  const Json answer =
      YZ_TRY(session.connect(options.centre->socket).get("/v1/operator/notices"));
  Exit exit = Exit::kDone;
  for (const Json& item : answer.at("items")) {
    if (is_wanting(text_in(item, "state"))) exit = Exit::kRefused;
  }
  if (session.json) {
    session.print(answer);
    return exit;
  }
  for (const Json& item : answer.at("items")) {
    const std::string said = answer_text(item);
    session.out() << "第 " << item.value("number", 0) << " 號  " << shown_text(text_in(item, "title"))
                  << "\n  狀態 " << state_title(text_in(item, "state")) << "，須於 "
                  << text_in(item, "plan_by") << " 前排定"
                  << (said.empty() ? "" : "；本中心：" + said) << "\n  漏洞 "
                  << shown_text(text_in(item, "vulnerability")) << "\n  影響 "
                  << shown_text(text_in(item, "impact")) << "\n  測試 "
                  << shown_text(text_in(item, "test")) << "\n";
  }
  return exit;
}

Result<Exit> answer(Session& session, const AnswerOptions& options) {
  if (options.planned.empty() == options.done.empty()) {
    return Refusal{Reason::kBadRequest, "請以 --planned 或 --done 擇一指明日期"};
  }
  const bool planned = !options.planned.empty();
  const std::string number =
      std::to_string(YZ_TRY(UpdateNotice::number_in("notices/" + options.number + ".json")));
  const Json then = YZ_TRY(session.connect(options.centre->socket)
                               .post("/v1/operator/notices/" + number,
                                     {{"kind", planned ? "planned" : "done"},
                                      {"day", planned ? options.planned : options.done},
                                      {"person", options.person},
                                      {"note", options.note}}));
  if (session.json) {
    session.print(then);
  } else {
    session.out() << "已簽署回覆，將送交管理層：第 " << number << " 號"
                  << state_title(text_in(then, "state")) << "，" << answer_text(then) << "\n";
  }
  return Exit::kDone;
}

// 1 when a centre's plan or update is late.
Result<Exit> show_board(Session& session, const BoardOptions& options) {
  Line* line = YZ_TRY(management_line(session, *options.line));
  const Json board = YZ_TRY(line->get("/v1/notices"));
  Exit exit = Exit::kDone;
  TextTable table({"號次", "通知", "中心", "名稱", "排定期限", "狀態", "回覆"});
  for (const Json& item : board.at("items")) {
    for (const Json& centre : item.at("centres")) {
      if (is_wanting(text_in(centre, "state"))) exit = Exit::kRefused;
      table.add({std::to_string(item.value("number", 0)), shown_text(text_in(item, "title")),
                 text_in(centre, "node"), shown_text(text_in(centre, "name")),
                 text_in(centre, "plan_by"), state_title(text_in(centre, "state")),
                 answer_text(centre)});
    }
  }
  if (session.json) {
    session.print(board);
  } else if (!table.empty()) {
    table.print(session.out());
  }
  return exit;
}

}  // namespace

void add_notice_commands(CLI::App& app, Session& session) {
  CLI::App* notice = app.add_subcommand("notice", "作業系統更新通知（離線即可使用）");
  notice->group("管理層")->require_subcommand(1);
  auto command = add_command<DraftOptions>(*notice, "draft", "擬定一則更新通知，並說明排定期限");
  DraftOptions& options = *command.options;
  CLI::App& draft_app = *command.app;
  draft_app.add_option("number", options.number, "號次，由 1 起；路徑為 notices/號次.json")
      ->required();
  draft_app.add_option("--title", options.notice.title, "標題")->required();
  draft_app.add_option("--vulnerability", options.notice.vulnerability, "所修補之漏洞")->required();
  draft_app.add_option("--impact", options.notice.impact, "對本系統運作及安全之影響")->required();
  draft_app.add_option("--test", options.notice.test, "測試結果")->required();
  draft_app.add_option("--reference", options.notice.references, "參考資料，如 CVE 編號，可重複");
  draft_app.add_option("--issued", options.issued, "發布日（如 2026-12-01）；預設為今日");
  draft_app.add_option("--into", options.into, "寫入之檔案")->required();
  command
      .example(
          "  yizhan notice draft 7 --title 'OpenSSL 修補' --vulnerability CVE-2026-0001 \\\n"
          "      --impact 無 --test 全部通過 --into 7.json")
      .runs(session, draft);
}

void add_centre_notice_commands(CLI::App& centre, Session& session,
                                const SharedCentreOptions& shared) {
  auto list = add_command<ListOptions>(
      centre, "notices", "管理層之作業系統更新通知，及本中心之回覆；逾期者結束碼為 1");
  list.options->centre = shared;
  list.runs(session, show_received);
  auto command =
      add_command<AnswerOptions>(centre, "notice", "回覆一則更新通知：預定日期，或完成日期");
  AnswerOptions& options = *command.options;
  options.centre = shared;
  command.app->add_option("number", options.number, "號次（見 notices）")->required();
  command.app->add_option("--planned", options.planned, "預定更新之日期，如 2026-12-05");
  command.app->add_option("--done", options.done, "完成更新之日期");
  command.app->add_option("--person", options.person, "辦理人員")->required();
  command.app->add_option("--note", options.note, "說明");
  command
      .example(
          "  yizhan centre notice 7 --planned 2026-12-05 --person 林維運\n"
          "  yizhan centre notice 7 --done 2026-12-05 --person 林維運 --note 二部主機均已更新")
      .runs(session, answer);
}

void add_management_notice_commands(CLI::App& management, Session& session,
                                    const SharedLineOptions& shared) {
  auto board = add_command<BoardOptions>(
      management, "notices", "各則更新通知，各中心排定及完成之情形；有逾期者結束碼為 1");
  board.options->line = shared;
  board.runs(session, show_board);
}

}  // namespace yizhan
