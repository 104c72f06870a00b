#include "ground/store/database.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "ground/store/group_commit.h"

namespace yizhan {

namespace {

constexpr int kAttemptsMax = 40;
constexpr std::string_view kSqlite = "sqlite:";
constexpr std::string_view kPostgres = "postgresql:";

// Doubles to 256 ms, with full jitter: two that met shall not meet again.
void pause_before_attempt(int attempt) {
  std::uint8_t random = 0;
  fill_random({&random, 1});
  const int most_ms = 1 << std::min(attempt, 8);
  std::this_thread::sleep_for(std::chrono::microseconds(most_ms * 1000 * random / 255));
}

std::unique_ptr<Connection> connect(ConnectionUse use, const std::string& target) {
  return std::make_unique<Connection>(use, target);
}

}  // namespace

// Connections that threads take in the order in which they asked.
class Database::Lane {
 public:
  void put(std::unique_ptr<Connection> connection) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(connection));
    changed_.notify_all();
  }

  std::unique_ptr<Connection> take() {
    std::unique_lock lock(mutex_);
    const std::uint64_t ticket = next_ticket_++;
    changed_.wait(lock, [&] { return ticket == served_ && !free_.empty(); });
    ++served_;
    auto connection = std::move(free_.back());
    free_.pop_back();
    changed_.notify_all();
    return connection;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Connection>> free_;
  std::uint64_t next_ticket_ = 0;
  std::uint64_t served_ = 0;
};

struct Database::Pool {
  Engine engine = Engine::kSqlite;
  std::unique_ptr<GroupCommit> writer;  // SQLite only
  Lane others;
};

namespace {

// The pool that this thread is in a transaction of.
thread_local const void* t_inside = nullptr;

class Inside {
 public:
  explicit Inside(const void* pool) : before_(t_inside) {
    YZ_ASSERT(t_inside != pool);
    t_inside = pool;
  }
  ~Inside() { t_inside = before_; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  const void* before_;
};

// Rolls back unless committed.
class Attempt {
 public:
  Attempt(Connection& connection, bool write) : connection_(connection), write_(write) {
    connection_.begin(write);
  }
  ~Attempt() {
    if (!done_) connection_.rollback();
  }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  void commit() {
    // Whoever caught the exception of a statement went on with half a transaction.
    YZ_ASSERT(!connection_.failed());
    try {
      connection_.commit();
    } catch (const ConnectionLost& lost) {
      if (!write_) throw;
      throw StoreError(std::string(lost.what()) +
                       "；連線於提交時中斷，結果不明，請依資料庫現況續辦。");
    }
    done_ = true;
  }

 private:
  Connection& connection_;
  bool write_;
  bool done_ = false;
};

}  // namespace

Database::Database(const StoreConfig& config) : pool_(std::make_unique<Pool>()) {
  YZ_ASSERT(config.connections > 0);
  const std::string& url = config.url;
  if (url.starts_with(kSqlite) && url.size() > kSqlite.size()) {
    const std::string path = url.substr(kSqlite.size());
    pool_->writer = std::make_unique<GroupCommit>(connect(ConnectionUse::kSqliteWrite, path));
    for (int i = 0; i < config.connections; ++i) {
      pool_->others.put(connect(ConnectionUse::kSqliteRead, path));
    }
  } else if (url.starts_with(kPostgres)) {
    pool_->engine = Engine::kPostgres;
    const bool uri = url.starts_with("postgresql://");
    const std::string target = uri ? url : url.substr(kPostgres.size());
    for (int i = 0; i < config.connections; ++i) {
      pool_->others.put(connect(ConnectionUse::kPostgres, target));
    }
  } else {
    throw StoreError("資料庫位址須為 sqlite:路徑 或 postgresql:連線參數，請修正設定。");
  }
}

Database::~Database() = default;

Engine Database::engine() const { return pool_->engine; }

void Database::attempt(Access access, const Body& body) {
  for (const auto& action : attempt_until_done(access, body)) action();
}

Database::Actions Database::attempt_until_done(Access access, const Body& body) {
  const Inside inside(pool_.get());
  const bool write = access == Access::kWrite;
  if (write && pool_->writer) return write_to_sqlite(body);
  const auto give_back = [&](Connection* connection) {
    pool_->others.put(std::unique_ptr<Connection>(connection));
  };
  const std::unique_ptr<Connection, decltype(give_back)> connection(pool_->others.take().release(),
                                                                    give_back);
  for (int number = 1;; ++number) {
    try {
      Transaction tx(*connection);
      Attempt attempt(*connection, write);
      if (!body(tx)) return {};
      attempt.commit();
      return std::move(tx.actions_);
    } catch (const SerializationFailure&) {
      if (number == kAttemptsMax) throw;
    } catch (const ConnectionLost&) {
      if (number == kAttemptsMax) throw;
      connection->reconnect();
    }
    pause_before_attempt(number);
  }
}

Database::Actions Database::write_to_sqlite(const Body& body) {
  Actions actions;
  pool_->writer->run([&](Connection& connection) {
    Transaction tx(connection);
    if (!body(tx)) return false;
    YZ_ASSERT(!connection.failed());  // as in Attempt::commit
    actions = std::move(tx.actions_);
    return true;
  });
  return actions;
}

}  // namespace yizhan
