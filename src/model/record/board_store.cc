#include "model/record/board.h"

namespace yizhan {

std::vector<BoardLine> board(Transaction& tx, const BoardSpan& span) {
  using Text = std::string;
  using Number = std::int64_t;
  std::vector<BoardLine> lines;
  for (const auto& [owner, layer, kind, due, late, done, done_late] :
       tx.query<Text, Text, Text, Number, Number, Number, Number>(
           R"sql(
           SELECT owner, layer, kind,
             CAST(sum(CASE WHEN done_ms IS NULL AND due_ms > :now THEN 1 ELSE 0 END) AS BIGINT),
             CAST(sum(CASE WHEN done_ms IS NULL AND due_ms <= :now THEN 1 ELSE 0 END) AS BIGINT),
             CAST(sum(CASE WHEN done_ms < due_ms THEN 1 ELSE 0 END) AS BIGINT),
             CAST(sum(CASE WHEN done_ms >= due_ms THEN 1 ELSE 0 END) AS BIGINT)
           FROM obligations WHERE due_ms >= :from AND due_ms < :to
           GROUP BY owner, layer, kind ORDER BY owner, layer, kind)sql",
           {{"now", span.now}, {"from", span.due_from}, {"to", span.due_to}})) {
    lines.push_back({owner, layer, kind, {due, late, done, done_late}});
  }
  return lines;
}

}  // namespace yizhan
