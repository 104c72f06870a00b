#include "ground/files/files.h"
#include "role/cli/session.h"

namespace yizhan {

namespace {

constexpr int kEventWaitSeconds = 60;

struct SearchOptions {
  std::string query;
  std::string csv;
  int limit = 50;
};

struct EventOptions {
  bool follow = false;
};

std::string_view standing_title(const std::string& standing) {
  if (standing == "suspended") return "中止服務";
  return standing == "closed" ? "已裁撤" : "使用中";
}

Result<Exit> search_address_book(Session& session, const SearchOptions& options) {
  if (!options.csv.empty()) {
    write_durably(options.csv,
                  YZ_TRY(session.terminal().get_bytes("/api/v1/address-book?format=csv&q=" +
                                                      percent_encode(options.query))));
    session.out() << "已寫入 " << options.csv << "\n";
    return Exit::kDone;
  }
  const Json answer =
      YZ_TRY(session.terminal().get("/api/v1/address-book?q=" + percent_encode(options.query) +
                                    "&limit=" + std::to_string(options.limit)));
  if (session.json) {
    session.print(answer);
    return Exit::kDone;
  }
  TextTable table({"機關代碼", "單位代碼", "名稱", "狀態", "可收文"});
  for (const Json& item : answer.at("items")) {
    table.add({text_in(item, "org_code"), text_in(item, "unit_code"), text_in(item, "name"),
               std::string(standing_title(text_in(item, "standing"))),
               item.value("can_receive", false) ? "是" : "否"});
  }
  table.print(session.out());
  session.out() << "共 " << answer.value("total", 0) << " 筆（通訊目錄第 "
                << answer.value("directory_version", 0) << " 版）\n";
  return Exit::kDone;
}

Result<Exit> show_limits(Session& session, const NoOptions&) {
  const Json answer = YZ_TRY(session.terminal().get("/api/v1/limits"));
  if (session.json) {
    session.print(answer);
    return Exit::kDone;
  }
  TextTable table({"項目", "上限"});
  for (const auto& [name, title] :
       {std::pair("package_bytes_max", "一件公文與附件"), std::pair("part_bytes_max", "一個檔案"),
        std::pair("document_bytes_max", "本文檔或交換表單")}) {
    if (answer.contains(name)) table.add({title, size_text(answer.at(name).get<std::uint64_t>())});
  }
  for (const auto& [name, title] :
       {std::pair("parts_max", "檔案數"), std::pair("recipients_max", "受文者數"),
        std::pair("name_bytes_max", "檔名之位元組數")}) {
    if (answer.contains(name)) table.add({title, answer.at(name).dump()});
  }
  table.print(session.out());
  session.out() << "可用之附件格式（* 為建議）：";
  for (const Json& type : answer.value("attachment_types", Json::array())) {
    session.out() << " " << text_in(type, "extension")
                  << (type.value("preferred", false) ? "*" : "");
  }
  session.out() << "\n";
  return Exit::kDone;
}

void print_counts(const Session& session, const Json& json) {
  for (const auto& [name, title] :
       {std::pair("outbox", "發文"), std::pair("packages", "封裝"), std::pair("inbox", "收文")}) {
    for (const Json& item : json.value(name, Json::array())) {
      session.out() << "  " << title << " " << text_in(item, "state") << " "
                    << item.value("count", 0);
      const std::string oldest = text_in(item, "oldest");
      if (!oldest.empty()) session.out() << "（最早 " << roc_time(oldest) << "）";
      session.out() << "\n";
    }
  }
}

Result<Exit> watch_events(Session& session, const EventOptions& options) {
  Line& line = session.terminal();
  std::int64_t number = 0;
  int wait = 0;
  do {
    const Json event = YZ_TRY(line.get("/api/v1/events?after=" + std::to_string(number) +
                                       "&wait=" + std::to_string(wait)));
    wait = kEventWaitSeconds;
    if (!event.is_object()) continue;
    number = event.value("next", number);
    if (session.json) {
      session.print(event);
    } else {
      session.out() << roc_time(SystemClock().now().text()) << "\n";
      print_counts(session, event);
    }
    session.out() << std::flush;
  } while (options.follow);
  return Exit::kDone;
}

struct Check {
  const char* what;
  bool good;
  std::string note;
};

// What must work, and what there is to say about it.
std::vector<Check> checks_of(const Json& status) {
  const auto part = [&](const char* name) { return status.value(name, Json::object()); };
  const Json centre = part("centre"), directory = part("directory"), keyholder = part("keyholder"),
             scanner = part("scanner"), proofs = part("proofs");
  const Json certificates = status.value("certificates", Json::array());
  const auto expired = [](const Json& one) { return text_in(one, "state") == "expired"; };
  std::vector<Check> checks{
      {"交換中心", centre.value("reachable", false),
       text_in(centre, "code") + " 自 " + roc_time(text_in(centre, "since")) + " " +
           reason_text(centre.value("reason", Json()))},
      {"通訊目錄", directory.contains("version") && !directory.value("expired", false),
       "第 " + std::to_string(directory.value("version", 0)) + " 版，效期至 " +
           roc_time(text_in(directory, "expires"))},
      {"金鑰服務", keyholder.value("ready", false), reason_text(keyholder.value("reason", Json()))},
      {"掃毒服務", scanner.value("ready", false),
       text_in(scanner, "engine") + " " + text_in(scanner, "signatures_version") + " " +
           reason_text(scanner.value("reason", Json()))},
      {"機關憑證", std::none_of(certificates.begin(), certificates.end(), expired),
       std::to_string(certificates.size()) + " 種用途"},
      {"日誌證明", proofs.value("overdue", 0) == 0,
       "待中心證明 " + std::to_string(proofs.value("awaited", 0)) + " 份，逾時 " +
           std::to_string(proofs.value("overdue", 0)) + " 份"}};
  if (const Json distribution = part("distribution"); !distribution.empty()) {
    checks.push_back({"派送", is_followed(distribution), distribution_note(distribution)});
    const bool late = text_in(distribution.value("release", Json::object()), "state") == "late";
    checks.push_back({"程式版本", !late, release_note(distribution)});
  }
  return checks;
}

Result<Exit> examine(Session& session, const NoOptions&) {
  const Json status = YZ_TRY(session.terminal().get("/api/v1/status"));
  session.json ? session.print(status) : print_status(session, status);
  for (const Check& check : checks_of(status)) {
    if (!check.good) return Exit::kRefused;
  }
  return Exit::kDone;
}

}  // namespace

bool is_followed(const Json& distribution) {
  const std::string code = text_in(distribution.value("reason", Json::object()), "code");
  return !distribution.value("stale", false) && !distribution.value("expired", false) &&
         (code.empty() || code == "unavailable");
}

std::string distribution_note(const Json& distribution) {
  const std::string expires = text_in(distribution, "expires");
  std::string note = "第 " + std::to_string(distribution.value("version", 0)) + " 版，" +
                     std::to_string(distribution.value("age_seconds", 0) / 60) + " 分鐘前取得";
  if (!expires.empty()) note += "，效期至 " + roc_time(expires);
  if (distribution.value("expired", false)) {
    note += "；已逾效期，暫停收發";
  } else if (distribution.value("stale", false)) {
    note += "；久無新的派送";
  }
  const Json reason = distribution.value("reason", Json());
  return reason.is_null() ? note : note + "；" + reason_text(reason);
}

std::string release_note(const Json& distribution) {
  const Json release = distribution.value("release", Json::object());
  std::string note = text_in(release, "running");
  const std::string state = text_in(release, "state");
  if (state == "current") note += "，為最新";
  if (!release.contains("newest") || state == "current") return note;
  const Json& newest = release.at("newest");
  note += "；新版 " + text_in(newest, "version") + " 之檢核碼相符，請安裝（yizhan release install）";
  if (state != "old" && state != "late") return note;
  const Json& minimum = newest.at("minimum");
  return note + "：須為 " + text_in(minimum, "version") + " 以上，寬限至 " +
         text_in(minimum, "grace") + (state == "late" ? "，已逾期" : "");
}

void print_certificates(std::ostream& out, const Json& certificates) {
  for (const Json& one : certificates) {
    const std::string state = text_in(one, "state"), holder = text_in(one, "holder");
    if (state == "good") continue;
    out << "注意  憑證 " << shown_text(text_in(one, "use"))
        << (holder.empty() ? "" : "（" + shown_text(holder) + "）")
        << (state == "expired" ? " 已於 " : " 將於 ") << roc_time(text_in(one, "until"))
        << " 到期，請換發（yizhan key renew）並辦理登錄\n";
  }
}

void print_status(const Session& session, const Json& status) {
  session.out() << text_in(status, "program") << " " << text_in(status, "version") << "  "
                << shown_text(text_in(status, "agency")) << "（" << text_in(status, "org_code")
                << "）" << shown_text(text_in(status, "terminal")) << "  "
                << roc_time(text_in(status, "time")) << "\n";
  for (const Check& check : checks_of(status)) {
    session.out() << (check.good ? "正常  " : "異常  ") << check.what << "  "
                  << shown_text(check.note) << "\n";
  }
  print_certificates(session.out(), status.value("certificates", Json::array()));
  print_counts(session, status);
  const std::string oldest = text_in(status, "oldest_waiting");
  if (!oldest.empty()) session.out() << "最久未處理者：" << roc_time(oldest) << "\n";
}

void add_service_commands(CLI::App& app, Session& session) {
  auto book = add_command<SearchOptions>(app, "address-book", "查詢機關與單位");
  book.app->group("狀態");
  book.app->add_option("query", book.options->query, "名稱之一部分，或代碼之開頭");
  book.app->add_option("--limit", book.options->limit, "至多幾筆")->check(CLI::Range(1, 200));
  book.app->add_option("--csv", book.options->csv, "寫入之 CSV 檔：所有符合者，不限筆數");
  book.example("  yizhan address-book 澤林\n  yizhan address-book T376 --csv schools.csv")
      .runs(session, search_address_book);

  auto limits = add_command<NoOptions>(app, "limits", "目前之上限與可用之附件格式");
  limits.app->group("檢核");
  limits.runs(session, show_limits);

  auto events = add_command<EventOptions>(app, "events", "發文匣與收文匣之變動");
  events.app->group("狀態");
  events.app->add_flag("--follow", events.options->follow, "持續等候，直到中斷");
  events.example("  yizhan --json events --follow").runs(session, watch_events);

  auto doctor = add_command<NoOptions>(app, "doctor", "檢查終端之各項服務；有異常者結束碼為 1");
  doctor.app->alias("check")->group("狀態");
  doctor.runs(session, examine);
}

}  // namespace yizhan
