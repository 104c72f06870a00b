#pragma once

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "ground/keys/frame.h"
#include "ground/keys/module.h"

namespace yizhan {

// One use of a private key, done or refused.
struct KeyUseRecord {
  std::string caller;
  std::string key;
  std::optional<KeyDescription> description;  // absent when there is no such key
  KeyOperation operation;
  std::optional<KeyUse> use;  // of a signature
  Sha256 input_sha256;
  std::string_view outcome;  // "done" or the code of a Reason
};

// The journal of uses: append-only JSON lines, a file a month (uses-2026-11.jsonl), without network
// or database. Each line carries the running count and the SHA-256 of the line before, over all
// files; a clock that steps back changes neither. A line is written before its result is handed out
// and synced within a fifth of a second.
// One keyholder per folder (flock).
class UseJournal {
 public:
  // Throws std::system_error, and std::runtime_error when the last line is not ours.
  UseJournal(std::filesystem::path folder, const Clock& clock);
  ~UseJournal();
  UseJournal(const UseJournal&) = delete;
  UseJournal& operator=(const UseJournal&) = delete;

  // Refuses kKeyholderUnavailable when the line can not be kept: then the result of the use must
  // not be handed out.
  Result<void> append(const KeyUseRecord& record);
  [[nodiscard]] std::uint64_t total() const;  // lines ever written
  // The disk has failed us: every use is refused until a restart.
  [[nodiscard]] bool broken() const;

 private:
  void read_last_line();
  void open_for(Time now);
  bool write_line(const std::string& line);
  void keep_synced(std::stop_token stop);

  const std::filesystem::path folder_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::filesystem::path file_;  // the newest
  Descriptor descriptor_;
  std::uint64_t total_ = 0;
  std::string previous_;  // SHA-256 of the last line, hex; empty before the first
  bool dirty_ = false;
  bool broken_ = false;
  std::jthread syncer_;
};

}  // namespace yizhan
