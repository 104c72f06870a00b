#include "model/mailbox/statistics.h"

namespace yizhan {

namespace {

// A column as it is, or the same for all.
std::string column(bool wanted, const std::string& sql, const std::string& otherwise) {
  return (wanted ? sql : otherwise) + ", ";
}

std::string day_of(const std::string& column) {
  return "(" + column + " + 28800000) / 86400000";
}

std::string count_of(const std::string& states) {
  return "COALESCE(SUM(CASE WHEN state IN (" + states + ") THEN 1 ELSE 0 END), 0)";
}

// Of a paper recipient, who never had another.
constexpr const char* kApart = "'apart'";

// How one direction is counted.
struct Source {
  Direction direction;
  std::string rows;  // SELECT at_ms, agency, type, on_paper, state …
  std::string ended;
  std::string unconfirmed;
};

std::vector<StatisticsRow> count(Transaction& tx, const Source& source, const StatisticsSpan& span,
                                 const StatisticsView& view) {
  const std::string sql = "SELECT " + column(view.by_day, day_of("at_ms"), "CAST(0 AS BIGINT)") +
                          column(view.by_agency, "agency", "CAST('' AS TEXT)") +
                          column(view.by_type, "type", "CAST('' AS TEXT)") +
                          column(view.by_mode, "on_paper", "CAST(0 AS BIGINT)") +
                          "count(*) - " + count_of(kApart) + ", " + count_of("'confirmed'") +
                          ", " + count_of("'returned'") + ", " + count_of(source.ended) + ", " +
                          count_of(source.unconfirmed) + ", " + count_of(kApart) +
                          " FROM (" + source.rows +
                          ") AS each_one WHERE at_ms >= :from_ms AND at_ms < :until_ms "
                          "GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4";
  std::vector<StatisticsRow> rows;
  for (const auto& [day, agency, type, on_paper, all, confirmed, returned, ended, unconfirmed,
                    paper] :
       tx.query<std::int64_t, std::string, std::string, std::int64_t, std::int64_t, std::int64_t,
                std::int64_t, std::int64_t, std::int64_t, std::int64_t>(
           sql, {{"from_ms", span.from}, {"until_ms", span.until}})) {
    const auto shown_day = view.by_day ? std::optional(day) : std::nullopt;
    rows.push_back({source.direction, shown_day, agency, type, on_paper != 0, all, confirmed,
                    returned, ended, unconfirmed, paper});
  }
  return rows;
}

}  // namespace

std::vector<StatisticsRow> StatisticsStore::sent(Transaction& tx, const StatisticsSpan& span,
                                                 const StatisticsView& view) {
  return count(tx,
               {Direction::kSent, R"sql(
      SELECT p.sealed_ms AS at_ms, r.org_code AS agency, s.document_type AS type, r.state AS state,
        CAST(CASE WHEN r.state = 'paper' OR EXISTS (
          SELECT 1 FROM follow_ups f WHERE f.message_id = r.message_id AND f.org_code = r.org_code
            AND f.unit_code = r.unit_code AND f.kind = 'paper') THEN 1 ELSE 0 END AS BIGINT)
          AS on_paper
      FROM outgoing_recipients r JOIN outgoing_packages p ON p.message_id = r.message_id
      JOIN sendings s ON s.id = p.document_id WHERE p.state <> 'discarded'
      UNION ALL
      SELECT q.since_ms, q.org_code, s.document_type, 'apart', CAST(1 AS BIGINT)
      FROM paper_recipients q JOIN sendings s ON s.id = q.document_id)sql",
                "'failed', 'stopped', 'withdrawn', 'paper', 'expired', 'rejected'",
                "'waiting', 'accepted', 'screened', 'held', 'consigned', 'received', 'unknown'"},
               span, view);
}

std::vector<StatisticsRow> StatisticsStore::received(Transaction& tx, const StatisticsSpan& span,
                                                     const StatisticsView& view) {
  return count(tx,
               {Direction::kReceived, R"sql(
      SELECT consigned_ms AS at_ms, sender AS agency, document_type AS type, state,
        CAST(0 AS BIGINT) AS on_paper FROM mails WHERE state <> 'elsewhere')sql",
                "'refused', 'ended'", "'consigned', 'leased', 'received'"},
               span, view);
}

}  // namespace yizhan
