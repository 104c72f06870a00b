#include "ground/store/group_commit.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "ground/store/store.h"
#include "tests/support/test_database.h"

namespace yizhan {
namespace {

using namespace std::chrono_literals;

// Writers that are all there before the first is done.
class Writers : public ::testing::Test {
 protected:
  static constexpr int kCount = 8;

  void SetUp() override {
    db_.transact([](Transaction& tx) { tx.run("CREATE TABLE things (id TEXT PRIMARY KEY)"); });
  }

  static void insert(Transaction& tx, int id) {
    tx.run("INSERT INTO things (id) VALUES (:id)", {{"id", std::to_string(id)}});
  }

  // As another program sees it.
  std::int64_t durable() {
    return other_.read([](Transaction& tx) {
      return std::get<0>(*tx.find<std::int64_t>("SELECT COUNT(*) FROM things"));
    });
  }

  // Runs work(tx, i) in a transaction of its own thread for each i; the first holds the turn until
  // the others wait for it.
  template <class Work>
  std::vector<std::string> write_together(Work work) {
    std::vector<std::string> outcomes(kCount);
    std::vector<std::jthread> threads;
    std::atomic<int> begun = 0;
    for (int i = 0; i < kCount; ++i) {
      threads.emplace_back([&, i] {
        ++begun;
        outcomes[static_cast<std::size_t>(i)] = outcome_of([&](Transaction& tx) {
          while (begun < kCount) std::this_thread::sleep_for(1ms);
          return work(tx, i);
        });
      });
    }
    threads.clear();
    return outcomes;
  }

  template <class F>
  std::string outcome_of(F body) {
    try {
      const Result<void> result = db_.transact(body);
      return result ? "done" : std::string(code_of(result.reason()));
    } catch (const std::exception& accident) {
      return accident.what();
    }
  }

  TestDatabase place_{Engine::kSqlite};
  Database db_{place_.config()};
  Database other_{place_.config()};
};

TEST_F(Writers, ThatWaitShareACommit) {
  // A group does not stay open for slow work, which a busy machine makes of any: some round shares.
  std::set<std::int64_t> seen;
  for (int round = 0; round < 50 && seen.size() == static_cast<std::size_t>(round) * kCount;
       ++round) {
    std::mutex mutex;
    const auto outcomes = write_together([&](Transaction& tx, int i) -> Result<void> {
      const std::int64_t before = durable();
      insert(tx, round * kCount + i);
      const std::lock_guard lock(mutex);
      seen.insert(before);
      return {};
    });
    EXPECT_EQ(outcomes, std::vector<std::string>(kCount, "done"));
    EXPECT_EQ(durable(), (round + 1) * kCount);
  }
  EXPECT_LT(static_cast<std::int64_t>(seen.size()), durable());
}

TEST_F(Writers, TakeBackThemselvesAlone) {
  const auto outcomes = write_together([&](Transaction& tx, int i) -> Result<void> {
    insert(tx, i);
    if (i % 4 == 1) return Reason::kConflict;
    if (i % 4 == 2) throw std::runtime_error("accident");
    if (i % 4 == 3) insert(tx, i);  // once more: throws
    return {};
  });
  const std::vector<std::string> expected{"done", "conflict", "accident", "UNIQUE"};
  for (std::size_t i = 0; i < kCount; ++i) {
    EXPECT_NE(outcomes[i].find(expected[i % 4]), std::string::npos) << outcomes[i];
  }
  EXPECT_EQ(durable(), kCount / 4);
}

// One statement after another is refused by the disk: nobody is told that it stands.
TEST_F(Writers, AllFailWhenTheDiskFails) {
  const auto outcomes = write_together([&](Transaction& tx, int i) -> Result<void> {
    insert(tx, i);
    if (i == 0) tx.run("PRAGMA max_page_count = 1");
    for (int more = 0; more < 2000; ++more) insert(tx, 100 + i * 10'000 + more);
    return {};
  });
  int failed = 0;
  for (const std::string& outcome : outcomes) failed += outcome == "done" ? 0 : 1;
  EXPECT_GT(failed, 0);
  EXPECT_EQ(durable(), (kCount - failed) * 2001);
}

}  // namespace
}  // namespace yizhan
