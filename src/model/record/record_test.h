#pragma once

#include <gtest/gtest.h>

#include "model/record/record.h"
#include "tests/support/clause.h"
#include "tests/support/test_database.h"

namespace yizhan {

extern const std::span<const EmbeddedFile> kMigrations;

// A database of each engine, and what the tests of records have in common.
class RecordTest : public ::testing::TestWithParam<Engine> {
 protected:
  static constexpr Time kNow = Time::from_ms(1'795'000'000'000);  // 2026-11-18 in Taipei

  void SetUp() override { migrate(db_, kMigrations, kNow); }

  static Json json(const char* text) { return parse_json(bytes_of(text)).value(); }

  template <class F>
  auto act(F&& fn) {
    return db_.transact(fn);
  }

  std::vector<std::string> entries(const std::string& event) {
    std::vector<std::string> found;
    for (const JournalEntry& entry : db_.read([&](Transaction& tx) {
           return JournalStore(tx).entries({.from = Time(),
                                            .to = kNow + std::chrono::hours{100'000},
                                            .event = event,
                                            .after_at = Time(),
                                            .after_id = "",
                                            .count_max = 1000});
         })) {
      found.push_back(entry.entry);
    }
    return found;
  }

  TestDatabase place_{GetParam()};
  Database db_{place_.config()};
  Journal journal_{"management.example"};
};

}  // namespace yizhan
