#include "role/cli/fetching.h"

namespace yizhan {

namespace {

struct ListOptions {
  std::string state;
  int limit = 50;
  std::string before;
};

struct ReceiveOptions {
  std::string id;
  std::string into;
};

struct ConfirmOptions {
  std::string id;
  std::string person;
};

struct ReturnOptions {
  std::string id;
  std::string kind;
  std::string note;
  std::string person;
};

std::string urgency_title(const std::string& urgency) {
  if (urgency == "fastest") return "最速件";
  if (urgency == "fast") return "速件";
  return urgency == "normal" ? "普通件" : "";
}

Result<Exit> list_inbox(Session& session, const ListOptions& options) {
  std::string path = "/api/v1/inbox?limit=" + std::to_string(options.limit);
  if (!options.state.empty()) path += "&state=" + percent_encode(options.state);
  if (!options.before.empty()) path += "&before=" + percent_encode(options.before);
  const Json answer = YZ_TRY(session.terminal().get(path));
  if (session.json) {
    session.print(answer);
    return Exit::kDone;
  }
  TextTable table({"收文", "收文時間（民國）", "發文機關", "字號", "速別", "狀態", "主旨"});
  for (const Json& item : answer.at("items")) {
    table.add({text_in(item, "id"), roc_time(text_in(item, "consigned")),
               text_in(item, "sender_name"), text_in(item, "number"),
               urgency_title(text_in(item, "urgency")), text_in(item, "state_title"),
               text_in(item, "subject")});
  }
  table.print(session.out());
  if (answer.contains("next")) {
    session.out() << "尚有更早者：--before " << text_in(answer, "next") << "\n";
  }
  return Exit::kDone;
}

std::vector<RemoteFile> parts_of(const std::string& id, const Json& mail) {
  std::vector<RemoteFile> files;
  for (const Json& part : mail.value("parts", Json::array())) {
    files.push_back({"/api/v1/inbox/" + id + "/parts/" + std::to_string(files.size()),
                     text_in(part, "name"), part.at("length").get<std::uint64_t>(),
                     Sha256::from_hex(text_in(part, "sha256")).value_or(Sha256{})});
  }
  return files;
}

Result<Exit> receive(Session& session, const ReceiveOptions& options) {
  const std::string id = YZ_TRY(path_id(options.id));
  const Json mail = YZ_TRY(session.terminal().get("/api/v1/inbox/" + id));
  const std::vector<RemoteFile> files = parts_of(id, mail);
  if (files.empty()) {
    return Refusal{Reason::kStepNotAllowed, "本件尚未收取：" + text_in(mail, "state_title")};
  }
  make_directory(options.into);
  const Folder folder(options.into);
  std::uint64_t total = 0;
  for (const RemoteFile& file : files) total += file.size;
  {
    Progress progress(session, "收取", total);
    for (const RemoteFile& file : files) {
      YZ_TRY(fetch_file(session, file, folder, progress));
    }
  }
  folder.sync();
  if (session.json) {
    session.print(mail);
    return Exit::kDone;
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    const bool is_active = mail.at("parts").at(i).value("active_content", false);
    session.out() << (folder.path() / shown_text(files[i].name)).string() << "（"
                  << size_text(files[i].size) << "）"
                  << (is_active ? "　注意：含巨集或會自動執行之內容" : "") << "\n";
  }
  session.out() << "辦妥後以 confirm " << id << " 確認收文，或以 return 退文。\n";
  return Exit::kDone;
}

Exit show_mail(const Session& session, const Json& mail) {
  if (session.json) {
    session.print(mail);
  } else {
    session.out() << text_in(mail, "id") << "：" << text_in(mail, "state_title") << "，"
                  << roc_time(text_in(mail, "since")) << "\n";
  }
  return Exit::kDone;
}

Result<Exit> confirm(Session& session, const ConfirmOptions& options) {
  const std::string id = YZ_TRY(path_id(options.id));
  Json body = Json::object();
  if (!options.person.empty()) body["person"] = options.person;
  return show_mail(session,
                   YZ_TRY(session.terminal().post("/api/v1/inbox/" + id + "/confirmation", body)));
}

Result<Exit> send_back(Session& session, const ReturnOptions& options) {
  const std::string id = YZ_TRY(path_id(options.id));
  Json body = {{"kind", options.kind == "incomplete" ? "defective" : options.kind}};
  if (!options.note.empty()) body["note"] = options.note;
  if (!options.person.empty()) body["person"] = options.person;
  return show_mail(session,
                   YZ_TRY(session.terminal().post("/api/v1/inbox/" + id + "/return", body)));
}

void add_return(CLI::App& app, Session& session) {
  auto command = add_command<ReturnOptions>(app, "return", "退文");
  ReturnOptions& options = *command.options;
  command.app->group("收文");
  command.app->add_option("id", options.id, "收文識別碼")->required();
  command.app
      ->add_option("--kind", options.kind,
                   "misdirected（誤送）、incomplete（疏漏）或 other（其他，須附說明）")
      ->required()
      ->check(CLI::IsMember({"misdirected", "incomplete", "defective", "other"}));
  command.app->add_option("--note", options.note, "給發文機關之說明");
  command.app->add_option("--person", options.person, "辦理人員；不填用終端之設定");
  command.example("  yizhan return 0198… --kind misdirected --note 本府非承辦機關")
      .runs(session, send_back);
}

}  // namespace

void add_inbox_commands(CLI::App& app, Session& session) {
  auto listing = add_command<ListOptions>(app, "inbox", "收文匣，由新到舊");
  listing.app->group("收文");
  listing.app->add_option(
      "--state", listing.options->state,
      "consigned, leased, received, confirmed, returned, refused, elsewhere, ended");
  listing.app->add_option("--limit", listing.options->limit, "至多幾件")->check(CLI::Range(1, 200));
  listing.app->add_option("--before", listing.options->before, "前一頁所示之位置");
  listing.example("  yizhan inbox --state received").runs(session, list_inbox);

  auto receiving = add_command<ReceiveOptions>(app, "receive", "取出一件收文之本文與附件");
  receiving.app->group("收文");
  receiving.app->add_option("id", receiving.options->id, "收文識別碼")->required();
  receiving.app->add_option("--into", receiving.options->into, "存放之資料夾")->required();
  receiving.example("  yizhan receive 0198… --into 收文/0198").runs(session, receive);

  auto confirming = add_command<ConfirmOptions>(app, "confirm", "收文確認");
  confirming.app->group("收文");
  confirming.app->add_option("id", confirming.options->id, "收文識別碼")->required();
  confirming.app->add_option("--person", confirming.options->person, "辦理人員；不填用終端之設定");
  confirming.example("  yizhan confirm 0198…").runs(session, confirm);
  add_return(app, session);
}

}  // namespace yizhan
