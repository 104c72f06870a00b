#include "ground/journal/journal.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "ground/json/json.h"
#include "tests/support/test_database.h"

namespace yizhan {
namespace {

constexpr Time kNow = Time::from_ms(1'795'000'000'000);

// The present schema, as programs get it by migration.
std::string journal_schema() {
  const char* source = std::getenv("YIZHAN_SOURCE");
  std::ifstream file(std::string(source == nullptr ? "." : source) +
                     "/schema/migrate/0001_journal.sql");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class StoppedClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override { return kNow; }
};

class JournalTest : public ::testing::TestWithParam<Engine> {
 protected:
  void SetUp() override {
    db_.transact([](Transaction& tx) { run_script(tx, journal_schema()); });
  }

  void record_start(Time now) {
    db_.transact([&](Transaction& tx) {
      journal_.record(tx, Event::kProcessStarted,
                      {{"program", "exchange"}, {"version", "0.1"}, {"configuration_sha256", "ab"}},
                      now);
    });
  }

  std::vector<JournalEntry> entries(const JournalStore::Page& page) {
    return db_.read([&](Transaction& tx) { return JournalStore(tx).entries(page); });
  }

  std::vector<JournalEntry> all() {
    return entries({.from = Time(),
                    .to = kNow + Milliseconds(1'000'000),
                    .event = "",
                    .after_at = Time(),
                    .after_id = ""});
  }

  std::vector<JournalEntry> unsealed(int count_max) {
    return db_.read([&](Transaction& tx) { return JournalStore(tx).unsealed(count_max); });
  }

  TestDatabase place_{GetParam()};
  Database db_{place_.config()};
  Journal journal_{"exchange.example"};
};

INSTANTIATE_TEST_SUITE_P(BothEngines, JournalTest, kBothEngines, engine_name);

TEST_P(JournalTest, KeepsAnEventAsCanonicalJsonWithItsClause) {
  db_.transact([&](Transaction& tx) {
    journal_.record(tx, Event::kDocumentStopped,
                    {{"reason", "infected"},
                     {"message_id", "m1"},
                     {"sender", "A00000000A"},
                     {"recipient", "第一科"}},
                    kNow);
  });
  const auto entries = all();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].event, "document_stopped");
  EXPECT_EQ(entries[0].outcome, "refusal");
  EXPECT_EQ(entries[0].at, kNow);
  EXPECT_EQ(entries[0].log_index, std::nullopt);
  EXPECT_TRUE(JournalEntryId::parse(entries[0].id));
  EXPECT_EQ(entries[0].entry,
            R"({"clause":"五(二)7","event":"document_stopped","fields":{"message_id":"m1",)"
            R"("reason":"infected","recipient":"第一科","sender":"A00000000A"},)"
            R"("format":"yizhan-journal-1","id":")" +
                entries[0].id + R"(","origin":"exchange.example","outcome":"refusal","time":")" +
                kNow.text() + R"("})");
}

TEST_P(JournalTest, AnEventGoesWithItsTransaction) {
  const auto refused = db_.transact([&](Transaction& tx) -> Result<void> {
    journal_.record(tx, Event::kScannerDown, {{"scanner", "a"}, {"detail", "timeout"}}, kNow);
    return Reason::kConflict;
  });
  EXPECT_FALSE(refused.ok());
  EXPECT_TRUE(all().empty());
}

TEST_P(JournalTest, AProcessStandsThereFromItsBeginningToItsEnd) {
  const StoppedClock clock;
  const ProcessRecord::Facts facts{"yizhan-exchange", "0.1", "centre = \"C01\"\n"};
  { const ProcessRecord ended(db_, journal_, clock, facts); }
  std::vector<std::string> events;
  for (const JournalEntry& entry : all()) events.push_back(entry.event);
  EXPECT_EQ(events, (std::vector<std::string>{"process_started", "process_stopped"}));
  EXPECT_NE(all().front().entry.find("configuration_sha256"), std::string::npos);
}

TEST_P(JournalTest, EntriesAreSealedOnceInTheOrderOfTheirBirth) {
  for (int i = 2; i >= 0; --i) record_start(kNow + Milliseconds(i));
  const auto waiting = unsealed(2);
  ASSERT_EQ(waiting.size(), 2U);
  EXPECT_EQ(waiting[0].at, kNow);
  EXPECT_EQ(waiting[1].at, kNow + Milliseconds(1));
  db_.transact([&](Transaction& tx) { JournalStore(tx).seal(waiting[0].id, 41); });
  EXPECT_EQ(unsealed(10).size(), 2U);
  EXPECT_EQ(all()[0].log_index, 41);
  EXPECT_THROW(db_.transact([&](Transaction& tx) { JournalStore(tx).seal(waiting[1].id, 41); }),
               UniqueViolation);
}

TEST_P(JournalTest, TheAuditorReadsPageByPage) {
  for (int i = 0; i < 5; ++i) record_start(kNow + Milliseconds(i / 2));
  db_.transact([&](Transaction& tx) {
    journal_.record(tx, Event::kScannerUp, {{"scanner", "a"}, {"detail", ""}}, kNow);
  });
  JournalStore::Page page{.from = kNow,
                          .to = kNow + Milliseconds(2),
                          .event = "process_started",
                          .after_at = Time(),
                          .after_id = "",
                          .count_max = 3};
  std::set<std::string> seen;
  for (std::size_t expected : {3U, 1U, 0U}) {
    const auto found = entries(page);
    ASSERT_EQ(found.size(), expected);
    for (const JournalEntry& entry : found) {
      EXPECT_TRUE(seen.insert(entry.id).second);
      EXPECT_EQ(entry.event, "process_started");
      EXPECT_GE(entry.at, page.after_at);
      page.after_at = entry.at;
      page.after_id = entry.id;
    }
  }
  page = {.from = Time(),
          .to = kNow + Milliseconds(9),
          .event = "",
          .after_at = Time(),
          .after_id = ""};
  EXPECT_EQ(entries(page).size(), 6U);
}

class SettableClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override { return now_; }
  void pass(Milliseconds time) { now_ = now_ + time; }

 private:
  Time now_ = kNow;
};

TEST_P(JournalTest, RefusedConnectionsOfOneAddressAreOneRowAndACount) {
  SettableClock clock;
  RefusedConnections refused(db_, journal_, clock);
  const auto counts = [&] {
    std::vector<std::int64_t> found;
    for (const JournalEntry& entry : all()) {
      found.push_back(parse_json(bytes_of(entry.entry))->at("fields").at("count"));
    }
    std::ranges::sort(found);
    return found;
  };
  for (int i = 0; i < 500; ++i) refused.note({"192.0.2.1", "", "unlisted_address"});
  refused.note({"192.0.2.2", "", "unlisted_address"});
  refused.tend();
  EXPECT_EQ(counts(), (std::vector<std::int64_t>{1, 1})) << "the first of each at once";
  clock.pass(std::chrono::minutes{1});
  refused.tend();
  EXPECT_EQ(counts(), (std::vector<std::int64_t>{1, 1, 499}));
}

TEST_P(JournalTest, RefusedConnectionsOfAnyNumberOfAddressesAreBounded) {
  SettableClock clock;
  {
    RefusedConnections refused(db_, journal_, clock);
    for (std::size_t i = 0; i < 3 * RefusedConnections::kAddressesMax; ++i) {
      refused.note({"192.0.2." + std::to_string(i), "", "unlisted_address"});
    }
  }
  const auto found = entries({.from = Time(),
                              .to = kNow + Milliseconds(9),
                              .event = "connection_refused",
                              .after_at = Time(),
                              .after_id = "",
                              .count_max = 1000});
  EXPECT_EQ(found.size(), RefusedConnections::kAddressesMax + 2) << "the others, and their count";
}

using JournalDeathTest = JournalTest;
INSTANTIATE_TEST_SUITE_P(Sqlite, JournalDeathTest, ::testing::Values(Engine::kSqlite), engine_name);

TEST_P(JournalDeathTest, AMissingOrUnknownFieldIsABug) {
  db_.transact([&](Transaction& tx) {
    const auto record = [&](const Fields& fields) {
      journal_.record(tx, Event::kScannerDown, fields, kNow);
    };
    EXPECT_DEATH(record({{"scanner", "a"}}), "fields.size");
    EXPECT_DEATH(record({{"scanner", "a"}, {"engine", "b"}}), "text.fields");
    EXPECT_DEATH(record({{"scanner", "a"}, {"scanner", "b"}}), "fields.size");
  });
}

TEST_P(JournalDeathTest, SealingTwiceIsABug) {
  record_start(kNow);
  const std::string id = unsealed(1).at(0).id;
  db_.transact([&](Transaction& tx) {
    JournalStore(tx).seal(id, 1);
    EXPECT_DEATH(JournalStore(tx).seal(id, 2), "sealed");
  });
}

TEST(Events, EachStandsAtItsPlaceWithANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const EventText& text : all_events()) {
    EXPECT_EQ(&describe(text.event), &text);
    EXPECT_TRUE(names.insert(text.name).second) << text.name;
    EXPECT_FALSE(text.fields.empty()) << text.name;
    const std::set<std::string_view> fields(text.fields.begin(), text.fields.end());
    EXPECT_EQ(fields.size(), text.fields.size()) << text.name;
    EXPECT_FALSE(fields.contains("")) << text.name;
  }
}

}  // namespace
}  // namespace yizhan
