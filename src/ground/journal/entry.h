#pragma once

#include "ground/base/base.h"
#include "ground/journal/events.h"

namespace yizhan {

class JournalEntryNoun;
using JournalEntryId = Id<JournalEntryNoun>;

// One row as the auditor reads it. `entry` is the canonical JSON that the Merkle log seals:
// {"clause"?, "event", "fields", "format": "yizhan-journal-1", "id", "origin", "outcome", "time"}.
struct JournalEntry {
  std::string id;
  Time at;
  std::string event;
  std::string outcome;
  std::string entry;
  std::optional<std::int64_t> log_index;  // nothing until sealed

  bool operator==(const JournalEntry&) const = default;
};

}  // namespace yizhan
