#include "model/journey/journal_sealing.h"

#include <gtest/gtest.h>

#include "tests/support/clause.h"
#include "tests/support/small_centre.h"

namespace yizhan {
namespace {

class JournalSealingTest : public CentreTest {
 protected:
  void record_a_start() {
    centre_.database.transact([&](Transaction& tx) {
      centre_.journal.record(
          tx, Event::kProcessStarted,
          {{"program", "exchange"}, {"version", "0.1"}, {"configuration_sha256", "ab"}}, kTestNow);
    });
  }
  std::vector<JournalEntry> entries() {
    return centre_.database.read([](Transaction& tx) {
      return JournalStore(tx).entries({.from = Time(),
                                       .to = kTestNow + Milliseconds(1),
                                       .event = "",
                                       .after_at = Time(),
                                       .after_id = ""});
    });
  }

  EvidenceLog log_{[this] {
                     std::filesystem::create_directory(centre_.place.directory() / "log");
                     return centre_.place.directory() / "log";
                   }(),
                   "CENTRE-1"};
};

INSTANTIATE_TEST_SUITE_P(BothEngines, JournalSealingTest, kBothEngines, engine_name);

TEST_P(JournalSealingTest, EachEntryTakesItsPlaceInTheLog) {
  CLAUSE("五(一)9");
  for (int i = 0; i < 3; ++i) record_a_start();
  JournalSealing sealing(centre_.database, log_);
  EXPECT_EQ(sealing.work(2), 2);
  EXPECT_EQ(sealing.work(2), 1);
  EXPECT_EQ(sealing.work(2), 0);
  EXPECT_EQ(log_.size(), 3U);
  for (const JournalEntry& entry : entries()) {
    ASSERT_TRUE(entry.log_index);
    EXPECT_EQ(log_.entry(static_cast<std::uint64_t>(*entry.log_index)),
              copy_of(bytes_of(entry.entry)));
  }
}

TEST_P(JournalSealingTest, DoesNotLogTwiceWhatWasLoggedBeforeACrash) {
  for (int i = 0; i < 3; ++i) record_a_start();
  const std::vector<JournalEntry> before = entries();
  const Bytes logged[] = {copy_of(bytes_of(before[1].entry))};
  log_.append(logged);  // and the process died before its row said so
  JournalSealing sealing(centre_.database, log_);
  EXPECT_EQ(sealing.work(10), 2);
  EXPECT_EQ(log_.size(), 3U);
  EXPECT_EQ(entries()[1].log_index, 0);
}

}  // namespace
}  // namespace yizhan
