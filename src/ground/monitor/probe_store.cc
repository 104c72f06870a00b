#include "ground/monitor/probe_store.h"

namespace yizhan {

namespace {

void save_probe(Transaction& tx, Time now) {
  tx.run(R"sql(
      INSERT INTO probes (name, probed_ms) VALUES ('readiness', :now_ms)
      ON CONFLICT (name) DO UPDATE SET probed_ms = excluded.probed_ms)sql",
         {{"now_ms", now}});
}

std::optional<Time> find_probe(Transaction& tx) {
  const auto row = tx.find<Time>("SELECT probed_ms FROM probes WHERE name = 'readiness'");
  if (!row) return std::nullopt;
  return std::get<0>(*row);
}

}  // namespace

Readiness::Check store_check(Database& database, const Clock& clock) {
  return {"store", [&database, &clock]() -> Result<void> {
            const Time now = clock.now();
            database.transact([&](Transaction& tx) { save_probe(tx, now); });
            const auto found = database.read(find_probe);
            if (found == now) return {};
            return Refusal{Reason::kInternal, "寫入資料庫之內容讀不回來"};
          }};
}

}  // namespace yizhan
