#include "ground/store/store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <latch>
#include <thread>

#include "tests/support/test_database.h"

namespace yizhan {
namespace {

using namespace std::chrono_literals;

class Store : public ::testing::TestWithParam<Engine> {
 protected:
  void SetUp() override {
    db_.transact([](Transaction& tx) {
      tx.run(
          "CREATE TABLE things (id TEXT NOT NULL PRIMARY KEY, count BIGINT, flag SMALLINT"
          " CHECK (flag IN (0, 1)), body TEXT, at_ms BIGINT)");
      tx.run("INSERT INTO things (id, count) VALUES (:id, 0)", {{"id", "counter"}});
    });
  }

  std::int64_t count() {
    return db_.read([](Transaction& tx) {
      return std::get<0>(*tx.find<std::int64_t>("SELECT count FROM things WHERE id = 'counter'"));
    });
  }

  static std::int64_t add(Transaction& tx, std::int64_t more) {
    return tx.run("UPDATE things SET count = count + :more WHERE id = 'counter'", {{"more", more}});
  }

  static void insert(Transaction& tx, std::string_view id) {
    tx.run("INSERT INTO things (id) VALUES (:id)", {{"id", id}});
  }

  bool holds(std::string_view id) {
    return db_.read([&](Transaction& tx) {
      return tx.find<std::string>("SELECT id FROM things WHERE id = :id", {{"id", id}}).has_value();
    });
  }

  TestDatabase place_{GetParam()};
  Database db_{place_.config()};
};

INSTANTIATE_TEST_SUITE_P(BothEngines, Store, kBothEngines, engine_name);

TEST_P(Store, EveryTypeComesBackAsItWent) {
  Bytes bytes(1000);
  fill_random(bytes);
  const std::string text = "驛站 𠮷 'quoted' \"and\" :not_a_name \\ \n %";
  const auto row = db_.transact([&](Transaction& tx) {
    tx.run(
        "INSERT INTO things (id, count, flag, body, at_ms)"
        " VALUES (:id, :count, :flag, :body, :at)",
        {{"id", text},
         {"count", std::numeric_limits<std::int64_t>::min()},
         {"flag", true},
         {"body", bytes},
         {"at", Time::from_ms(1'795'000'000'123)}});
    return tx.find<std::string, std::int64_t, bool, Bytes, Time>(
        "SELECT id, count, flag, body, at_ms FROM things WHERE id = :id", {{"id", text}});
  });
  EXPECT_EQ(*row, std::tuple(text, std::numeric_limits<std::int64_t>::min(), true, bytes,
                             Time::from_ms(1'795'000'000'123)));
}

TEST_P(Store, NullsComeBackAsNothingAndEmptyTextAsEmpty) {
  using Optionals = std::tuple<std::optional<std::int64_t>, std::optional<bool>,
                               std::optional<std::string>, std::optional<Time>>;
  const auto row = db_.transact([](Transaction& tx) {
    tx.run("INSERT INTO things (id, count, flag, body, at_ms) VALUES ('', :n, :f, :b, :t)",
           {{"n", std::optional<std::int64_t>()},
            {"f", std::optional<bool>()},
            {"b", std::optional<std::string>()},
            {"t", std::optional<Time>()}});
    // The same statement, now with values.
    tx.run("INSERT INTO things (id, count, flag, body, at_ms) VALUES ('x', :n, :f, :b, :t)",
           {{"n", 7}, {"f", false}, {"b", ""}, {"t", Time()}});
    return tx.query<std::optional<std::int64_t>, std::optional<bool>, std::optional<std::string>,
                    std::optional<Time>>(
        "SELECT count, flag, body, at_ms FROM things WHERE id <> 'counter' ORDER BY id");
  });
  ASSERT_EQ(row.size(), 2U);
  EXPECT_EQ(row[0], Optionals());
  EXPECT_EQ(row[1], Optionals(7, false, "", Time()));
}

TEST_P(Store, OneStatementServesValuesAndNullsInTurn) {
  db_.transact([](Transaction& tx) {
    for (const auto& body :
         {std::optional<std::string>("a"), std::optional<std::string>(),
          std::optional<std::string>("a much longer text than any small buffer would hold")}) {
      tx.run("UPDATE things SET body = :body", {{"body", body}});
      EXPECT_EQ(std::get<0>(*tx.find<std::optional<std::string>>("SELECT body FROM things")), body);
    }
  });
}

TEST_P(Store, AnswersTheRowsThatAStatementChanged) {
  db_.transact([](Transaction& tx) {
    EXPECT_EQ(add(tx, 1), 1);
    EXPECT_EQ(tx.run("DELETE FROM things WHERE id = 'absent'"), 0);
    const auto returned = tx.query<std::string, std::int64_t>(
        "INSERT INTO things (id, count) VALUES ('counter', 5) ON CONFLICT (id) DO UPDATE"
        " SET count = things.count + EXCLUDED.count RETURNING id, count");
    EXPECT_EQ(returned, (std::vector{std::tuple(std::string("counter"), std::int64_t{6})}));
  });
  EXPECT_EQ(count(), 6);
}

TEST_P(Store, OrdersTextByItsBytes) {
  const auto ids = db_.transact([](Transaction& tx) {
    for (const char* id : {"aa", "a-b", "B", "中"}) insert(tx, id);
    return tx.query<std::string>("SELECT id FROM things WHERE id <> 'counter' ORDER BY id");
  });
  EXPECT_EQ(ids, (std::vector<std::tuple<std::string>>{{"B"}, {"a-b"}, {"aa"}, {"中"}}));
}

TEST_P(Store, AnExceptionRollsBack) {
  EXPECT_THROW(db_.transact([](Transaction& tx) {
    insert(tx, "gone");
    throw std::runtime_error("disk");
  }),
               std::runtime_error);
  EXPECT_FALSE(holds("gone"));
}

TEST_P(Store, ARefusalRollsBackAndIsAnswered) {
  const auto refused = db_.transact([](Transaction& tx) -> Result<int> {
    insert(tx, "gone");
    return Reason::kConflict;
  });
  EXPECT_EQ(refused.reason(), Reason::kConflict);
  EXPECT_FALSE(holds("gone"));
  EXPECT_EQ(*db_.transact([](Transaction& tx) -> Result<int> {
    insert(tx, "kept");
    return 5;
  }),
            5);
  EXPECT_TRUE(holds("kept"));
}

TEST_P(Store, ADuplicateKeyIsAUniqueViolationWithoutItsValue) {
  try {
    db_.transact([](Transaction& tx) {
      insert(tx, "secret-value");
      insert(tx, "secret-value");
    });
    FAIL();
  } catch (const UniqueViolation& violation) {
    const std::string words = violation.what();
    EXPECT_NE(words.find("INSERT INTO things"), std::string::npos) << words;
    EXPECT_EQ(words.find("secret-value"), std::string::npos) << words;
  }
  EXPECT_FALSE(holds("secret-value"));
}

TEST_P(Store, AUniqueViolationMayBecomeARefusal) {
  const auto result = db_.transact([](Transaction& tx) -> Result<void> {
    try {
      insert(tx, "counter");
    } catch (const UniqueViolation&) {
      return Reason::kReplayed;
    }
    return {};
  });
  EXPECT_EQ(result.reason(), Reason::kReplayed);
  db_.transact([](Transaction& tx) { insert(tx, "the statement still works"); });
}

TEST_P(Store, OtherFailuresSayWhatWasDoneButNotWithWhat) {
  try {
    db_.transact([](Transaction& tx) {
      tx.run("UPDATE things SET flag = :flag, body = :body",
             {{"flag", 2}, {"body", "secret-value"}});
    });
    FAIL();
  } catch (const UniqueViolation&) {
    FAIL();
  } catch (const StoreError& error) {
    const std::string words = error.what();
    EXPECT_NE(words.find("UPDATE things SET flag"), std::string::npos) << words;
    EXPECT_EQ(words.find("secret-value"), std::string::npos) << words;
  }
}

TEST_P(Store, RefusesTextWithAZeroCharacter) {
  EXPECT_THROW(db_.transact([](Transaction& tx) { insert(tx, std::string_view("a\0b", 3)); }),
               StoreError);
  db_.transact([](Transaction& tx) { insert(tx, "ab"); });
}

TEST_P(Store, AColumnThatDoesNotFitIsAnError) {
  db_.transact([](Transaction& tx) { tx.run("UPDATE things SET body = 'not base64'"); });
  const auto read = [&](auto column) {
    db_.read([](Transaction& tx) {
      return tx.find<decltype(column)>("SELECT body FROM things").has_value();
    });
  };
  EXPECT_NO_THROW(read(std::string()));
  EXPECT_THROW(read(Bytes()), StoreError);
  EXPECT_THROW(db_.read([](Transaction& tx) {
    return tx.find<std::int64_t>("SELECT at_ms FROM things").has_value();
  }),
               StoreError);
}

TEST_P(Store, EightThreadsLoseNoIncrement) {
  constexpr int kThreads = 8;
  constexpr int kTimes = 100;
  std::vector<std::jthread> threads;
  std::latch start(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      start.arrive_and_wait();
      for (int n = 0; n < kTimes; ++n) {
        db_.transact([](Transaction& tx) {
          const auto now = tx.find<std::int64_t>("SELECT count FROM things WHERE id = 'counter'");
          tx.run("UPDATE things SET count = :next WHERE id = 'counter'",
                 {{"next", std::get<0>(*now) + 1}});
        });
      }
    });
  }
  threads.clear();
  EXPECT_EQ(count(), kThreads * kTimes);
}

TEST_P(Store, ActionsRunOnlyAfterTheCommit) {
  int ran = 0;
  db_.transact([&](Transaction& tx) {
    insert(tx, "kept");
    tx.after_commit([&] {
      ++ran;
      EXPECT_TRUE(holds("kept"));
      db_.transact([](Transaction& inner) { add(inner, 1); });
    });
    EXPECT_EQ(ran, 0);
  });
  EXPECT_EQ(ran, 1);
  const auto refused = db_.transact([&](Transaction& tx) -> Result<void> {
    tx.after_commit([&] { ++ran; });
    return Reason::kConflict;
  });
  EXPECT_FALSE(refused.ok());
  EXPECT_EQ(ran, 1);
}

TEST_P(Store, AReaderKeepsItsSnapshotWhileOthersWrite) {
  db_.read([&](Transaction& tx) {
    const auto before = tx.find<std::int64_t>("SELECT count FROM things WHERE id = 'counter'");
    std::jthread([&] { db_.transact([](Transaction& writer) { add(writer, 1); }); }).join();
    EXPECT_EQ(tx.find<std::int64_t>("SELECT count FROM things WHERE id = 'counter'"), before);
  });
  EXPECT_EQ(count(), 1);
}

TEST_P(Store, AReaderCannotWrite) {
  EXPECT_THROW(db_.read([](Transaction& tx) { add(tx, 1); }), StoreError);
  EXPECT_EQ(count(), 0);
}

TEST_P(Store, HoldsManyThreadsWithFewConnections) {
  std::atomic<int> done = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 20; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 20; ++n) done += count() == 0 ? 1 : 0;
    });
  }
  threads.clear();
  EXPECT_EQ(done, 400);
}

using StoreDeathTest = Store;
INSTANTIATE_TEST_SUITE_P(BothEngines, StoreDeathTest, kBothEngines, engine_name);

TEST_P(StoreDeathTest, AParameterForgottenOrTooManyIsABug) {
  ::testing::GTEST_FLAG(death_test_style) = "fast";
  db_.transact([](Transaction& tx) {
    EXPECT_DEATH(tx.run("UPDATE things SET body = :body"), "names.size");
    EXPECT_DEATH(tx.run("UPDATE things SET body = ''", {{"body", ""}}), "names.size");
    EXPECT_DEATH(tx.run("UPDATE things SET body = :body", {{"boby", ""}}), "names.contains");
  });
}

TEST_P(StoreDeathTest, MoreThanOneRowIsABug) {
  db_.transact([](Transaction& tx) {
    insert(tx, "second");
    EXPECT_DEATH((void)tx.find<std::string>("SELECT id FROM things"), "found.size");
  });
}

TEST_P(StoreDeathTest, ATransactionInsideAnotherIsABug) {
  db_.transact([&](Transaction&) { EXPECT_DEATH(count(), "t_inside"); });
}

TEST_P(StoreDeathTest, GoingOnAfterAFailedStatementIsABug) {
  const auto swallow = [&] {
    db_.transact([](Transaction& tx) {
      try {
        insert(tx, "counter");
      } catch (const UniqueViolation&) {
        // and nothing: half a transaction would be committed
      }
    });
  };
  EXPECT_DEATH(swallow(), "failed");
}

// Two that read what the other writes: one must give way and is run again.
TEST(PostgresStore, RunsAgainWhenOthersWereInTheWay) {
  const TestDatabase place(Engine::kPostgres);
  Database db(place.config());
  db.transact([](Transaction& tx) {
    tx.run("CREATE TABLE doctors (name TEXT NOT NULL PRIMARY KEY, on_call SMALLINT NOT NULL)");
    tx.run("INSERT INTO doctors (name, on_call) VALUES ('a', 1), ('b', 1)");
  });
  std::atomic<int> runs = 0;
  std::latch both_have_read(2);
  const auto leave = [&](std::string_view name) {
    int my_runs = 0;
    db.transact([&](Transaction& tx) {
      ++runs;
      const auto others = tx.query<std::string>(
          "SELECT name FROM doctors WHERE on_call = 1 AND name <> :name", {{"name", name}});
      if (++my_runs == 1) both_have_read.arrive_and_wait();
      if (others.empty()) return;
      tx.run("UPDATE doctors SET on_call = 0 WHERE name = :name", {{"name", name}});
    });
  };
  std::jthread a([&] { leave("a"); });
  leave("b");
  a.join();
  EXPECT_GE(runs, 3);  // the loser may meet the winner more than once before it commits
  const auto left = db.read([](Transaction& tx) {
    return tx.query<std::string>("SELECT name FROM doctors WHERE on_call = 1");
  });
  EXPECT_EQ(left.size(), 1U);
}

TEST(PostgresStore, ConnectsAgainWhenTheServerWasRestarted) {
  PostgresServer& server = PostgresServer::shared();
  Database db({.url = server.create_database(), .connections = 2});
  const auto write = [&] {
    db.transact([](Transaction& tx) {
      tx.run("CREATE TABLE IF NOT EXISTS things (id TEXT NOT NULL PRIMARY KEY)");
      tx.run("INSERT INTO things (id) VALUES ('x') ON CONFLICT DO NOTHING");
    });
  };
  write();
  server.restart();
  EXPECT_NO_THROW(write());
  EXPECT_EQ(db.read([](Transaction& tx) {
    return tx.query<std::string>("SELECT id FROM things").size();
  }),
            1U);
}

TEST(PostgresStore, RunsAgainWhenTheConnectionIsLostBeforeTheCommit) {
  const TestDatabase place(Engine::kPostgres);
  Database db(place.config());
  Database other(place.config());
  db.transact(
      [](Transaction& tx) { tx.run("CREATE TABLE things (id TEXT NOT NULL PRIMARY KEY)"); });
  int runs = 0;
  db.transact([&](Transaction& tx) {
    tx.run("INSERT INTO things (id) VALUES ('once')");
    if (++runs > 1) return;
    const auto pid = tx.find<std::int64_t>("SELECT pg_backend_pid()");
    other.read([&](Transaction& killer) {
      (void)killer.query<std::string>("SELECT CAST(pg_terminate_backend(:pid) AS TEXT)",
                                      {{"pid", std::get<0>(*pid)}});
    });
    tx.run("INSERT INTO things (id) VALUES ('lost')");
  });
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(db.read([](Transaction& tx) { return tx.find<std::string>("SELECT id FROM things"); }),
            std::tuple(std::string("once")));
}

TEST(PostgresStore, RefusesADatabaseThatSortsOtherwise) {
  const std::string url = PostgresServer::shared().create_database(
      {"--template=template0", "--locale-provider=icu", "--icu-locale=en"});
  EXPECT_THROW(Database({.url = url, .connections = 1}), StoreError);
}

TEST(PostgresStore, SaysWhyItCannotConnect) {
  try {
    Database({.url = "postgresql:host=/nowhere dbname=x", .connections = 1});
    FAIL();
  } catch (const StoreError& error) {
    EXPECT_NE(std::string(error.what()).find("/nowhere"), std::string::npos) << error.what();
  }
  EXPECT_THROW(Database({.url = "mysql:x", .connections = 1}), StoreError);
}

TEST(SqliteStore, IsReadableByItsOwnerOnly) {
  const TestDatabase place(Engine::kSqlite);
  Database db(place.config());
  db.transact([](Transaction& tx) { tx.run("CREATE TABLE t (x BIGINT)"); });
  for (const auto& file : std::filesystem::directory_iterator(place.directory())) {
    EXPECT_EQ(file.status().permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write)
        << file.path();
  }
}

TEST(SqliteStore, TakesTurnsWithOtherProcesses) {
  const TestDatabase place(Engine::kSqlite);
  Database first(place.config());
  first.transact([](Transaction& tx) {
    tx.run("CREATE TABLE t (n BIGINT NOT NULL)");
    tx.run("INSERT INTO t (n) VALUES (0)");
  });
  const auto add_many = [](Database& db) {
    for (int i = 0; i < 200; ++i)
      db.transact([](Transaction& tx) { tx.run("UPDATE t SET n = n + 1"); });
  };
  // Another Database has its own connections, as another process would.
  std::jthread other([&] {
    Database second(place.config());
    add_many(second);
  });
  add_many(first);
  other.join();
  EXPECT_EQ(first.read([](Transaction& tx) { return tx.find<std::int64_t>("SELECT n FROM t"); }),
            std::tuple(std::int64_t{400}));
}

// The child tells each commit through a pipe and is killed at some moment; whatever it told is
// there.
TEST(SqliteStore, KeepsEveryCommitWhenTheProcessIsKilled) {
  const TestDatabase place(Engine::kSqlite);
  int told[2];
  ASSERT_EQ(pipe(told), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    Database db(place.config());
    db.transact([](Transaction& tx) { tx.run("CREATE TABLE t (n BIGINT NOT NULL)"); });
    for (std::int64_t n = 0;; ++n) {
      db.transact([&](Transaction& tx) { tx.run("INSERT INTO t (n) VALUES (:n)", {{"n", n}}); });
      if (write(told[1], "x", 1) != 1) _exit(1);
    }
  }
  close(told[1]);
  char seen = 0;
  for (int i = 0; i < 50; ++i) ASSERT_EQ(read(told[0], &seen, 1), 1);
  ASSERT_EQ(kill(child, SIGKILL), 0);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  std::size_t committed = 50;
  while (read(told[0], &seen, 1) == 1) ++committed;
  close(told[0]);

  Database db(place.config());
  const auto kept =
      db.read([](Transaction& tx) { return tx.query<std::int64_t>("SELECT n FROM t ORDER BY n"); });
  EXPECT_GE(kept.size(), committed);
  EXPECT_LE(kept.size(), committed + 1);  // the last one may not have been told
}

}  // namespace
}  // namespace yizhan
