#include "ground/store/transaction.h"

#include "ground/store/connection.h"
#include "ground/store/sql_text.h"

namespace yizhan {

std::int64_t Transaction::run(std::string_view sql, const Binds& binds) {
  return connection_.run(sql, binds);
}

std::vector<Row> Transaction::rows(std::string_view sql, const Binds& binds,
                                   std::span<const CellKind> kinds) {
  return connection_.rows(sql, binds, kinds);
}

void Transaction::throw_misfit(std::string_view sql, std::size_t column) {
  throw StoreError("資料庫內容不合型別〔" + first_line(sql) + "〕：第 " + std::to_string(column) +
                   " 欄；請檢查資料是否遭變更。");
}

}  // namespace yizhan
