#include "ground/journal/journal_store.h"

namespace yizhan {

namespace {

using Columns = std::tuple<std::string, Time, std::string, std::string, std::string,
                           std::optional<std::int64_t>>;

std::vector<JournalEntry> entries_of(std::vector<Columns> rows) {
  std::vector<JournalEntry> entries;
  entries.reserve(rows.size());
  for (Columns& row : rows) entries.push_back(std::make_from_tuple<JournalEntry>(std::move(row)));
  return entries;
}

}  // namespace

void JournalStore::insert(const JournalEntry& entry) {
  tx_.run(R"sql(
      INSERT INTO journal (id, at_ms, event, outcome, entry)
      VALUES (:id, :at, :event, :outcome, :entry))sql",
          {{"id", entry.id},
           {"at", entry.at},
           {"event", entry.event},
           {"outcome", entry.outcome},
           {"entry", entry.entry}});
}

std::vector<JournalEntry> JournalStore::unsealed(int count_max) {
  return entries_of(tx_.query<std::string, Time, std::string, std::string, std::string,
                              std::optional<std::int64_t>>(R"sql(
      SELECT id, at_ms, event, outcome, entry, log_index FROM journal
      WHERE log_index IS NULL ORDER BY id LIMIT :count_max)sql",
                                                           {{"count_max", count_max}}));
}

void JournalStore::seal(const std::string& id, std::int64_t log_index) {
  const auto sealed = tx_.run(R"sql(
      UPDATE journal SET log_index = :log_index WHERE id = :id AND log_index IS NULL)sql",
                              {{"log_index", log_index}, {"id", id}});
  YZ_ASSERT(sealed == 1);
}

std::vector<JournalEntry> JournalStore::entries(const Page& page) {
  return entries_of(tx_.query<std::string, Time, std::string, std::string, std::string,
                              std::optional<std::int64_t>>(
      R"sql(
      SELECT id, at_ms, event, outcome, entry, log_index FROM journal
      WHERE at_ms >= :from_ms AND at_ms < :to_ms AND (at_ms, id) > (:after_ms, :after_id)
        AND (:event = '' OR event = :event)
      ORDER BY at_ms, id LIMIT :count_max)sql",
      {{"from_ms", page.from},
       {"to_ms", page.to},
       {"after_ms", page.after_at},
       {"after_id", page.after_id},
       {"event", page.event},
       {"count_max", page.count_max}}));
}

std::optional<JournalEntry> JournalStore::find_at(std::int64_t log_index) {
  auto found = entries_of(tx_.query<std::string, Time, std::string, std::string, std::string,
                                    std::optional<std::int64_t>>(R"sql(
      SELECT id, at_ms, event, outcome, entry, log_index FROM journal
      WHERE log_index = :log_index)sql",
                                                                 {{"log_index", log_index}}));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

}  // namespace yizhan
