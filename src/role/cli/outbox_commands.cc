#include "role/cli/session.h"

namespace yizhan {

namespace {

struct ListOptions {
  std::string state;
  int limit = 50;
  std::string before;
};

struct UnconfirmedOptions {
  int hours = 24;
  int limit = 200;
};

struct WithdrawOptions {
  std::string id;
  std::string recipient;
  bool paper = false;
  std::string reason;
  std::string person;
};

struct StatusOptions {
  std::string id;
};

void print_recipients(const Session& session, const Json& recipients) {
  TextTable table({"  受文者", "代碼", "本別", "狀態", "自（民國）", "原因與處理"});
  for (const Json& item : recipients) {
    table.add({"  " + text_in(item, "name"), code_in(item), copy_title(text_in(item, "copy_kind")),
               text_in(item, "state_title"), roc_time(text_in(item, "since")),
               reason_text(item.value("reason", Json()))});
  }
  table.print(session.out());
}

void print_line(const Session& session, std::string_view label, const std::string& text) {
  if (!text.empty()) session.out() << label << shown_text(text) << "\n";
}

// 機關公文電子交換作業辦法 7(4): apart from those whom the exchange reaches.
void print_paper(const Session& session, const Json& recipients) {
  if (recipients.empty()) return;
  session.out() << "紙本受文者 " << recipients.size() << "\n";
  TextTable table({"  受文者", "代碼", "本別", "緣由"});
  for (const Json& item : recipients) {
    table.add({"  " + text_in(item, "name"), code_in(item), copy_title(text_in(item, "copy_kind")),
               text_in(item, "cause_title")});
  }
  table.print(session.out());
}

// To be printed: who gets a document, electronically and on paper.
Result<Exit> show_recipients(Session& session, const IdOptions& options) {
  const std::string id = YZ_TRY(path_id(options.id));
  const Json document = YZ_TRY(session.terminal().get("/api/v1/documents/" + id));
  const Json paper = document.value("paper_recipients", Json::array());
  Json electronic = Json::array();
  for (const Json& package : document.value("packages", Json::array())) {
    for (const Json& recipient : package.at("recipients")) electronic.push_back(recipient);
  }
  if (session.json) {
    session.print({{"electronic", std::move(electronic)}, {"paper", paper}});
    return Exit::kDone;
  }
  print_line(session, "字號 ", text_in(document, "number"));
  print_line(session, "主旨 ", text_in(document, "subject"));
  session.out() << "電子交換受文者 " << electronic.size() << "\n";
  print_recipients(session, electronic);
  print_paper(session, paper);
  return Exit::kDone;
}

void print_mail(const Session& session, const Json& mail) {
  print_line(session, "收文 ", text_in(mail, "id"));
  print_line(session, "發文機關 ", text_in(mail, "sender_name") + " " + text_in(mail, "sender"));
  print_line(session, "字號     ", text_in(mail, "number"));
  print_line(session, "主旨     ", text_in(mail, "subject"));
  print_line(session, "狀態     ",
             text_in(mail, "state_title") + "，自 " + roc_time(text_in(mail, "since")));
  print_line(session, "原因     ", reason_text(mail.value("reason", Json())));
  print_line(session, "發文時間 ", roc_time(text_in(mail, "accepted")));
  print_line(session, "收文時間 ", roc_time(text_in(mail, "consigned")));
  print_line(session, "收取時間 ", roc_time(text_in(mail, "received")));
  print_line(session, "承辦人員 ", text_in(mail, "person"));
  print_line(session, "退文說明 ", text_in(mail, "note"));
  for (const Json& part : mail.value("parts", Json::array())) {
    print_line(
        session, "檔案     ",
        text_in(part, "name") + "（" + size_text(part.value("length", std::uint64_t{0})) + "）");
  }
}

Result<Exit> show_status(Session& session, const StatusOptions& options) {
  if (options.id.empty()) {
    const Json status = YZ_TRY(session.terminal().get("/api/v1/status"));
    session.json ? session.print(status) : print_status(session, status);
    return Exit::kDone;
  }
  const Found found = YZ_TRY(find_either(
      options.id, [&](const std::string& path) { return session.terminal().get(path); }));
  if (session.json) {
    session.print(found.answer);
  } else if (found.sent) {
    print_document(session, found.answer);
  } else {
    print_mail(session, found.answer);
  }
  return Exit::kDone;
}

Result<Exit> show_history(Session& session, const IdOptions& options) {
  const Found found = YZ_TRY(find_either(options.id, [&](const std::string& path) {
    return session.terminal().get(path + "/history");
  }));
  if (session.json) {
    session.print(found.answer);
    return Exit::kDone;
  }
  TextTable table({"時間（民國）", "種類", "經過", "受文者", "原因"});
  for (const Json& item : found.answer.at("items")) {
    std::string recipient = text_in(item, "recipient_name");
    if (recipient.empty()) recipient = text_in(item, "recipient");
    std::string title = text_in(item, "title");
    if (item.value("superseded", false)) title += "（後到，不影響結果）";
    table.add({roc_time(text_in(item, "time")), text_in(item, "kind"), title,
               recipient.empty() ? "全部" : recipient, reason_text(item.value("reason", Json()))});
  }
  table.print(session.out());
  return Exit::kDone;
}

Result<Exit> list_outbox(Session& session, const ListOptions& options) {
  std::string path = "/api/v1/documents?limit=" + std::to_string(options.limit);
  if (!options.state.empty()) path += "&state=" + percent_encode(options.state);
  if (!options.before.empty()) path += "&before=" + percent_encode(options.before);
  const Json answer = YZ_TRY(session.terminal().get(path));
  if (session.json) {
    session.print(answer);
    return Exit::kDone;
  }
  TextTable table({"公文", "建立（民國）", "字號", "狀態", "主旨"});
  for (const Json& item : answer.at("items")) {
    table.add({text_in(item, "id"), roc_time(text_in(item, "created")), text_in(item, "number"),
               text_in(item, "state_title"), text_in(item, "subject")});
  }
  table.print(session.out());
  if (answer.contains("next")) {
    session.out() << "尚有更早者：--before " << text_in(answer, "next") << "\n";
  }
  return Exit::kDone;
}

Result<Exit> list_unconfirmed(Session& session, const UnconfirmedOptions& options) {
  const Json answer =
      YZ_TRY(session.terminal().get("/api/v1/unconfirmed?hours=" + std::to_string(options.hours) +
                                    "&limit=" + std::to_string(options.limit)));
  if (session.json) {
    session.print(answer);
    return Exit::kDone;
  }
  TextTable table({"公文", "字號", "受文者", "代碼", "狀態", "自（民國）", "原因與處理"});
  for (const Json& item : answer.at("items")) {
    table.add({text_in(item, "document_id"), text_in(item, "number"), text_in(item, "name"),
               code_in(item), text_in(item, "state_title"), roc_time(text_in(item, "since")),
               reason_text(item.value("reason", Json()))});
  }
  table.print(session.out());
  return Exit::kDone;
}

Result<Exit> withdraw(Session& session, const WithdrawOptions& options) {
  const std::string id = YZ_TRY(path_id(options.id));
  Json order = {{"kind", options.paper ? "paper" : "stop"}, {"reason", options.reason}};
  if (!options.person.empty()) order["person"] = options.person;
  if (!options.recipient.empty()) put_recipient(order, options.recipient);
  const Json answer =
      YZ_TRY(session.terminal().post("/api/v1/documents/" + id + "/withdrawal", order));
  const Json refused = answer.value("refused", Json::array());
  const Exit exit = refused.empty() ? Exit::kDone : Exit::kRefused;
  if (session.json) {
    session.print(answer);
    return exit;
  }
  session.out() << "已提出撤回；目前狀況：\n";
  TextTable table({"  受文者", "狀態", "自（民國）", "原因"});
  for (const Json& item : answer.value("recipients", Json::array())) {
    table.add({"  " + code_in(item), text_in(item, "state"), roc_time(text_in(item, "since")),
               reason_text(item.value("reason", Json()))});
  }
  table.print(session.out());
  for (const Json& item : refused) {
    session.err() << "封裝 " << text_in(item, "message_id") << " 未能撤回："
                  << shown_text(reason_text(item.at("reason"))) << "\n";
  }
  session.out() << "以 status " << id << " 查看結果；已被收取者不受影響。\n";
  return exit;
}

void add_withdraw(CLI::App& app, Session& session) {
  auto command = add_command<WithdrawOptions>(app, "withdraw", "撤回尚未被收取之公文，或改寄紙本");
  WithdrawOptions& options = *command.options;
  command.app->group("發文");
  command.app->add_option("id", options.id, "公文識別碼")->required();
  command.app->add_option("--recipient", options.recipient,
                          "只撤回此受文者（機關代碼 10 碼，或加單位代碼 7 碼）");
  command.app->add_flag("--paper", options.paper, "改以紙本發送");
  command.app->add_option("--reason", options.reason, "理由")->required();
  command.app->add_option("--person", options.person, "辦理人員；不填用終端之設定");
  command
      .example(
          "  yizhan withdraw 0198… --reason 誤繕\n"
          "  yizhan withdraw 0198… --recipient T37600000B --paper --reason 對方系統維修")
      .runs(session, withdraw);
}

}  // namespace

std::string code_in(const Json& recipient) {
  return text_in(recipient, "org_code") + text_in(recipient, "unit_code");
}

std::string copy_title(const std::string& copy_kind) {
  if (copy_kind == "original") return "正本";
  if (copy_kind == "transcript") return "抄本";
  return "副本";
}

void put_recipient(Json& request, const std::string& code) {
  constexpr std::size_t kOrgCodeLength = 10;
  request["org_code"] = code.substr(0, kOrgCodeLength);
  if (code.size() > kOrgCodeLength) request["unit_code"] = code.substr(kOrgCodeLength);
}

void print_document(const Session& session, const Json& document) {
  print_line(session, "公文 ", text_in(document, "id"));
  print_line(session, "字號 ", text_in(document, "number"));
  print_line(session, "主旨 ", text_in(document, "subject"));
  print_line(session, "狀態 ", text_in(document, "state_title"));
  print_line(session, "原因 ", reason_text(document.value("reason", Json())));
  session.print_issues(document.value("issues", Json::array()));
  for (const Json& package : document.value("packages", Json::array())) {
    session.out() << "封裝 " << text_in(package, "message_id")
                  << (package.value("with_attachments", false) ? "（含附件）" : "（不含附件）")
                  << " " << text_in(package, "state_title");
    const std::string reason = reason_text(package.value("reason", Json()));
    if (!reason.empty()) session.out() << "：" << shown_text(reason);
    session.out() << "\n";
    print_recipients(session, package.at("recipients"));
  }
  print_paper(session, document.value("paper_recipients", Json::array()));
}

void add_outbox_commands(CLI::App& app, Session& session) {
  auto listing = add_command<ListOptions>(app, "outbox", "發文匣，由新到舊");
  listing.app->group("發文");
  listing.app->add_option("--state", listing.options->state,
                          "drafted, validated, scanned, sealed, refused, cancelled");
  listing.app->add_option("--limit", listing.options->limit, "至多幾件")->check(CLI::Range(1, 200));
  listing.app->add_option("--before", listing.options->before, "前一頁所示之位置");
  listing.example("  yizhan outbox --state refused").runs(session, list_outbox);

  auto status = add_command<StatusOptions>(
      app, "status", "一件公文之狀態：各受文者、原因、處理方式、自何時起；不填識別碼為終端之狀態");
  status.app->group("狀態");
  status.app->add_option("id", status.options->id, "發文或收文之識別碼");
  status.example("  yizhan status 0198…\n  yizhan status").runs(session, show_status);

  auto history = add_command<IdOptions>(app, "history", "一件公文之歷程：依時間排列之證據");
  history.app->group("狀態");
  history.app->add_option("id", history.options->id, "發文或收文之識別碼")->required();
  history.example("  yizhan history 0198…").runs(session, show_history);

  auto recipients = add_command<IdOptions>(
      app, "recipients", "一件公文之受文者清單，電子交換與紙本分列，供列印");
  recipients.app->group("狀態");
  recipients.app->add_option("id", recipients.options->id, "發文之識別碼")->required();
  recipients.example("  yizhan recipients 0198…").runs(session, show_recipients);

  auto waiting = add_command<UnconfirmedOptions>(app, "unconfirmed", "已送出而尚無收文確認者");
  waiting.app->group("發文");
  waiting.app->add_option("--hours", waiting.options->hours, "封裝已逾多少小時（預設 24）");
  waiting.app->add_option("--limit", waiting.options->limit, "至多幾件")->check(CLI::Range(1, 200));
  waiting.example("  yizhan unconfirmed --hours 8").runs(session, list_unconfirmed);
  add_withdraw(app, session);
}

}  // namespace yizhan
