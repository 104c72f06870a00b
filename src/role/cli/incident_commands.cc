#include "duty/incident/incident.h"
#include "role/cli/centre_options.h"
#include "role/cli/management_commands.h"

// 資安事件: what a centre found and did, and how management follows it.

namespace yizhan {

namespace {

struct ImpactOptions {
  int confidentiality = 0;  // 0: not asked for
  int integrity = 0;
  int availability = 0;

  [[nodiscard]] bool any() const { return confidentiality + integrity + availability > 0; }
  [[nodiscard]] Json body() const {
    return {{"confidentiality", confidentiality},
            {"integrity", integrity},
            {"availability", availability}};
  }
};

struct CentreLook {
  SharedCentreOptions centre;
};

struct CentreWord {
  SharedCentreOptions centre;
  std::string incident;
  ImpactOptions impact;
  std::string control;
  std::string improve;
  std::string person;
};

struct ManagementLook {
  SharedLineOptions line;
};

struct ManagementWord {
  SharedLineOptions line;
  std::string centre;
  std::string incident;
  ImpactOptions impact;
  std::string note;
  bool close = false;
  std::string confirm;  // the digest of what was seen
};

std::string state_title(const std::string& state) {
  for (const auto& [code, title] :
       {std::pair("open", "待通報"), std::pair("reported", "已通報"),
        std::pair("controlled", "已控制"), std::pair("improved", "已改善"),
        std::pair("closed", "已結案")}) {
    if (state == code) return title;
  }
  return state;
}

std::string clock_title(const std::string& kind) {
  for (const auto& [code, title] :
       {std::pair("incident_report", "通報"), std::pair("incident_review", "審核"),
        std::pair("incident_review_grave", "審核（三、四級）"),
        std::pair("incident_control", "控制"),
        std::pair("incident_control_grave", "控制（三、四級）"),
        std::pair("incident_improvement", "改善報告"), std::pair("report", "通報"),
        std::pair("control", "控制"), std::pair("improvement", "改善報告")}) {
    if (kind == code) return title;
  }
  return kind;
}

std::string level_text(const Json& item) {
  const std::string level = std::to_string(item.value("level", 0)) + " 級";
  return text_in(item, "assessed_by").empty() ? level + "（待評定）" : level;
}

// "通報、控制": whose time is over, and which are not done.
std::string late_text(const Json& item) {
  std::string text;
  for (const Json& kind : item.value("late", Json::array())) {
    text += (text.empty() ? "" : "、") + clock_title(kind.get<std::string>());
  }
  return text;
}

void print_source(std::ostream& out, const Json& item) {
  if (!item.contains("sender")) return;
  out << "  來源 " << shown_text(text_in(item, "sender")) << "，位址 "
      << shown_text(text_in(item, "address"));
  const std::string from = text_in(item, "from_centre");
  if (!from.empty()) out << "（" << from << " 移交）";
  if (!item.contains("message")) {
    out << "，發文前即已阻絕\n  憑證 " << text_in(item, "certificate") << "\n  公文 "
        << text_in(item, "document") << "\n";
    return;
  }
  out << "，" << roc_time(text_in(item, "submitted")) << " 送達\n  憑證 "
      << text_in(item, "certificate") << "\n  訊息 " << text_in(item, "message") << "，公文 "
      << text_in(item, "document") << "\n";
  const std::string told = text_in(item, "source_told");
  out << "  來源機關"
      << (told.empty() ? "之通知（暫停處理之證據）尚未公布"
                       : "已於 " + roc_time(told) + " 獲知原因")
      << "\n";
}

// Who has to be called back.
void print_spread(std::ostream& out, const Json& item) {
  out << "  未送達 " << item.value("stopped", 0) << " 個受文者；應追回 " << item.value("holding", 0)
      << " 個\n";
  for (const Json& holder : item.value("holders", Json::array())) {
    const std::string centre = text_in(holder, "centre");
    out << "    " << text_in(holder, "recipient") << text_in(holder, "unit") << "  "
        << text_in(holder, "state") << "  " << roc_time(text_in(holder, "since"))
        << (centre.empty() ? "" : "  由 " + centre + " 複掃")
        << (holder.contains("finding") ? "  其終端偵測到惡意程式，證據 " + text_in(holder, "finding")
                                       : "")
        << "\n";
  }
}

// What to answer, where nobody has judged yet.
void print_questions(std::ostream& out, const Json& item) {
  if (!text_in(item, "assessed_by").empty() || text_in(item, "state") == "closed") return;
  out << "  等級由程式暫定，請評定（取三項之最高者）：\n";
  for (const ImpactQuestion& question : impact_questions()) {
    out << "    " << question.title << "（--" << question.name << "）\n";
    for (std::size_t i = 0; i < question.answers.size(); ++i) {
      out << "      " << i + 1 << "  " << question.answers.at(i) << "\n";
    }
  }
}

void print_words(std::ostream& out, const Json& item) {
  for (const auto& [name, title] :
       {std::pair("control", "控制"), std::pair("improvement", "改善")}) {
    const std::string text = text_in(item, name);
    if (!text.empty()) out << "  " << title << "：" << shown_text(text) << "\n";
  }
  if (item.contains("review")) {
    const Json& review = item.at("review");
    out << "  管理層審核：" << review.value("level", 0) << " 級，"
        << shown_text(text_in(review, "by")) << "：" << shown_text(text_in(review, "note")) << "\n";
  }
  if (item.contains("ground")) out << "  得依" << text_in(item, "ground") << "中止服務\n";
  for (const Json& clock : item.value("clocks", Json::array())) {
    out << "  " << clock_title(text_in(clock, "kind")) << "期限 " << roc_time(text_in(clock, "due"))
        << (clock.value("done", false) ? "，已辦" : "")
        << (clock.value("late", false) ? "，逾期" : "") << "\n";
  }
  if (item.contains("closing")) {
    out << "  " << shown_text(text_in(item.at("closing"), "proposed_by"))
        << " 提議結案；另一人核定：--confirm " << text_in(item.at("closing"), "digest") << "\n";
  }
}

void print_one(std::ostream& out, const Json& item) {
  out << text_in(item, "incident") << "  " << shown_text(text_in(item, "found")) << "（"
      << shown_text(text_in(item, "detail")) << "）\n  " << roc_time(text_in(item, "detected"))
      << " 偵測，" << level_text(item) << "，" << state_title(text_in(item, "state")) << "\n";
  print_source(out, item);
  print_spread(out, item);
  for (const char* name : {"report", "control", "improvement"}) {
    const std::string due = text_in(item, (std::string(name) + "_by").c_str());
    if (!due.empty()) out << "  " << clock_title(name) << "期限 " << roc_time(due) << "\n";
  }
  print_words(out, item);
  if (item.contains("report_by") && item.contains("message")) {
    out << "  隔離之公文：一位承辦人員中止，或兩位放行（yizhan centre decide "
        << text_in(item, "message") << "）\n";
  }
  const std::string late = late_text(item);
  if (!late.empty()) out << "  逾期：" << late << "\n";
  print_questions(out, item);
}

// 1 when a clock has run out.
Result<Exit> show_list(Session& session, const Json& all) {
  Exit exit = Exit::kDone;
  TextTable table(
      {"事件", "中心", "偵測（民國）", "發現", "來源機關", "等級", "狀態", "應追回", "逾期"});
  for (const Json& item : all.at("items")) {
    const std::string late = late_text(item);
    if (!late.empty()) exit = Exit::kRefused;
    table.add({text_in(item, "incident"), text_in(item, "centre"),
               roc_time(text_in(item, "detected")), shown_text(text_in(item, "found")),
               text_in(item, "sender"), level_text(item), state_title(text_in(item, "state")),
               std::to_string(item.value("holding", 0)), late});
  }
  if (session.json) {
    session.print(all);
  } else if (!table.empty()) {
    table.print(session.out());
  }
  return exit;
}

Result<Json> one_of(const Json& all, const std::string& centre, const std::string& incident) {
  for (const Json& item : all.at("items")) {
    const bool same = centre.empty() || text_in(item, "centre") == centre;
    if (same && text_in(item, "incident") == incident) return item;
  }
  return Refusal{Reason::kNotFound, "沒有此資安事件：" + incident};
}

Exit show_one(Session& session, const Json& item) {
  if (session.json) {
    session.print(item);
  } else {
    print_one(session.out(), item);
  }
  return Exit::kDone;
}

Result<Exit> show_found(Session& session, const CentreLook& options) {
  const Json all = YZ_TRY(session.connect(options.centre->socket).get("/v1/operator/incidents"));
  return show_list(session, all);
}

Result<Exit> tell(Session& session, const CentreWord& options) {
  Line& line = session.connect(options.centre->socket);
  const int words = static_cast<int>(options.impact.any()) +
                    static_cast<int>(!options.control.empty()) +
                    static_cast<int>(!options.improve.empty());
  if (words > 1) {
    return Refusal{Reason::kBadRequest, "請就等級（三項）、--control、--improve 擇一辦理"};
  }
  if (words == 0) {
    const Json all = YZ_TRY(line.get("/v1/operator/incidents"));
    const Json item = YZ_TRY(one_of(all, "", options.incident));
    return show_one(session, item);
  }
  Json body = options.impact.any() ? options.impact.body() : Json::object();
  body["person"] = options.person;
  body["kind"] = options.impact.any() ? "level" : options.control.empty() ? "improve" : "control";
  if (!options.impact.any()) {
    body["text"] = options.control.empty() ? options.improve : options.control;
  }
  const Json then =
      YZ_TRY(line.post("/v1/operator/incidents/" + percent_encode(options.incident), body));
  return show_one(session, then);
}

Result<Exit> show_reported(Session& session, const ManagementLook& options) {
  Line* line = YZ_TRY(management_line(session, *options.line));
  const Json all = YZ_TRY(line->get("/v1/incidents"));
  return show_list(session, all);
}

Result<Exit> judge(Session& session, const ManagementWord& options) {
  Line* line = YZ_TRY(management_line(session, *options.line));
  const std::string path =
      "/v1/incidents/" + percent_encode(options.centre) + "/" + percent_encode(options.incident);
  const int words = static_cast<int>(options.impact.any()) + static_cast<int>(options.close) +
                    static_cast<int>(!options.confirm.empty());
  if (words > 1) {
    return Refusal{Reason::kBadRequest, "請就審核等級（三項）、--close、--confirm 擇一辦理"};
  }
  if (options.impact.any()) {
    Json body = options.impact.body();
    body["note"] = options.note;
    const Json then = YZ_TRY(line->post(path + "/review", body));
    return show_one(session, then);
  }
  if (options.close) {
    const Json then = YZ_TRY(line->post(path + "/closing", Json::object()));
    return show_one(session, then);
  }
  if (!options.confirm.empty()) {
    const Json then = YZ_TRY(line->post(path + "/confirmation", {{"digest", options.confirm}}));
    return show_one(session, then);
  }
  const Json all = YZ_TRY(line->get("/v1/incidents"));
  const Json item = YZ_TRY(one_of(all, options.centre, options.incident));
  return show_one(session, item);
}

void add_impact_options(CLI::App& app, ImpactOptions& options) {
  for (const auto& [name, value, what] :
       {std::tuple("--confidentiality", &options.confidentiality, "機密性之影響，1 至 4"),
        std::tuple("--integrity", &options.integrity, "完整性之影響，1 至 4"),
        std::tuple("--availability", &options.availability, "可用性之影響，1 至 4")}) {
    app.add_option(name, *value, what)->check(CLI::Range(1, 4));
  }
}

}  // namespace

void add_centre_incident_commands(CLI::App& centre, Session& session,
                                  const SharedCentreOptions& shared) {
  auto list = add_command<CentreLook>(
      centre, "incidents", "本中心之資安事件：來源、等級、應追回者、期限；逾期者結束碼為 1");
  list.options->centre = shared;
  list.runs(session, show_found);
  auto command = add_command<CentreWord>(
      centre, "incident", "一件資安事件：查看、評定等級、記載控制措施或改善情形，簽署後通報管理層");
  CentreWord& options = *command.options;
  options.centre = shared;
  command.app->add_option("incident", options.incident, "事件代號（見 incidents）")->required();
  add_impact_options(*command.app, options.impact);
  command.app->add_option("--control", options.control, "損害控制之措施；事件即為已控制");
  command.app->add_option("--improve", options.improve, "調查、處理及改善情形；事件即為已改善");
  command.app->add_option("--person", options.person, "辦理人員");
  command
      .example(
          "  yizhan centre incident 0198… --confidentiality 1 --integrity 2 --availability 1 \\\n"
          "      --person 林維運\n"
          "  yizhan centre incident 0198… --control 已請來源機關停機清查 --person 林維運")
      .runs(session, tell);
}

void add_management_incident_commands(CLI::App& management, Session& session,
                                      const SharedLineOptions& shared) {
  auto list = add_command<ManagementLook>(management, "incidents",
                                          "各中心通報之資安事件及各期限；有逾期者結束碼為 1");
  list.options->line = shared;
  list.runs(session, show_reported);
  auto command = add_command<ManagementWord>(
      management, "incident", "一件資安事件：查看、審核等級、提議結案、由另一人核定結案");
  ManagementWord& options = *command.options;
  options.line = shared;
  command.app->add_option("centre", options.centre, "交換中心代碼")->required();
  command.app->add_option("incident", options.incident, "事件代號（見 incidents）")->required();
  add_impact_options(*command.app, options.impact);
  command.app->add_option("--note", options.note, "審核理由");
  command.app->add_flag("--close", options.close, "提議結案");
  command.app->add_option("--confirm", options.confirm,
                          "核定他人提議之結案：查看時所示之摘要（SHA-256）");
  command
      .example(
          "  yizhan management incident CENTRE-1 0198… --confidentiality 1 --integrity 2 \\\n"
          "      --availability 1 --note 未擴散\n"
          "  yizhan management incident CENTRE-1 0198… --confirm 3f…")
      .runs(session, judge);
}

}  // namespace yizhan
