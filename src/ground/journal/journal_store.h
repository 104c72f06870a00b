#pragma once

#include <string>
#include <vector>

#include "ground/journal/entry.h"
#include "ground/store/store.h"

namespace yizhan {

// The table journal. Rows are added and sealed, nothing else.
class JournalStore {
 public:
  explicit JournalStore(Transaction& tx) : tx_(tx) {}

  void insert(const JournalEntry& entry);

  // The oldest that have no place in the log yet.
  std::vector<JournalEntry> unsealed(int count_max);
  // Once only: a second place for an entry is a bug (YZ_ASSERT).
  void seal(const std::string& id, std::int64_t log_index);

  struct Page {
    Time from;          // inclusive
    Time to;            // exclusive
    std::string event;  // "" for all
    Time after_at;      // the last entry of the page before: its time and id
    std::string after_id;
    int count_max = 100;
  };
  // In order of time.
  std::vector<JournalEntry> entries(const Page& page);
  std::optional<JournalEntry> find_at(std::int64_t log_index);

 private:
  Transaction& tx_;
};

}  // namespace yizhan
