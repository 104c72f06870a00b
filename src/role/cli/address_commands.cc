#include "duty/addresses/addresses.h"
#include "ground/files/files.h"
#include "role/cli/officer_key.h"
#include "role/cli/session.h"

// What officers and auditors do with the lists of addresses: docs/operating-management.md.

namespace yizhan {

namespace {

constexpr std::size_t kDirectoryBytesMax = 256U << 20;

struct DeriveOptions {
  std::string directory;
  std::string officer;
  std::string centre;
  std::string exceptions;
  std::string effective;
  std::string into;
};

struct CheckOptions {
  std::string list;
  std::string before;
};

struct TableOptions {
  std::vector<std::string> lists;
  std::string at;
  std::string of;
  bool csv = false;
};

Result<AddressList> read_list(const std::string& file) {
  Result<AddressList> list = AddressList::parse(read_file(file, AddressList::kBytesMax));
  if (list) return list;
  return Refusal{list.reason(), file + "：" + list.refusal().detail};
}

Result<Time> read_time(const std::string& text) {
  if (text.empty()) return SystemClock().now();
  const std::optional<Time> time = Time::parse(text);
  if (time) return *time;
  return Refusal{Reason::kBadRequest, "時間須如 2026-12-01T00:00:00Z：" + text};
}

// Signed by that officer: who derives from another directory lets others in.
Result<Directory> read_directory(const DeriveOptions& options) {
  const Certificate officer = YZ_TRY(read_certificate(options.officer));
  return verify_directory(read_file(options.directory, kDirectoryBytesMax), {officer});
}

Result<Exit> derive(Session& session, const DeriveOptions& options) {
  const Directory directory = YZ_TRY(read_directory(options));
  const CentreCode centre = YZ_TRY(CentreCode::parse(options.centre));
  std::vector<ApprovedException> exceptions;
  if (!options.exceptions.empty()) {
    const Bytes approved = read_file(options.exceptions, AddressList::kBytesMax);
    exceptions = YZ_TRY(parse_exceptions(approved));
  }
  const Time effective = YZ_TRY(read_time(options.effective));
  const AddressList list =
      YZ_TRY(derive_addresses(directory, centre, exceptions, effective));
  write_durably(options.into, list.json());
  const auto count = list.entries().size();
  if (session.json) {
    session.print({{"target", address_target(centre)},
                   {"entries", count},
                   {"effective", effective.text()}});
  } else {
    session.out() << "位址清單 " << options.into << "：" << count << " 筆，自 "
                  << roc_time(effective.text()) << " 生效\n接著：yizhan distribution add 派送資料夾 "
                  << address_target(centre) << " " << options.into << "\n";
  }
  return Exit::kDone;
}

Result<Exit> check(Session& session, const CheckOptions& options) {
  const AddressList list = YZ_TRY(read_list(options.list));
  std::vector<std::string> changes;
  if (!options.before.empty()) changes = list.changes_since(YZ_TRY(read_list(options.before)));
  if (session.json) {
    session.print({{"centre", list.centre().text()},
                   {"effective", list.effective().text()},
                   {"entries", list.entries().size()},
                   {"changes", changes}});
    return Exit::kDone;
  }
  session.out() << list.centre().text() << "：" << list.entries().size()
                << " 筆，一對一原則相符，自 " << roc_time(list.effective().text()) << " 生效\n";
  for (const std::string& line : changes) session.out() << shown_text(line) << "\n";
  return Exit::kDone;
}

Json describe(const AddressTable::Row& row) {
  Json json = {{"address", row.entry.network.text()},
               {"kind", text_of(row.entry.kind)},
               {"code", row.entry.code},
               {"name", row.entry.name},
               {"since", row.since.text()}};
  if (row.until) json["until"] = row.until->text();
  if (row.entry.exception) json["case"] = row.entry.exception->case_id;
  return json;
}

void print_rows(const Session& session, std::span<const AddressTable::Row> rows) {
  for (const AddressTable::Row& row : rows) {
    session.out() << row.entry.network.text() << "  " << row.entry.code << "  "
                  << shown_text(row.entry.name) << "  自 " << roc_time(row.since.text());
    if (row.until) session.out() << " 至 " << roc_time(row.until->text());
    if (row.entry.exception) {
      session.out() << "  例外 " << shown_text(row.entry.exception->case_id);
    }
    session.out() << "\n";
  }
  if (rows.empty()) session.out() << "查無資料。\n";
}

Result<Exit> show_table(Session& session, const TableOptions& options) {
  std::vector<AddressList> lists;
  for (const std::string& file : options.lists) lists.push_back(YZ_TRY(read_list(file)));
  const AddressTable table = YZ_TRY(AddressTable::make(std::move(lists)));
  std::vector<AddressTable::Row> rows;
  if (options.of.empty()) {
    rows = table.at(YZ_TRY(read_time(options.at)));
  } else {
    rows = table.of(YZ_TRY(Network::parse(options.of)));
  }
  if (session.json) {
    Json items = Json::array();
    for (const AddressTable::Row& row : rows) items.push_back(describe(row));
    session.print({{"items", std::move(items)}});
  } else if (options.csv) {
    session.out() << to_csv(rows);
  } else {
    print_rows(session, rows);
  }
  return Exit::kDone;
}

void add_derive_command(CLI::App& addresses, Session& session) {
  auto command = add_command<DeriveOptions>(
      addresses, "derive", "由通訊目錄及核准之例外，產生一個交換中心之位址清單，供簽署派送");
  DeriveOptions& options = *command.options;
  command.app->add_option("--directory", options.directory, "已簽署之通訊目錄")
      ->required()
      ->check(CLI::ExistingFile);
  command.app->add_option("--officer", options.officer, "簽署目錄者之憑證（PEM）")
      ->required()
      ->check(CLI::ExistingFile);
  command.app->add_option("--centre", options.centre, "交換中心代碼")->required();
  command.app->add_option("--exceptions", options.exceptions, "核准之例外（JSON）")
      ->check(CLI::ExistingFile);
  command.app->add_option("--effective", options.effective, "生效時間（UTC）；預設為現在");
  command.app->add_option("--into", options.into, "寫入之檔案")->required();
  command.example("  yizhan addresses derive --directory directory.p7m --officer chen.crt \\\n"
                  "      --centre CENTRE-1 --exceptions 核准例外.json --into CENTRE-1.json")
      .runs(session, derive);
}

void add_check_command(CLI::App& addresses, Session& session) {
  auto command = add_command<CheckOptions>(addresses, "check",
                                           "檢查位址清單之格式及一對一原則，並列出與前一份之差異");
  CheckOptions& options = *command.options;
  command.app->add_option("list", options.list, "位址清單")->required()->check(CLI::ExistingFile);
  command.app->add_option("--before", options.before, "前一份清單")->check(CLI::ExistingFile);
  command.example("  yizhan addresses check CENTRE-1.json --before 前一份.json")
      .runs(session, check);
}

void add_table_command(CLI::App& addresses, Session& session) {
  auto command = add_command<TableOptions>(
      addresses, "table", "IP 位址與機關名稱對照表：任一時間何位址屬何機關，或一個位址歷來屬何機關");
  TableOptions& options = *command.options;
  command.app->add_option("lists", options.lists, "歷次位址清單（防火牆資料夾下之 lists/*.json）")
      ->required()
      ->check(CLI::ExistingFile);
  auto* at = command.app->add_option("--at", options.at, "何時（UTC）；預設為現在");
  command.app->add_option("--of", options.of, "何位址")->excludes(at);
  command.app->add_flag("--csv", options.csv, "以 CSV 輸出");
  command.example("  yizhan addresses table /var/lib/yizhan-firewall/lists/*.json \\\n"
                  "      --at 2026-11-30T01:00:00Z --csv")
      .runs(session, show_table);
}

}  // namespace

void add_address_commands(CLI::App& app, Session& session) {
  CLI::App* addresses =
      app.add_subcommand("addresses", "位址清單：產生、檢查、對照（五(一)6、五(二)4）");
  addresses->group("管理")->require_subcommand(1);
  add_derive_command(*addresses, session);
  add_check_command(*addresses, session);
  add_table_command(*addresses, session);
}

}  // namespace yizhan
