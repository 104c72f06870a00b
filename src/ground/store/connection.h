#pragma once

#include "ground/store/database.h"

namespace yizhan {

// Others were in the way; nothing happened; do it again.
class SerializationFailure final : public StoreError {
 public:
  using StoreError::StoreError;
};

// The connection is gone and the transaction with it; reconnect and do it again.
class ConnectionLost final : public StoreError {
 public:
  using StoreError::StoreError;
};

// What a connection is opened for.
enum class ConnectionUse { kSqliteWrite, kSqliteRead, kPostgres };

// One connection with its prepared statements. One thread at a time.
class Connection {
 public:
  Connection(ConnectionUse use, std::string target);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void begin(bool write);
  void commit();
  void rollback() noexcept;  // what fails here is found out by the next begin()
  void reconnect();

  // A part of the transaction that can be taken back alone; one at a time.
  void set_savepoint();
  void keep_since_savepoint();
  void undo_since_savepoint();

  // A statement failed in this transaction: it can only be rolled back.
  [[nodiscard]] bool failed() const { return failed_; }

  std::int64_t run(std::string_view sql, const Binds& binds);
  std::vector<Row> rows(std::string_view sql, const Binds& binds, std::span<const CellKind> kinds);

 private:
  struct Statement;
  struct Session;

  void open();
  void open_sqlite();
  void open_postgres();
  void execute(const char* sql);
  void step(const char* sql);
  void forget_last_statement();
  Statement& prepare(std::string_view sql, const Binds& binds, std::span<const CellKind> kinds);
  template <class F>
  auto guarded(std::string_view sql, F&& fn);

  ConnectionUse use_;
  std::string target_;
  std::unique_ptr<Session> session_;
  bool write_ = false;
  bool failed_ = false;
  bool broken_ = false;
};

}  // namespace yizhan
