#include "ground/files/files.h"
#include "role/cli/code_list.h"
#include "role/cli/session.h"

namespace yizhan {

namespace {

constexpr std::size_t kListBytesMax = 16U << 20;

struct GroupOptions {
  std::string name;
  std::string owner;
  std::string person;
  int version = 0;
  std::vector<std::string> members;
  std::string from;
  std::string csv;
  std::string into;
  std::vector<std::string> excepted;
  bool copy = false;
};

std::string path_of(const GroupOptions& options, const std::string& part = "") {
  return "/api/v1/groups/" + percent_encode(options.name) + part +
         "?owner=" + percent_encode(options.owner) + "&version=" +
         std::to_string(options.version);
}

Result<Exit> list(Session& session, const GroupOptions& options) {
  const Json answer =
      YZ_TRY(session.terminal().get("/api/v1/groups?owner=" + percent_encode(options.owner)));
  if (session.json) {
    session.print(answer);
    return Exit::kDone;
  }
  TextTable table({"群組", "屬於", "版次", "受文者數", "更新人員", "更新時間"});
  for (const Json& item : answer.at("items")) {
    const std::string owner = text_in(item, "owner");
    table.add({text_in(item, "name"), owner.empty() ? "全機關" : owner, item.at("version").dump(),
               item.at("count").dump(), text_in(item, "person"), roc_time(text_in(item, "made"))});
  }
  table.print(session.out());
  return Exit::kDone;
}

Result<Exit> show(Session& session, const GroupOptions& options) {
  if (!options.csv.empty()) {
    write_durably(options.csv,
                  YZ_TRY(session.terminal().get_bytes(path_of(options) + "&format=csv")));
    session.out() << "已寫入 " << options.csv << "\n";
    return Exit::kDone;
  }
  const Json group = YZ_TRY(session.terminal().get(path_of(options)));
  if (session.json) {
    session.print(group);
    return Exit::kDone;
  }
  TextTable table({"代碼", "名稱", "可收文"});
  for (const Json& member : group.at("members")) {
    const std::string name = text_in(member, "name");
    table.add({code_in(member), name.empty() ? "（不在地址簿）" : name,
               member.value("can_receive", false) ? "是" : "否，請除外"});
  }
  table.print(session.out());
  session.out() << "第 " << group.at("version") << " 版，" << group.at("count") << " 個受文者，"
                << shown_text(text_in(group, "person")) << " 於 "
                << roc_time(text_in(group, "made")) << " 更新\n";
  return Exit::kDone;
}

// The version that the clerk has seen: what somebody else changed meanwhile is not overwritten.
Result<std::int64_t> version_seen(Session& session, const GroupOptions& options) {
  if (options.version > 0) return options.version;
  const Result<Json> group = session.terminal().get(path_of(options));
  if (!group && group.reason() == Reason::kNotFound) return 0;
  if (!group) return group.refusal();
  return group->at("version").get<std::int64_t>();
}

Result<Exit> save(Session& session, const GroupOptions& options) {
  std::vector<std::string> codes = options.members;
  if (!options.from.empty()) {
    const Bytes file = read_file(options.from, kListBytesMax);
    for (std::string& code : YZ_TRY(codes_in_csv(text_of(file)))) codes.push_back(std::move(code));
  }
  const std::int64_t version = YZ_TRY(version_seen(session, options));
  Json wish = {{"name", options.name},
               {"owner", options.owner},
               {"version", version},
               {"members", codes}};
  if (!options.person.empty()) wish["person"] = options.person;
  const Json group = YZ_TRY(session.terminal().post("/api/v1/groups", wish));
  if (session.json) {
    session.print(group);
  } else {
    session.out() << "群組「" << shown_text(options.name) << "」第 " << group.at("version")
                  << " 版，" << group.at("count") << " 個受文者。\n";
  }
  return Exit::kDone;
}

Result<Exit> remove(Session& session, const GroupOptions& options) {
  YZ_TRY(session.terminal().remove(path_of(options) +
                                   "&person=" + percent_encode(options.person)));
  if (!session.json) session.out() << "已移除；各版次仍可以 --version 查詢。\n";
  return Exit::kDone;
}

Result<Exit> write_roster(Session& session, const GroupOptions& options) {
  std::string path = path_of(options, "/roster") + (options.copy ? "&copy=copy" : "") + "&except=";
  for (const std::string& code : options.excepted) path += percent_encode(code) + ",";
  const Bytes roster = YZ_TRY(session.terminal().get_bytes(path));
  write_durably(options.into, roster);
  if (!session.json) session.out() << "已寫入 " << options.into << "\n";
  return Exit::kDone;
}

Command<GroupOptions> add(CLI::App& group, const char* name, const char* what) {
  auto command = add_command<GroupOptions>(group, name, what);
  command.app->add_option("--owner", command.options->owner,
                          "私有群組屬於何人；不填為全機關共用之群組");
  return command;
}

Command<GroupOptions> add_named(CLI::App& group, const char* name, const char* what) {
  auto command = add(group, name, what);
  command.app->add_option("name", command.options->name, "群組名稱")->required();
  command.app->add_option("--version", command.options->version, "哪一版；不填為現行版")
      ->check(CLI::PositiveNumber);
  return command;
}

}  // namespace

void add_group_commands(CLI::App& app, Session& session) {
  CLI::App* group = app.add_subcommand("group", "行文群組：常用之受文者，可共用或私有，各版留存");
  group->group("發文");
  group->require_subcommand(1);
  add(*group, "list", "共用之群組；加 --owner 亦列其私有者").runs(session, list);

  auto look = add_named(*group, "show", "群組之受文者，及現在能否收文");
  look.app->add_option("--csv", look.options->csv, "寫入之 CSV 檔");
  look.runs(session, show);

  auto write = add_named(*group, "save", "新增群組，或更新為次一版");
  write.app->add_option("--member", write.options->members, "受文者代碼（10 或 17 碼），可重複");
  write.app->add_option("--from", write.options->from,
                        "CSV 檔，有「機關代碼」欄（及「單位代碼」欄）；例如 address-book --csv 所寫者");
  write.app->add_option("--person", write.options->person, "辦理人員；不填用終端之設定");
  write.example("  yizhan group save 各級學校 --from schools.csv\n"
                "  yizhan group save 常用 --owner 王小明 --member T37600000B --member T38100000C")
      .runs(session, save);

  auto drop = add_named(*group, "remove", "移除群組");
  drop.app->add_option("--person", drop.options->person, "辦理人員；不填用終端之設定");
  drop.runs(session, remove);

  auto roster = add_named(*group, "roster", "展開為交換表單（SW），名稱依現行地址簿；隨公文傳送並留存");
  roster.app->add_option("--into", roster.options->into, "寫入之 SW 檔")->required();
  roster.app->add_option("--except", roster.options->excepted, "除外之受文者代碼，可重複");
  roster.app->add_flag("--copy", roster.options->copy, "副本；不填為正本");
  roster.example("  yizhan group roster 各級學校 --into letter.sw --except T37600000B")
      .runs(session, write_roster);
}

}  // namespace yizhan
