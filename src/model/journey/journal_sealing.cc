#include "model/journey/journal_sealing.h"

namespace yizhan {

int JournalSealing::work(int count_max) {
  if (!recovered_) find_logged_before_crash();
  recovered_ = true;
  const auto entries =
      database_.read([&](Transaction& tx) { return JournalStore(tx).unsealed(count_max); });
  if (entries.empty()) return 0;
  std::vector<Bytes> bytes;
  for (const JournalEntry& entry : entries) bytes.push_back(copy_of(bytes_of(entry.entry)));
  const auto first = static_cast<std::int64_t>(log_.append(bytes));
  database_.transact([&](Transaction& tx) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      JournalStore(tx).seal(entries[i].id, first + static_cast<std::int64_t>(i));
    }
  });
  return static_cast<int>(entries.size());
}

// A crash between the append and its transaction leaves entries in the log that no row points to.
void JournalSealing::find_logged_before_crash() {
  const std::map<Sha256, std::int64_t> places = log_.newest();
  database_.transact([&](Transaction& tx) {
    JournalStore journal(tx);
    for (const JournalEntry& entry : journal.unsealed(EvidenceLog::kLookBack)) {
      const auto found = places.find(sha256(bytes_of(entry.entry)));
      if (found != places.end()) journal.seal(entry.id, found->second);
    }
  });
}

}  // namespace yizhan
