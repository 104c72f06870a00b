#include "ground/files/files.h"
#include "model/evidence/evidence.h"
#include "role/cli/centre_options.h"
#include "role/cli/officer_key.h"

namespace yizhan {

namespace {

constexpr std::size_t kDecisionBytesMax = 64U << 10;

struct DecideOptions {
  SharedCentreOptions centre;
  std::string message;
  bool release = false;
  bool stop = false;
  std::string reason;
  OfficerKeyOptions officer;
  std::string into;
};

struct HandInOptions {
  SharedCentreOptions centre;
  DecisionKind kind = DecisionKind::kRelease;
  std::string message;
  std::vector<std::string> decisions;
};

struct DrainOptions {
  SharedCentreOptions centre;
  std::string person;
  std::string reason;
  std::string until;
};

struct LookOptions {
  SharedCentreOptions centre;
};

struct OrdersOptions {
  SharedCentreOptions centre;
  bool all = false;
};

// Both sides of the equation, without the centre's own words about it.
std::string both_sides(const Json& books) {
  const auto number = [&](const char* name) {
    return std::to_string(books.value(name, std::int64_t{0}));
  };
  return "受理 " + number("accepted") + " + 接管 " + number("taken_over") + " = 完結 " +
         number("finals") + " + 移交 " + number("passed_on") + " + 待辦 " + number("pending") +
         (books.value("balanced", false) ? "：相符" : "：不符，請保全資料並通報");
}

void print_gauge(std::ostream& out, const Json& books) {
  if (books.empty()) return;
  out << "帳目 " << both_sides(books) << "（" << roc_time(text_in(books, "as_of")) << "）\n";
}

// What waits for each other centre, and since when that one has not been reached.
void print_queues(std::ostream& out, const Json& queues) {
  for (const Json& queue : queues) {
    out << "待移交 " << text_in(queue, "centre") << "：" << queue.value("count", 0) << " 件，最早 "
        << roc_time(text_in(queue, "oldest"));
    const std::string since = text_in(queue, "unreachable_since");
    if (!since.empty()) out << "；自 " << roc_time(since) << " 起無法連線";
    out << "\n";
  }
}

std::string why_text(const Json& item) {
  const Json why = item.value("why", Json::object());
  return why.empty() ? "" : "：" + shown_text(text_in(why, "detail"));
}

// Who has co-signed and stamped the log's checkpoints, and who does not.
void print_log(std::ostream& out, const Json& log) {
  if (log.empty()) return;
  const Json standing = log.value("standing", Json::object());
  out << "日誌 " << log.value("size", 0) << " 筆，經見證者共同簽署 "
      << log.value("cosigned_size", 0) << " 筆";
  if (log.value("required", 0) == 0) {
    out << "；目錄未要求見證（unwitnessed）\n";
  } else {
    out << "；每一檢查點須 " << log.value("required", 0) << " 個見證者\n";
  }
  if (standing.value("shown", false)) {
    out << (standing.value("held", false) ? "日誌久未獲見證，暫不受理新件" : "日誌未獲足夠之見證")
        << "，自 " << roc_time(text_in(standing, "uncosigned_since")) << why_text(standing) << "\n";
  }
  for (const Json& witness : log.value("witnesses", Json::array())) {
    if (!witness.contains("why")) continue;
    out << (witness.value("disagrees", false) ? "見證者所見之歷史不同，請保全資料並通報 "
                                              : "見證者未簽署 ")
        << shown_text(text_in(witness, "centre")) << why_text(witness) << "\n";
  }
  for (const Json& authority : log.value("timestamps", Json::array())) {
    out << "時戳機構 " << shown_text(text_in(authority, "authority"))
        << (authority.contains("why") ? " 未核發" : " 核發至 ")
        << (authority.contains("why") ? "" : std::to_string(authority.value("size", 0)) + " 筆")
        << why_text(authority) << "\n";
  }
}

Result<Exit> show_status(Session& session, const LookOptions& options) {
  const Json status = YZ_TRY(session.connect(options.centre->socket).get("/v1/operator/status"));
  if (session.json) {
    session.print(status);
    return Exit::kDone;
  }
  const Json directory = status.value("directory", Json::object());
  const Json packages = status.value("packages", Json::object());
  const Json recipients = status.value("recipients", Json::object());
  session.out() << "交換中心 " << text_in(status, "centre") << "  "
                << roc_time(text_in(status, "time")) << "\n通訊目錄第 "
                << directory.value("version", 0) << " 版，效期至 "
                << roc_time(text_in(directory, "expires")) << "\n待公布之證據 "
                << status.value("unpublished_evidence", 0) << " 份\n";
  if (const Json handed = status.value("distribution", Json::object()); !handed.empty()) {
    session.out() << (is_followed(handed) ? "派送" : "異常  派送")
                  << shown_text(distribution_note(handed)) << "\n程式 "
                  << shown_text(release_note(handed)) << "\n";
  }
  print_log(session.out(), status.value("log", Json::object()));
  print_gauge(session.out(), status.value("accounting", Json::object()));
  print_queues(session.out(), status.value("queues", Json::array()));
  print_certificates(session.out(), status.value("certificates", Json::array()));
  for (const Json& agency : status.value("quota_reached", Json::array())) {
    session.out() << "發送額度已用完，公文於發文機關等候：" << shown_text(agency.get<std::string>())
                  << '\n';
  }
  if (status.contains("comeback")) {
    const Json& comeback = status.at("comeback");
    session.out() << "資料曾自較舊之備份還原 " << comeback.value("count", 0) << " 次，最近一次所缺者自 "
                  << roc_time(text_in(comeback, "since")) << " 起\n";
  }
  if (status.contains("maintenance")) {
    const Json& maintenance = status.at("maintenance");
    session.out() << "維護中，不受理新件：" << shown_text(text_in(maintenance, "reason")) << "（"
                  << shown_text(text_in(maintenance, "person")) << "，自 "
                  << roc_time(text_in(maintenance, "since")) << "）\n";
  }
  TextTable table({"站別或狀態", "件數", "最早（民國）"});
  for (const auto& [name, count] : packages.items()) {
    table.add({name, count.dump(), ""});
  }
  for (const auto& [name, row] : recipients.items()) {
    table.add({"受文者 " + name, std::to_string(row.value("count", 0)),
               roc_time(text_in(row, "oldest"))});
  }
  table.print(session.out());
  return Exit::kDone;
}

// What waits, page after page.
Result<Json> waiting_documents(Session& session, const std::string& socket) {
  Json items = Json::array();
  std::string after;
  do {
    Json page = YZ_TRY(session.connect(socket).get("/v1/operator/held?after=" + after));
    for (Json& item : page.at("items")) items.push_back(std::move(item));
    after = text_in(page, "next");
  } while (!after.empty());
  return Json{{"items", std::move(items)}};
}

Result<Exit> show_held(Session& session, const LookOptions& options) {
  const Json held = YZ_TRY(waiting_documents(session, options.centre->socket));
  if (session.json) {
    session.print(held);
    return Exit::kDone;
  }
  TextTable table({"訊息", "發文機關", "受文者數", "自（民國）", "至（民國）", "原因與處理"});
  for (const Json& item : held.at("items")) {
    table.add({text_in(item, "message_id"), text_in(item, "sender"),
               std::to_string(item.value("recipient_count", 0)), roc_time(text_in(item, "since")),
               roc_time(text_in(item, "until")), reason_text(item.value("reason", Json()))});
  }
  table.print(session.out());
  return Exit::kDone;
}

Result<Exit> show_accounting(Session& session, const LookOptions& options) {
  const Json books = YZ_TRY(session.connect(options.centre->socket).get("/v1/operator/accounting"));
  const bool balanced = books.value("balanced", false);
  if (session.json) {
    session.print(books);
  } else {
    session.out() << both_sides(books) << "\n";
  }
  return balanced ? Exit::kDone : Exit::kRefused;
}

std::string state_text(const std::string& state) {
  for (const auto& [code, text] :
       {std::pair("waiting", "尚未生效"), std::pair("in_force", "生效中"),
        std::pair("idle", "無此對象"), std::pair("lapsed", "已失效"), std::pair("ended", "已終止")}) {
    if (state == code) return text;
  }
  return state;
}

std::string until_text(const Json& order) {
  const std::string until = text_in(order, "until"), by = text_in(order, "ended_by");
  if (until.empty()) return "另有命令為止";
  return roc_time(until) + (by.empty() ? "" : "（" + by + "）");
}

Result<Exit> show_orders(Session& session, const OrdersOptions& options) {
  const Json answer = YZ_TRY(session.connect(options.centre->socket)
                                 .get(options.all ? "/v1/operator/orders?all=true"
                                                  : "/v1/operator/orders"));
  if (session.json) {
    session.print(answer);
    return Exit::kDone;
  }
  TextTable table({"命令", "種類", "對象", "名稱", "狀態", "事由", "自（民國）", "至（民國）", "理由"});
  for (const Json& order : answer.at("items")) {
    const std::string kind = text_in(order, "kind");
    std::string subject;
    for (const auto& [what, code] : order.at("subject").items()) subject = code;
    table.add({text_in(order, "order"),
               kind == "suspend" ? "中止" : (kind == "revoke" ? "廢止" : "恢復"), subject,
               shown_text(text_in(order, "name")), state_text(text_in(order, "state")),
               text_in(order, "ground"), roc_time(text_in(order, "effective")), until_text(order),
               shown_text(text_in(order, "reason"))});
  }
  table.print(session.out());
  for (const Json& refused : answer.value("refused", Json::array())) {
    session.out() << "異常  不合規定之命令 " << shown_text(text_in(refused, "target")) << "："
                  << text_in(refused, "title") << "，" << shown_text(text_in(refused, "detail"))
                  << "\n";
  }
  return Exit::kDone;
}

// What the centre says about the held document: the decision names exactly this.
Result<Decision> decision_about(const Json& held, const DecideOptions& options) {
  for (const Json& item : held.at("items")) {
    if (text_in(item, "message_id") != options.message) continue;
    const auto message = MessageId::parse(options.message);
    const auto header = Sha256::from_hex(text_in(item, "header_sha256"));
    if (!message || !header) return Refusal{Reason::kMalformed, "中心之回答不合格式"};
    const OrgCode sender = YZ_TRY(OrgCode::parse(text_in(item, "sender")));
    Decision decision{options.release ? DecisionKind::kRelease : DecisionKind::kStop,
                      {sender, *message},
                      *header,
                      {},
                      options.reason,
                      SystemClock().now()};
    for (const Json& verdict : item.value("verdicts", Json::array())) {
      const auto name = Sha256::from_hex(text_in(verdict, "sha256"));
      if (name) decision.overridden.push_back(*name);
    }
    return decision;
  }
  return Refusal{Reason::kNotFound, "沒有暫停處理中之訊息 " + options.message};
}

Result<Exit> decide(Session& session, const DecideOptions& options) {
  if (options.release == options.stop) {
    return Refusal{Reason::kBadRequest, "請以 --release 或 --stop 擇一"};
  }
  SoftwareKey key = YZ_TRY(read_officer_key(options.officer));
  const Json held = YZ_TRY(waiting_documents(session, options.centre->socket));
  const Decision decision = YZ_TRY(decision_about(held, options));
  write_durably(options.into, YZ_TRY(sign_decision(decision, key)));
  if (session.json) {
    session.print({{"decision", Json::parse(text_of(decision.json()))}, {"file", options.into}});
  } else {
    session.out() << "已簽署" << (options.release ? "放行" : "中止") << "之決定：" << options.into
                  << "\n簽署者 " << key.certificate().subject() << "\n";
  }
  return Exit::kDone;
}

Result<Exit> hand_in(Session& session, const HandInOptions& options) {
  Json list = Json::array();
  for (const std::string& file : options.decisions) {
    const Bytes cms = read_file(file, kDecisionBytesMax);
    const SignedDecision decision = YZ_TRY(open_decision(cms));
    if (decision.decision.kind != options.kind ||
        decision.decision.message.message.text() != options.message) {
      return Refusal{Reason::kConflict,
                     file + " 不是此訊息之" +
                         (options.kind == DecisionKind::kRelease ? "放行決定" : "中止決定")};
    }
    list.push_back(to_base64(cms));
  }
  const Json answer = YZ_TRY(session.connect(options.centre->socket)
                                 .post("/v1/operator/decisions", {{"decisions", list}}));
  if (session.json) {
    session.print(answer);
  } else {
    session.out() << options.message
                  << (options.kind == DecisionKind::kRelease ? " 已放行。\n" : " 已中止發送。\n");
  }
  return Exit::kDone;
}

Result<Exit> drain(Session& session, const DrainOptions& options) {
  Json wish = {{"person", options.person}, {"reason", options.reason}};
  if (!options.until.empty()) wish["until"] = options.until;
  const Json answer = YZ_TRY(
      session.connect(options.centre->socket).post("/v1/operator/maintenance", wish));
  if (session.json) {
    session.print(answer);
  } else {
    session.out() << "已停止受理新件；已受理者繼續處理，以 centre status 查看餘量，以 centre open 恢復。\n";
  }
  return Exit::kDone;
}

Result<Exit> open_again(Session& session, const DrainOptions& options) {
  const Json answer = YZ_TRY(session.connect(options.centre->socket)
                                 .post("/v1/operator/opening", {{"person", options.person}}));
  if (session.json) {
    session.print(answer);
  } else {
    session.out() << "已恢復受理。\n";
  }
  return Exit::kDone;
}

Result<Exit> note_restored(Session& session, const DrainOptions& options) {
  const Json answer = YZ_TRY(session.connect(options.centre->socket)
                                 .post("/v1/operator/comeback", {{"person", options.person}}));
  if (session.json) {
    session.print(answer);
  } else {
    session.out() << "已登錄第 " << answer.value("count", 0) << " 次還原；各機關與各中心將補送 "
                  << roc_time(text_in(answer, "since")) << " 以後之公文與證據。\n";
  }
  return Exit::kDone;
}

void add_maintenance(CLI::App& centre, Session& session,
                     const SharedCentreOptions& shared) {
  auto begin = add_command<DrainOptions>(
      centre, "drain", "維護前排空：不受理新件（留在發文機關，並說明原因），已受理者繼續處理");
  begin.options->centre = shared;
  begin.app->add_option("--person", begin.options->person, "辦理人員")->required();
  begin.app->add_option("--reason", begin.options->reason, "原因，將告知各機關")->required();
  begin.app->add_option("--until", begin.options->until,
                        "預計恢復之時間（RFC 3339，UTC），將告知各機關");
  begin.example(
           "  yizhan centre drain --person 林維運 --reason 更換磁碟 --until 2026-12-01T12:00:00Z")
      .runs(session, drain);
  auto end = add_command<DrainOptions>(centre, "open", "維護完成，恢復受理");
  end.options->centre = shared;
  end.app->add_option("--person", end.options->person, "辦理人員")->required();
  end.runs(session, open_again);
  auto restored = add_command<DrainOptions>(
      centre, "restored", "資料已自較舊之備份還原：請各機關與各中心補送其後之公文與證據");
  restored.options->centre = shared;
  restored.app->add_option("--person", restored.options->person, "辦理人員")->required();
  restored.runs(session, note_restored);
}

void add_looks(CLI::App& centre, Session& session, const SharedCentreOptions& shared) {
  struct Look {
    const char* name;
    const char* what;
    Result<Exit> (*run)(Session&, const LookOptions&);
  };
  for (const Look& look :
       {Look{"status", "各站件數、目錄與日誌", show_status},
        Look{"held", "暫停處理之公文與原因", show_held},
        Look{"accounting", "帳目：受理 + 接管 = 完結 + 移交 + 待辦；不符者結束碼為 1", show_accounting}}) {
    auto command = add_command<LookOptions>(centre, look.name, look.what);
    command.options->centre = shared;
    command.runs(session, look.run);
  }
}

void add_orders(CLI::App& centre, Session& session, const SharedCentreOptions& shared) {
  auto command = add_command<OrdersOptions>(centre, "orders",
                                            "生效中之中止及廢止命令：事由、自何時、至何時");
  command.options->centre = shared;
  command.app->add_flag("--all", command.options->all, "連同已終止及失效者");
  command.runs(session, show_orders);
}

void add_decide(CLI::App& centre, Session& session, const SharedCentreOptions& shared) {
  auto command = add_command<DecideOptions>(centre, "decide",
                                            "以承辦人員之憑證簽署一份決定；放行須兩人各簽一份");
  DecideOptions& options = *command.options;
  options.centre = shared;
  command.app->add_option("message", options.message, "訊息識別碼（見 held）")->required();
  command.app->add_flag("--release", options.release, "放行");
  command.app->add_flag("--stop", options.stop, "中止");
  command.app->add_option("--reason", options.reason, "理由")->required();
  add_officer_key_options(*command.app, options.officer);
  command.app->add_option("--into", options.into, "寫入之決定檔")->required();
  command
      .example(
          "  yizhan centre decide 0198… --release --reason 已人工複查 --key chen.key \\\n"
          "      --certificate chen.crt --passphrase-file pass --into chen.p7m")
      .runs(session, decide);
}

void add_hand_in(CLI::App& centre, Session& session, const SharedCentreOptions& shared,
                 DecisionKind kind) {
  const bool release = kind == DecisionKind::kRelease;
  auto command = add_command<HandInOptions>(
      centre, release ? "release" : "stop",
      release ? "放行：送交兩位承辦人員之決定" : "中止發送：送交一位承辦人員之決定");
  command.options->centre = shared;
  command.options->kind = kind;
  command.app->add_option("message", command.options->message, "訊息識別碼")->required();
  command.app->add_option("--decision", command.options->decisions, "決定檔，可重複")->required();
  command.runs(session, hand_in);
}

}  // namespace

void add_centre_commands(CLI::App& app, Session& session) {
  CLI::App* centre = app.add_subcommand("centre", "交換中心之操作（經由中心本機之通訊端）");
  centre->group("交換中心");
  centre->require_subcommand(1);
  centre->footer("範例：\n  yizhan centre held\n  yizhan centre accounting");
  const auto shared = std::make_shared<CentreOptions>();
  centre->add_option("--socket", shared->socket, "中心之 Unix 通訊端")
      ->envname("YIZHAN_CENTRE")
      ->capture_default_str();
  add_looks(*centre, session, shared);
  add_orders(*centre, session, shared);
  add_centre_notice_commands(*centre, session, shared);
  add_centre_change_commands(*centre, session);
  add_centre_incident_commands(*centre, session, shared);
  add_maintenance(*centre, session, shared);
  add_decide(*centre, session, shared);
  for (const DecisionKind kind : {DecisionKind::kRelease, DecisionKind::kStop}) {
    add_hand_in(*centre, session, shared, kind);
  }
}

}  // namespace yizhan
