#include "duty/addresses/address_table.h"

#include <algorithm>
#include <map>

namespace yizhan {

namespace {

using Row = AddressTable::Row;
using Key = std::tuple<Network, PeerKind, std::string>;

Key key_of(const AddressEntry& entry) { return {entry.network, entry.kind, entry.code}; }

// An exception that ends between two lists ends what it allowed.
Row row_of(const AddressEntry& entry, Time since) {
  Row row{entry, since, std::nullopt};
  if (entry.exception) row.until = entry.exception->until;
  return row;
}

bool holds(const Row& row, Time time) {
  return row.since <= time && (!row.until || time < *row.until);
}

// What a spreadsheet would take for a formula stays text, as in the terminal's tables.
std::string quoted(std::string text) {
  constexpr std::string_view kBegins = "=+-@\t\r";
  if (!text.empty() && kBegins.find(text.front()) != std::string_view::npos) text.insert(0, "'");
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string written = "\"";
  for (const char c : text) {
    written += c;
    if (c == '"') written += c;
  }
  return written + "\"";
}

}  // namespace

Result<AddressTable> AddressTable::make(std::vector<AddressList> lists) {
  std::ranges::sort(lists, {}, &AddressList::effective);
  std::vector<Row> ended;
  std::map<Key, Row> open;
  for (std::size_t i = 0; i < lists.size(); ++i) {
    const AddressList& list = lists[i];
    if (i > 0 && (list.centre() != lists[0].centre() ||
                  (list.effective() == lists[i - 1].effective() &&
                   list.json() != lists[i - 1].json()))) {
      return Refusal{Reason::kConflict, "各清單須屬同一中心，且生效時間各異"};
    }
    std::map<Key, Row> next;
    for (const AddressEntry& entry : list.entries()) {
      const auto before = open.find(key_of(entry));
      const bool goes_on = before != open.end() && before->second.entry == entry;
      next.emplace(key_of(entry), goes_on ? before->second : row_of(entry, list.effective()));
    }
    for (auto& [key, row] : open) {
      const auto after = next.find(key);
      if (after != next.end() && after->second.entry == row.entry) continue;
      row.until = std::min(row.until.value_or(list.effective()), list.effective());
      ended.push_back(std::move(row));
    }
    open = std::move(next);
  }
  for (auto& [key, row] : open) ended.push_back(std::move(row));
  std::ranges::sort(ended, {}, [](const Row& row) {
    return std::tuple(row.entry.network, row.since, row.entry.code);
  });
  return AddressTable(std::move(ended));
}

std::vector<Row> AddressTable::at(Time time) const {
  std::vector<Row> found;
  std::ranges::copy_if(rows_, std::back_inserter(found),
                       [&](const Row& row) { return holds(row, time); });
  return found;
}

std::vector<Row> AddressTable::of(const Network& address) const {
  std::vector<Row> found;
  std::ranges::copy_if(rows_, std::back_inserter(found),
                       [&](const Row& row) { return row.entry.network.contains(address); });
  std::ranges::sort(found, std::greater{}, &Row::since);
  return found;
}

std::string to_csv(std::span<const Row> rows) {
  std::string csv = "address,kind,code,name,since,until,case,ground\r\n";
  for (const Row& row : rows) {
    const auto& exception = row.entry.exception;
    csv += row.entry.network.text() + "," + std::string(text_of(row.entry.kind)) + "," +
           row.entry.code + "," + quoted(row.entry.name) + "," + row.since.text() + "," +
           (row.until ? row.until->text() : "") + "," +
           quoted(exception ? exception->case_id : "") + "," +
           quoted(exception ? exception->ground : "") + "\r\n";
  }
  return csv;
}

}  // namespace yizhan
