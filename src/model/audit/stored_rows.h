#pragma once

#include <map>

#include "model/audit/log_audit.h"

namespace yizhan {

// Inside model/audit: what the database claims to stand in the log. Each row is held against itself
// first: its columns must be what its signed bytes say.
class StoredRows {
 public:
  StoredRows(Database& database, std::vector<LogFinding>& findings)
      : database_(database), findings_(findings) {}

  void read();
  // An entry of the log, by its place. Finds a row that says otherwise, or keeps in mind that none
  // speaks of it.
  void meet(std::uint64_t index, ByteView entry);
  // Once the log is read: rows whose entries are nowhere, and entries that have no row, also after
  // `patience` for a transaction that is under way.
  void close(std::uint64_t log_size, Milliseconds patience);

  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  struct Claim {
    std::string row;
    Sha256 entry;
  };

  void find(const std::string& where, const std::string& what);
  void take(const StoredEvidence& row);
  void take(const JournalEntry& row);
  void claim(std::int64_t index, Claim claim);
  void check_columns(const StoredEvidence& row, ByteView cms);
  [[nodiscard]] bool is_claimed_now(std::uint64_t index, const Sha256& entry);

  Database& database_;
  std::vector<LogFinding>& findings_;
  std::map<std::uint64_t, Claim> claims_;  // not met yet
  std::map<std::uint64_t, Sha256> unclaimed_;
  std::uint64_t count_ = 0;
};

}  // namespace yizhan
