#pragma once

#include <memory>
#include <string>

#include "ground/store/transaction.h"

namespace yizhan {

struct StoreConfig {
  // "sqlite:/path/to/file", made when absent; or "postgresql:" and what libpq takes, either
  // "postgresql://user@host/name?…" or "postgresql:host=… dbname=…". Several hosts with
  // target_session_attrs=read-write follow a failover.
  std::string url;
  int connections = 4;  // at a time; SQLite has one writer beside them
};

enum class Engine { kSqlite, kPostgres };

template <class T>
bool is_refusal(const T&) {
  return false;
}
template <class T>
bool is_refusal(const Result<T>& result) {
  return !result.ok();
}

// One database with its connections. Any number of threads may use it; each waits its turn.
// The constructor connects and throws StoreError when that fails, or when a PostgreSQL database is
// not in UTF-8 with plain byte order (its ORDER BY would differ from SQLite's).
class Database {
 public:
  explicit Database(const StoreConfig& config);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Runs fn(Transaction&) in a transaction and answers its value, after that is durable.
  // An exception from fn, or a Result that is a refusal, rolls back.
  //
  // Serializable on both engines. SQLite: writers take turns in the order they came, and those who
  // wait share one COMMIT and may run on the thread of another; so fn takes no lock that anybody
  // holds around transact(), and looks at nothing of its own thread. PostgreSQL: when others were
  // in the way, or the connection was lost before COMMIT, fn runs again, up to 40 times; so fn must
  // be repeatable: it changes nothing but the database, and sets anew what it hands out. A
  // connection lost during COMMIT is StoreError; the row tells whether it was done. No transaction
  // of a database inside another of the same (YZ_ASSERT).
  template <class F>
  auto transact(F&& fn) {
    return run<std::invoke_result_t<F&, Transaction&>>(Access::kWrite, fn);
  }

  // The same for reading only, from one snapshot; beside writers, never in their way.
  template <class F>
  auto read(F&& fn) {
    return run<std::invoke_result_t<F&, Transaction&>>(Access::kRead, fn);
  }

  [[nodiscard]] Engine engine() const;

 private:
  enum class Access { kRead, kWrite };
  class Lane;
  struct Pool;

  template <class R, class F>
  R run(Access access, F& fn) {
    if constexpr (std::is_void_v<R>) {
      attempt(access, [&](Transaction& tx) {
        fn(tx);
        return true;
      });
    } else {
      std::optional<R> value;
      attempt(access, [&](Transaction& tx) { return !is_refusal(value.emplace(fn(tx))); });
      return *std::move(value);
    }
  }

  // Commits when the body answers true.
  using Body = std::function<bool(Transaction&)>;
  using Actions = std::vector<std::function<void()>>;
  void attempt(Access access, const Body& body);
  Actions attempt_until_done(Access access, const Body& body);
  Actions write_to_sqlite(const Body& body);

  std::unique_ptr<Pool> pool_;
};

}  // namespace yizhan
