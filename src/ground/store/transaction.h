#pragma once

#include <array>
#include <functional>
#include <optional>
#include <span>
#include <tuple>
#include <vector>

#include "ground/store/cell.h"
#include "ground/store/store_error.h"

namespace yizhan {

class Connection;

// One transaction, handed to the function that Database::transact or read runs; used by that thread
// only, and only until the function returns.
//
// SQL is one text for both engines, without comments and without ';'. Every :name in it stands in
// the binds and every bind in it (YZ_ASSERT). In PostgreSQL a parameter takes its type from where
// it stands; where nothing says it, write CAST(:name AS TEXT). Each call throws UniqueViolation or
// StoreError; after that the transaction can only roll back. Text with U+0000 is refused with
// StoreError (PostgreSQL would cut it).
class Transaction {
 public:
  explicit Transaction(Connection& connection) : connection_(connection) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // INSERT, UPDATE, DELETE, DDL. Answers the number of rows changed (meaningless after DDL).
  std::int64_t run(std::string_view sql, const Binds& binds = {});

  // SELECT and … RETURNING, all rows: query<std::string, std::optional<Time>>("SELECT …").
  // Columns: std::int64_t, bool, Time, std::string, Bytes, std::optional of these.
  template <class... Columns>
  std::vector<std::tuple<Columns...>> query(std::string_view sql, const Binds& binds = {}) {
    static constexpr std::array<CellKind, sizeof...(Columns)> kKinds{kColumnKind<Columns>...};
    std::vector<std::tuple<Columns...>> all;
    for (Row& row : rows(sql, binds, kKinds)) {
      std::size_t column = 0;
      const auto fill = [&](auto&... values) { return (take(row[column++], values) && ...); };
      if (!std::apply(fill, all.emplace_back())) throw_misfit(sql, column);
    }
    return all;
  }

  // At most one row; more are a bug in the statement (YZ_ASSERT).
  template <class... Columns>
  std::optional<std::tuple<Columns...>> find(std::string_view sql, const Binds& binds = {}) {
    auto found = query<Columns...>(sql, binds);
    YZ_ASSERT(found.size() <= 1);
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
  }

  // Runs after this transaction is durable, on the same thread, outside of any lock; not at all
  // when it rolls back. Must not throw. For waking those who wait; whoever dies before is woken by
  // the row.
  void after_commit(std::function<void()> action) { actions_.push_back(std::move(action)); }

 private:
  friend class Database;

  std::vector<Row> rows(std::string_view sql, const Binds& binds, std::span<const CellKind> kinds);
  [[noreturn]] static void throw_misfit(std::string_view sql, std::size_t column);

  Connection& connection_;
  std::vector<std::function<void()>> actions_;
};

}  // namespace yizhan
