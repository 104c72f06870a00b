#include "ground/store/migrations.h"

#include <charconv>

#include "ground/store/sql_text.h"

namespace yizhan {

namespace {

// "0003_name.sql" is 3; the place in the list must agree.
std::int64_t number_of(Migrations migrations, std::size_t place) {
  const std::string_view name = migrations[place].name;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  YZ_ASSERT(error == std::errc() && end == name.data() + 4 && *end == '_');
  YZ_ASSERT(number == static_cast<std::int64_t>(place) + 1);
  return number;
}

void apply(Transaction& tx, const EmbeddedFile& file, std::int64_t number, Time now) {
  // The row first: of two programs at once, one waits here for the other.
  tx.run(
      "INSERT INTO schema_migrations (number, name, sha256, applied_at_ms)"
      " VALUES (:number, :name, :sha256, :now)",
      {{"number", number}, {"name", file.name}, {"sha256", file.sha256}, {"now", now}});
  run_script(tx, file.content);
}

// Applies one file unless it stands there already.
void apply_once(Transaction& tx, const EmbeddedFile& file, std::int64_t number, Time now) {
  const auto row = tx.find<std::string>(
      "SELECT sha256 FROM schema_migrations WHERE number = :number", {{"number", number}});
  if (!row) return apply(tx, file, number, now);
  if (std::get<0>(*row) != file.sha256) {
    throw SchemaError("資料庫綱要變更 " + std::string(file.name) +
                      " 與當初套用者不同；請改用原版程式，或由備份回復。");
  }
}

void migrate_all(Database& database, Migrations migrations, Time now) {
  database.transact([](Transaction& tx) {
    tx.run(
        "CREATE TABLE IF NOT EXISTS schema_migrations (number BIGINT NOT NULL PRIMARY KEY,"
        " name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_at_ms BIGINT NOT NULL)");
  });
  for (std::size_t place = 0; place < migrations.size(); ++place) {
    const std::int64_t number = number_of(migrations, place);
    database.transact([&](Transaction& tx) { apply_once(tx, migrations[place], number, now); });
  }
  const auto newer = database.read([&](Transaction& tx) {
    return tx.query<std::string>("SELECT name FROM schema_migrations WHERE number > :known",
                                 {{"known", migrations.size()}});
  });
  if (newer.empty()) return;
  throw SchemaError("資料庫較本程式新（含 " + std::get<0>(newer.front()) + "）；請更新程式。");
}

}  // namespace

void migrate(Database& database, Migrations migrations, Time now) {
  for (int attempt = 1;; ++attempt) {
    try {
      return migrate_all(database, migrations, now);
    } catch (const UniqueViolation&) {
      // Another program applied the same file just now: look again.
      if (attempt == 5) throw;
    }
  }
}

void run_script(Transaction& tx, std::string_view script) {
  for (const std::string& statement : split_statements(script)) tx.run(statement);
}

}  // namespace yizhan
