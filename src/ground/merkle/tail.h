#pragma once

#include <vector>

#include "ground/files/files.h"

namespace yizhan {

// What was appended to a log since its tiles were last settled: one file of fixed length beside
// them, written from its beginning, a record an append. An append costs one sync of data, and no
// name and no length changes. A record is
//
//   length of the bundle (4 octets, big-endian) | index of its first entry (8, big-endian) |
//   SHA-256 over index and bundle | bundle of entries, as in tile/entries
//
// Disk trouble is FileError.
class LogTail {
 public:
  struct Record {
    std::uint64_t first;
    Bytes bundle;
  };

  explicit LogTail(const Folder& folder);  // "tail", made when absent

  [[nodiscard]] bool fits(std::size_t bundle_bytes) const;
  void append(const Record& record);  // durable on return; it fits
  // All records stand in the tiles now: the next one goes to the beginning.
  void rewind() { end_ = 0; }

  // The records that go on where `size` entries end; the next append comes behind them. What a
  // crash has torn, and what stood there before a rewind(), ends the list. nullopt: a record is
  // damaged that others follow, so this is no crash.
  std::optional<std::vector<Record>> read_from(std::uint64_t size);

 private:
  [[nodiscard]] std::optional<Record> record_at(std::uint64_t place) const;
  [[nodiscard]] std::uint64_t behind(std::uint64_t place) const;

  FileHandle file_;
  std::uint64_t length_;
  std::uint64_t end_ = 0;
};

}  // namespace yizhan
