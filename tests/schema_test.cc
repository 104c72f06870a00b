#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

#include "tests/support/schema_shape.h"
#include "tests/support/test_database.h"

namespace yizhan {

extern const std::span<const EmbeddedFile> kMigrations;
extern const std::span<const EmbeddedFile> kPresentSchema;

namespace {

constexpr Time kNow = Time::from_ms(1'795'000'000'000);

class Schema : public ::testing::TestWithParam<Engine> {
 protected:
  TestDatabase place_{GetParam()};
  Database db_{place_.config()};
};

INSTANTIATE_TEST_SUITE_P(BothEngines, Schema, kBothEngines, engine_name);

void load_present(Database& db) {
  ASSERT_EQ(kPresentSchema.size(), 1U);
  db.transact([](Transaction& tx) { run_script(tx, kPresentSchema.front().content); });
}

TEST_P(Schema, TheMigrationsTogetherMakeThePresentSchema) {
  migrate(db_, kMigrations, kNow);
  TestDatabase other_place(GetParam());
  Database present(other_place.config());
  load_present(present);
  EXPECT_EQ(schema_shape(db_), schema_shape(present));

  std::vector<std::string> particulars = schema_particulars(db_);
  std::erase_if(particulars, [](const std::string& line) {
    return line.find("schema_migrations") != std::string::npos;
  });
  EXPECT_EQ(particulars, schema_particulars(present));
}

TEST(SchemaOfBothEngines, IsTheSame) {
  TestDatabase sqlite_place(Engine::kSqlite);
  TestDatabase postgres_place(Engine::kPostgres);
  Database sqlite(sqlite_place.config());
  Database postgres(postgres_place.config());
  load_present(sqlite);
  load_present(postgres);
  EXPECT_EQ(schema_shape(sqlite), schema_shape(postgres));
  EXPECT_FALSE(schema_shape(sqlite).empty());
}

TEST_P(Schema, TheShapeShowsEveryPartOfATable) {
  db_.transact([](Transaction& tx) {
    run_script(tx, R"sql(
        CREATE TABLE parent (a TEXT NOT NULL, b BIGINT NOT NULL, PRIMARY KEY (b, a));
        CREATE TABLE child (id TEXT NOT NULL PRIMARY KEY, a TEXT DEFAULT 'x', b BIGINT DEFAULT 5,
          FOREIGN KEY (b, a) REFERENCES parent (b, a) ON DELETE CASCADE, UNIQUE (b, a));
        CREATE UNIQUE INDEX child_by_a ON child (a, id) WHERE b IS NULL;)sql");
  });
  EXPECT_EQ(schema_shape(db_),
            (std::vector<std::string>{
                "child column a text DEFAULT 'x'", "child column b bigint DEFAULT 5",
                "child column id text NOT NULL",
                "child foreign key (b, a) to parent (b, a) on delete cascade",
                "child primary key (id)", "child unique (b, a)",
                "child unique index child_by_a (a, id) partial", "parent column a text NOT NULL",
                "parent column b bigint NOT NULL", "parent primary key (b, a)"}));
}

// What stands in every column: by "table.column", all its values in order.
using Contents = std::map<std::string, std::vector<std::tuple<std::optional<std::string>>>>;

Contents contents_of(Database& db) {
  Contents contents;
  for (const std::string& line : schema_shape(db)) {
    std::istringstream words(line);
    std::string table, what, column;
    words >> table >> what >> column;
    if (what != "column") continue;
    contents[table + "." + column] = db.read([&](Transaction& tx) {
      return tx.query<std::optional<std::string>>("SELECT CAST(\"" + column + "\" AS TEXT) FROM " +
                                                  table + " ORDER BY 1");
    });
  }
  return contents;
}

std::string rows_of(std::string_view migration) {
  const char* source = std::getenv("YIZHAN_SOURCE");
  const std::string path = std::string(source == nullptr ? "." : source) +
                           "/tests/fixtures/schema/" + std::string(migration);
  std::ifstream file(path);
  EXPECT_TRUE(file) << "a migration comes with rows of its version: " << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

// A database in the field has rows of every earlier version when a migration comes.
TEST_P(Schema, EveryMigrationKeepsTheRowsThatEarlierVersionsLeft) {
  Contents before;
  for (std::size_t i = 0; i < kMigrations.size(); ++i) {
    migrate(db_, kMigrations.first(i + 1), kNow);
    const Contents after = contents_of(db_);
    for (const auto& [column, values] : before) {
      ASSERT_TRUE(after.contains(column)) << kMigrations[i].name << " drops " << column;
      EXPECT_EQ(after.at(column), values) << kMigrations[i].name << " changes " << column;
    }
    db_.transact([&](Transaction& tx) { run_script(tx, rows_of(kMigrations[i].name)); });
    before = contents_of(db_);
  }
  for (const auto& [column, values] : before) EXPECT_FALSE(values.empty()) << column;
}

TEST_P(Schema, MigratingAgainChangesNothing) {
  migrate(db_, kMigrations, kNow);
  const auto applied = [&] {
    return db_.read([](Transaction& tx) {
      return tx.query<std::int64_t, std::string, std::string, Time>(
          "SELECT number, name, sha256, applied_at_ms FROM schema_migrations ORDER BY number");
    });
  };
  const auto before = applied();
  EXPECT_EQ(before.size(), kMigrations.size());
  migrate(db_, kMigrations, kNow + Milliseconds(1));
  EXPECT_EQ(applied(), before);
}

TEST_P(Schema, AChangedMigrationIsRefused) {
  migrate(db_, kMigrations, kNow);
  std::vector<EmbeddedFile> changed(kMigrations.begin(), kMigrations.end());
  const std::string hash(64, '0');
  changed.front().sha256 = hash;
  EXPECT_THROW(migrate(db_, changed, kNow), SchemaError);
}

TEST_P(Schema, ADatabaseNewerThanTheProgramIsRefused) {
  migrate(db_, kMigrations, kNow);
  EXPECT_THROW(migrate(db_, kMigrations.first(kMigrations.size() - 1), kNow), SchemaError);
}

TEST_P(Schema, AMigrationThatFailsLeavesNothingBehind) {
  const std::array files{
      EmbeddedFile{.name = "0001_first.sql", .content = "CREATE TABLE a (x BIGINT)", .sha256 = "1"},
      EmbeddedFile{.name = "0002_second.sql",
                   .content = "CREATE TABLE b (x BIGINT); INSERT INTO nowhere (x) VALUES (1);",
                   .sha256 = "2"}};
  EXPECT_THROW(migrate(db_, files, kNow), StoreError);
  EXPECT_EQ(schema_shape(db_), (std::vector<std::string>{"a column x bigint"}));
}

TEST_P(Schema, TwoProgramsMayMigrateAtOnce) {
  Database other(place_.config());
  std::jthread first([&] { migrate(db_, kMigrations, kNow); });
  migrate(other, kMigrations, kNow);
  first.join();
  EXPECT_NO_THROW(migrate(db_, kMigrations, kNow));
}

TEST(SchemaHashes, NoPublishedMigrationChanged) {
  const char* source = std::getenv("YIZHAN_SOURCE");
  std::ifstream file(std::string(source == nullptr ? "." : source) + "/tests/schema_hashes.txt");
  ASSERT_TRUE(file);
  std::map<std::string, std::string> published;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string hash, name;
    if (!line.starts_with("#") && words >> hash >> name) published[name] = hash;
  }
  std::map<std::string, std::string> present;
  for (const EmbeddedFile& migration : kMigrations) {
    present[std::string(migration.name)] = migration.sha256;
  }
  EXPECT_EQ(present, published);
}

}  // namespace
}  // namespace yizhan
