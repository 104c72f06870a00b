#include "ground/store/connection.h"

#include <fcntl.h>
#include <postgresql/soci-postgresql.h>
#include <soci.h>
#include <sqlite3/soci-sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <unordered_map>

#include "ground/store/sql_text.h"

namespace yizhan {

namespace {

// A statement text is meant to be one of few; a flood of texts shall not fill memory.
constexpr std::size_t kStatementsMax = 512;

struct Slot {
  long long integer = 0;
  std::string text;
  soci::indicator indicator = soci::i_ok;
};

// One prepared statement serves one text with the same names and kinds.
void write_statement_key(std::string& key, std::string_view sql, const Binds& binds,
                         std::span<const CellKind> kinds) {
  key.assign(sql);  // keeps its memory: this is done for every statement
  for (const Bind& bind : binds) {
    key += bind.value.kind() == CellKind::kInteger ? ";i" : ";t";
    key += bind.name;
  }
  key += ';';
  for (const CellKind kind : kinds) key += kind == CellKind::kInteger ? 'i' : 't';
}

void fill(Slot& slot, const Cell& cell) {
  slot.indicator = cell.is_null() ? soci::i_null : soci::i_ok;
  slot.integer = cell.integer();
  slot.text = cell.text();
}

Cell cell_of(const Slot& slot, CellKind kind) {
  if (slot.indicator == soci::i_null) return Cell::null(kind);
  return kind == CellKind::kInteger ? Cell(slot.integer) : Cell(slot.text);
}

std::string in_words(std::string_view sql, std::string_view message) {
  return "資料庫操作失敗〔" + first_line(sql) + "〕：" + first_line(message);
}

[[noreturn]] void rethrow(std::string_view sql, const soci::postgresql_soci_error& error,
                          bool write) {
  const std::string state = error.sqlstate();
  std::string message = error.get_error_message();
  message.erase(0, message.find("ERROR:") == std::string::npos ? 0 : message.find("ERROR:"));
  // Class 22 (data) quotes the value in its first line.
  if (state.starts_with("22")) message = "資料不合欄位型別";
  const std::string words = in_words(sql, message) + " (" + state + ")";
  if (state == "23505") throw UniqueViolation(words);
  if (state == "40001" || state == "40P01") throw SerializationFailure(words);
  // No state: libpq itself found the line dead. 25006: read-only, the old leader after a failover.
  const bool lost = state == "     " || state.starts_with("08") || state.starts_with("57P");
  if (lost || (write && state == "25006")) throw ConnectionLost(words);
  throw StoreError(words);
}

[[noreturn]] void rethrow(std::string_view sql, const soci::sqlite3_soci_error& error) {
  const std::string words = in_words(sql, error.get_error_message());
  const int code = error.result();
  if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY) {
    throw UniqueViolation(words);
  }
  if ((code & 0xff) == SQLITE_BUSY) throw StoreError(words + "；另一程式占用資料庫過久，請檢查。");
  if ((code & 0xff) == SQLITE_FULL) throw StoreError(words + "；磁碟已滿，請清出空間。");
  throw StoreError(words);
}

// So that errors tell a UNIQUE from a CHECK. SOCI hides the type information of its backend, which
// the sanitizer would ask for.
__attribute__((no_sanitize("vptr"))) void tell_constraints_apart(soci::session& session) {
  auto* backend = static_cast<soci::sqlite3_session_backend*>(session.get_backend());
  sqlite_api::sqlite3_extended_result_codes(backend->conn_, 1);
}

}  // namespace

struct Connection::Statement {
  explicit Statement(soci::session& session) : sql(session) {}

  std::vector<Slot> uses;
  std::vector<Slot> intos;
  soci::statement sql;  // after the slots it points to
};

struct Connection::Session {
  soci::session sql;
  std::unordered_map<std::string, Statement> statements;
  std::unordered_map<std::string, Statement> steps;  // BEGIN, COMMIT and the like
  std::string last_key;
};

// What the engine says, as our own exceptions.
template <class F>
auto Connection::guarded(std::string_view sql, F&& fn) {
  YZ_ASSERT(!failed_);
  try {
    return fn();
  } catch (const soci::postgresql_soci_error& error) {
    failed_ = true;
    rethrow(sql, error, write_);
  } catch (const soci::sqlite3_soci_error& error) {
    failed_ = true;
    rethrow(sql, error);
  } catch (const soci::soci_error& error) {
    failed_ = true;
    // Mostly from libpq, which tells the cause in the second line.
    std::string message = error.get_error_message();
    std::replace(message.begin(), message.end(), '\n', ' ');
    throw StoreError(in_words(sql, message));
  }
}

Connection::Connection(ConnectionUse use, std::string target)
    : use_(use), target_(std::move(target)) {
  open();
}

Connection::~Connection() = default;

void Connection::open() {
  broken_ = true;  // until all is done
  failed_ = false;
  session_ = std::make_unique<Session>();
  if (use_ == ConnectionUse::kPostgres) {
    open_postgres();
  } else {
    open_sqlite();
  }
  broken_ = false;
}

void Connection::open_sqlite() {
  if (target_.find('"') != std::string::npos) throw StoreError("資料庫路徑不得含引號。");
  // Made by us, so that no one else can read it; its WAL takes the same rights.
  const int made = ::open(target_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (made >= 0) ::close(made);
  guarded("open", [&] {
    session_->sql.open(soci::sqlite3, "dbname=\"" + target_ + "\" timeout=10");
    tell_constraints_apart(session_->sql);
  });
  for (const char* pragma : {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL",
                             "PRAGMA foreign_keys = ON", "PRAGMA trusted_schema = OFF"}) {
    execute(pragma);
  }
  if (use_ == ConnectionUse::kSqliteRead) return execute("PRAGMA query_only = ON");
  // What a savepoint may have to take back stands in memory: past 16 pages SQLite would make a file
  // of it, once a transaction.
  execute("PRAGMA temp_store = MEMORY");
  execute("PRAGMA cache_size = -16384");  // KiB; what it wrote itself it needs not read again
  // Pages in the WAL (32 MiB): a page that changes often is brought into the database once.
  execute("PRAGMA wal_autocheckpoint = 8192");
}

void Connection::open_postgres() {
  guarded("connect", [&] { session_->sql.open(soci::postgresql, target_); });
  execute("SET client_min_messages = error");  // libpq would print the others
  const auto found = rows(
      "SELECT CASE WHEN current_setting('server_encoding') = 'UTF8' THEN 1 ELSE 0 END,"
      " CASE WHEN 'B' < 'a' AND 'a-b' < 'aa' THEN 1 ELSE 0 END,"
      " CASE WHEN current_setting('synchronous_commit') <> 'off' THEN 1 ELSE 0 END",
      {}, std::array{CellKind::kInteger, CellKind::kInteger, CellKind::kInteger});
  const Row& row = found.at(0);
  if (row[0].integer() == 0 || row[1].integer() == 0) {
    throw StoreError(
        "PostgreSQL 資料庫須為 UTF8 編碼、C 排序；請以"
        " createdb --template=template0 --encoding=UTF8 --locale=C 重建。");
  }
  if (row[2].integer() == 0) {
    throw StoreError(
        "PostgreSQL 的 synchronous_commit 為 off，斷電時已受理之公文可能遺失；請改為 on。");
  }
}

void Connection::reconnect() { open(); }

void Connection::execute(const char* sql) {
  guarded(sql, [&] { session_->sql << sql; });
}

// What marks out transactions, prepared too: there are several to each. PostgreSQL has nothing to
// gain there.
void Connection::step(const char* sql) {
  if (use_ == ConnectionUse::kPostgres) return execute(sql);
  guarded(sql, [&] {
    const auto [at, made] = session_->steps.try_emplace(sql, session_->sql);
    soci::statement& statement = at->second.sql;
    if (made) {
      statement.alloc();
      statement.prepare(sql);
      statement.define_and_bind();
    }
    try {
      statement.execute(true);
    } catch (const soci::soci_error&) {
      session_->steps.erase(at);
      throw;
    }
  });
}

void Connection::begin(bool write) {
  failed_ = false;
  write_ = write;
  if (broken_) reconnect();
  if (session_->statements.size() > kStatementsMax) session_->statements.clear();
  session_->last_key.clear();
  switch (use_) {
    case ConnectionUse::kSqliteWrite:
      return step("BEGIN IMMEDIATE");
    case ConnectionUse::kSqliteRead:
      return step("BEGIN");
    case ConnectionUse::kPostgres:
      return execute(write ? "BEGIN ISOLATION LEVEL SERIALIZABLE"
                           : "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY");
  }
}

void Connection::commit() { step("COMMIT"); }

void Connection::set_savepoint() {
  session_->last_key.clear();
  step("SAVEPOINT part");
}

void Connection::keep_since_savepoint() { step("RELEASE part"); }

void Connection::undo_since_savepoint() {
  failed_ = false;
  step("ROLLBACK TO part");
  step("RELEASE part");
  forget_last_statement();
}

// Rows half read or values half bound may be left in the statement that failed.
void Connection::forget_last_statement() { session_->statements.erase(session_->last_key); }

void Connection::rollback() noexcept {
  failed_ = false;
  try {
    execute("ROLLBACK");
    forget_last_statement();
  } catch (const std::exception&) {
    broken_ = true;
  }
  failed_ = false;
}

Connection::Statement& Connection::prepare(std::string_view sql, const Binds& binds,
                                           std::span<const CellKind> kinds) {
  write_statement_key(session_->last_key, sql, binds, kinds);
  const auto [at, made] = session_->statements.try_emplace(session_->last_key, session_->sql);
  Statement& statement = at->second;
  if (made) {
    // SQLite would take a forgotten parameter as NULL, PostgreSQL would not see one too many.
    const auto names = parameters_of(sql);
    YZ_ASSERT(names.size() == binds.size());
    statement.uses.resize(binds.size());
    statement.intos.resize(kinds.size());
    statement.sql.alloc();
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      Slot& slot = statement.intos[i];
      if (kinds[i] == CellKind::kInteger) {
        statement.sql.exchange(soci::into(slot.integer, slot.indicator));
      } else {
        statement.sql.exchange(soci::into(slot.text, slot.indicator));
      }
    }
    for (std::size_t i = 0; i < binds.size(); ++i) {
      YZ_ASSERT(names.contains(binds[i].name));
      Slot& slot = statement.uses[i];
      if (binds[i].value.kind() == CellKind::kInteger) {
        statement.sql.exchange(soci::use(slot.integer, slot.indicator, binds[i].name));
      } else {
        statement.sql.exchange(soci::use(slot.text, slot.indicator, binds[i].name));
      }
    }
    statement.sql.prepare(std::string(sql));
    statement.sql.define_and_bind();
  }
  for (std::size_t i = 0; i < binds.size(); ++i) {
    if (binds[i].value.text().find('\0') != std::string::npos) {
      throw soci::soci_error("文字含 U+0000，請移除後再試");
    }
    fill(statement.uses[i], binds[i].value);
  }
  return statement;
}

std::int64_t Connection::run(std::string_view sql, const Binds& binds) {
  return guarded(sql, [&] {
    Statement& statement = prepare(sql, binds, {});
    statement.sql.execute(true);
    return std::int64_t{statement.sql.get_affected_rows()};
  });
}

std::vector<Row> Connection::rows(std::string_view sql, const Binds& binds,
                                  std::span<const CellKind> kinds) {
  return guarded(sql, [&] {
    Statement& statement = prepare(sql, binds, kinds);
    std::vector<Row> all;
    for (bool more = statement.sql.execute(true); more; more = statement.sql.fetch()) {
      Row& row = all.emplace_back();
      row.reserve(kinds.size());
      for (std::size_t i = 0; i < kinds.size(); ++i) {
        row.push_back(cell_of(statement.intos[i], kinds[i]));
      }
    }
    return all;
  });
}

}  // namespace yizhan
