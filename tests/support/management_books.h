#pragma once

#include <gtest/gtest.h>

#include <optional>

#include "ground/files/files.h"
#include "model/record/record.h"
#include "tests/support/small_exchange.h"
#include "tests/support/test_database.h"

namespace yizhan {

extern const std::span<const EmbeddedFile> kMigrations;

// What every book of management keeps its lines by: the directory of a small exchange, and what is
// owed. On either engine:
//   class NoticeBookTest : public ManagementBooks {…};
//   INSTANTIATE_TEST_SUITE_P(BothEngines, NoticeBookTest, kBothEngines, engine_name);
class ManagementBooks : public ::testing::TestWithParam<Engine> {
 protected:
  // With the directory as the exchange stands then.
  void begin_books(const Bytes& directory) {
    migrate(database_, kMigrations, kTestNow);
    write_durably(place_.directory() / "directory.p7m", directory);
    directory_.emplace(place_.directory() / "directory.p7m",
                       std::vector{exchange_.management.certificate()});
  }
  Bytes signed_directory(std::int64_t version = 1) {
    return sign_directory(exchange_.directory(version), exchange_.management, kTestNow).value();
  }
  // With nobody above anybody.
  std::vector<ObligationNotice> tend_obligations() {
    return database_.transact([&](Transaction& tx) {
      return obligations_.tend(tx, Supervision::make({}).value(), clock_.now());
    });
  }

  SmallExchange exchange_;
  TestClock clock_;
  TestDatabase place_{GetParam()};
  Database database_{place_.config()};
  Journal journal_{"management"};
  const ObligationKinds kinds_ = obligation_kinds();
  const WorkingCalendar calendar_ = WorkingCalendar::load({}).value();
  const Obligations obligations_{journal_, kinds_, calendar_};
  std::optional<DirectorySource> directory_;
};

}  // namespace yizhan
