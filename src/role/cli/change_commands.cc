#include "ground/files/files.h"
#include "role/cli/change_text.h"
#include "role/cli/management_commands.h"

// `management requests`, `management request …`: 連線異動申請表 on its way through the hands of
// agencies, centres and two of management.

namespace yizhan {

namespace {

struct ListOptions {
  SharedLineOptions line;
  std::string state;
};

struct SendOptions {
  SharedLineOptions line;
  std::string file;
};

struct CaseOptions {
  SharedLineOptions line;
  std::string id;
};

struct ApproveOptions {
  SharedLineOptions line;
  std::string id;
  std::string digest;
};

struct RefuseOptions {
  SharedLineOptions line;
  std::string id;
  std::string reason;
};

struct ApprovedOptions {
  SharedLineOptions line;
  std::string into;
};

Result<std::string> path_of(const std::string& id) {
  return "/v1/requests/" + YZ_TRY(path_id(id));
}

void print_case(const Session& session, const Json& one) {
  session.out() << text_in(one, "case") << "  " << title_of_state(text_in(one, "state"))
                << "（第 " << one.value("version", 0) << " 版，"
                << roc_time(text_in(one, "changed")) << "）\n";
  print_form(session.out(), one.at("form"));
  for (const Json& waiting : one.value("waiting", Json::array())) {
    session.out() << "  待另一人核定：" << shown_text(text_in(waiting, "proposed_by"))
                  << " 提議，至 " << roc_time(text_in(waiting, "lapses")) << "\n    摘要 "
                  << text_in(waiting, "digest") << "\n";
  }
}

Exit say(const Session& session, const Json& one) {
  if (session.json) {
    session.print(one);
  } else {
    print_case(session, one);
  }
  return Exit::kDone;
}

Result<Exit> list(Session& session, const ListOptions& options) {
  Line* line = YZ_TRY(management_line(session, *options.line));
  const std::string query =
      options.state.empty() ? "" : "?state=" + percent_encode(options.state);
  const Json all = YZ_TRY(line->get("/v1/requests" + query));
  if (session.json) {
    session.print(all);
    return Exit::kDone;
  }
  TextTable table({"案件", "狀態", "機關", "名稱", "類別", "生效日期", "中心"});
  for (const Json& one : all.at("items")) {
    const Json& form = one.at("form");
    const auto kind = change_form().kinds.find(text_in(form, "kind"));
    table.add({text_in(one, "case"), title_of_state(text_in(one, "state")),
               text_in(form, "agency"), shown_text(text_in(form, "agency_name")),
               kind == change_form().kinds.end() ? "" : kind->second, text_in(form, "effective"),
               text_in(form, "centre")});
  }
  table.print(session.out());
  return Exit::kDone;
}

Result<Exit> show(Session& session, const CaseOptions& options) {
  const std::string path = YZ_TRY(path_of(options.id));
  Line* line = YZ_TRY(management_line(session, *options.line));
  const Json one = YZ_TRY(line->get(path));
  say(session, one);
  if (session.json) return Exit::kDone;
  for (const Json& step : one.at("steps")) {
    session.out() << "  " << roc_time(text_in(step, "time")) << "  "
                  << title_of_state(text_in(step, "state")) << "  "
                  << shown_text(text_in(step, "person")) << "\n";
  }
  return Exit::kDone;
}

Result<Exit> send(Session& session, const SendOptions& options, const std::string& path) {
  Line* line = YZ_TRY(management_line(session, *options.line));
  const Bytes file = read_file(options.file, SignedChangeReview::kBytesMax);
  return say(session, YZ_TRY(line->post_bytes(path, file)));
}

Result<Exit> send_request(Session& session, const SendOptions& options) {
  return send(session, options, "/v1/requests");
}

Result<Exit> send_review(Session& session, const SendOptions& options) {
  return send(session, options, "/v1/requests/reviews");
}

Result<Exit> propose(Session& session, const CaseOptions& options) {
  const std::string path = YZ_TRY(path_of(options.id));
  Line* line = YZ_TRY(management_line(session, *options.line));
  const Json one = YZ_TRY(line->get(path));
  const Json body = {{"version", one.at("version")}};
  return say(session, YZ_TRY(line->post(path + "/proposals", body)));
}

// What is confirmed is what was seen: its digest is said by who confirms, not looked up for them.
Result<Exit> approve(Session& session, const ApproveOptions& options) {
  const std::string path = YZ_TRY(path_of(options.id));
  Line* line = YZ_TRY(management_line(session, *options.line));
  const Json one = YZ_TRY(line->get(path));
  for (const Json& waiting : one.value("waiting", Json::array())) {
    if (text_in(waiting, "digest") != options.digest) continue;
    const Json body = {{"decision", waiting.at("decision")}, {"digest", options.digest}};
    return say(session, YZ_TRY(line->post(path + "/approval", body)));
  }
  return Refusal{Reason::kDecisionChanged, "沒有此摘要之提議；請以 request show 重新查看"};
}

Result<Exit> turn_down(Session& session, const RefuseOptions& options, const char* step) {
  const std::string path = YZ_TRY(path_of(options.id));
  Line* line = YZ_TRY(management_line(session, *options.line));
  const Json one = YZ_TRY(line->get(path));
  const Json body = {
      {"version", one.at("version")}, {"step", step}, {"reason", options.reason}};
  return say(session, YZ_TRY(line->post(path + "/refusal", body)));
}

Result<Exit> give_back(Session& session, const RefuseOptions& options) {
  return turn_down(session, options, "return");
}

Result<Exit> refuse(Session& session, const RefuseOptions& options) {
  return turn_down(session, options, "refuse");
}

// For `directory draft` on the host where the directory is made: it verifies the signatures again.
Result<Exit> save_approved(Session& session, const ApprovedOptions& options) {
  Line* line = YZ_TRY(management_line(session, *options.line));
  Json items = Json::array();
  for (const std::string_view state : {kApproved, kClosing}) {
    const Json all = YZ_TRY(line->get("/v1/requests?state=" + std::string(state)));
    for (const Json& one : all.at("items")) {
      const std::string path = YZ_TRY(path_of(text_in(one, "case")));
      const Json whole = YZ_TRY(line->get(path));
      items.push_back({{"case", whole.at("case")}, {"review", whole.at("review")}});
    }
  }
  const std::size_t count = items.size();
  write_durably(options.into,
                canonical_json({{"format", kApprovedFormat}, {"items", std::move(items)}}), 0644);
  if (session.json) {
    session.print({{"file", options.into}, {"count", count}});
  } else {
    session.out() << "已核定而待生效者 " << count << " 件，已寫入 " << options.into
                  << "\n接著：yizhan directory draft --approved " << options.into << " …\n";
  }
  return Exit::kDone;
}

void add_list_commands(CLI::App& management, Session& session, const SharedLineOptions& shared) {
  auto listed = add_command<ListOptions>(management, "requests", "連線異動申請及其進度");
  listed.options->line = shared;
  listed.app->add_option("--state", listed.options->state,
                         "filed、reviewed、approved、closing、in_effect、returned 或 refused");
  listed.example("  yizhan management requests --state reviewed").runs(session, list);
  auto saved = add_command<ApprovedOptions>(management, "approved",
                                            "取出已核定之連線異動，供產生次一版通訊目錄");
  saved.options->line = shared;
  saved.app->add_option("--into", saved.options->into, "寫入之檔案")->required();
  saved.runs(session, save_approved);
}

void add_sending(CLI::App& request, Session& session, const SharedLineOptions& shared) {
  const auto sending = [&](const char* name, const char* what,
                           Result<Exit> (*run)(Session&, const SendOptions&)) {
    auto command = add_command<SendOptions>(request, name, what);
    command.options->line = shared;
    command.app->add_option("file", command.options->file, "簽署之檔案")
        ->required()
        ->check(CLI::ExistingFile);
    command.runs(session, run);
  };
  sending("file", "送交機關簽署之申請（yizhan enrol request）", send_request);
  sending("review", "送交中心簽署之審核（yizhan centre review）", send_review);
}

void add_deciding(CLI::App& request, Session& session, const SharedLineOptions& shared) {
  const auto looking = [&](const char* name, const char* what,
                           Result<Exit> (*run)(Session&, const CaseOptions&)) {
    auto command = add_command<CaseOptions>(request, name, what);
    command.options->line = shared;
    command.app->add_option("case", command.options->id, "案件")->required();
    command.runs(session, run);
  };
  looking("show", "一件申請之表單、歷程及待核定之提議", show);
  looking("propose", "提議核准，待另一人核定", propose);
  auto approved = add_command<ApproveOptions>(request, "approve", "核定他人之提議");
  approved.options->line = shared;
  approved.app->add_option("case", approved.options->id, "案件")->required();
  approved.app->add_option("--digest", approved.options->digest, "所核定內容之摘要（見 show）")
      ->required();
  approved.runs(session, approve);
  const auto refusing = [&](const char* name, const char* what,
                            Result<Exit> (*run)(Session&, const RefuseOptions&)) {
    auto command = add_command<RefuseOptions>(request, name, what);
    command.options->line = shared;
    command.app->add_option("case", command.options->id, "案件")->required();
    command.app->add_option("--reason", command.options->reason, "理由")->required();
    command.runs(session, run);
  };
  refusing("return", "退回機關補正；機關另行填送", give_back);
  refusing("refuse", "不予核准；已核定而未生效者亦同", refuse);
}

}  // namespace

void add_management_change_commands(CLI::App& management, Session& session,
                                    const SharedLineOptions& shared) {
  add_list_commands(management, session, shared);
  CLI::App* request = management.add_subcommand("request", "一件連線異動申請：送交、查看、核定");
  request->require_subcommand(1);
  add_sending(*request, session, shared);
  add_deciding(*request, session, shared);
}

}  // namespace yizhan
