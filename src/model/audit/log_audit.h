#pragma once

#include "ground/journal/journal.h"
#include "model/evidence/evidence.h"

// Looks for any edited row, entry, tile or checkpoint of a centre. What the log's own files can not
// tell (all of them rewritten and signed again by who holds the log's key), its database and the
// checkpoints that others have kept do. Nothing is written. docs/cli.md, "audit-log"

namespace yizhan {

struct KeptCheckpoint {
  std::string name;  // where it was kept
  Bytes bytes;       // a signed note, or a log proof (JSON) that has one in it
};

struct LogAuditSources {
  std::filesystem::path log;
  Certificate log_certificate;
  Database* database = nullptr;  // of the same centre; null: its rows are not looked at
  std::vector<KeptCheckpoint> kept;
};

struct LogAudit {
  std::string origin;
  TreeHead head;
  std::uint64_t evidence = 0;         // entries by kind
  std::uint64_t journal = 0;
  std::uint64_t rows = 0;             // of the database
  std::uint64_t under_checkpoint = 0; // entries
  std::vector<LogFinding> findings;   // none: nothing was edited

  [[nodiscard]] Json describe() const;
};

// Refuses kNotFound and kMalformed (no log is there), kAlgorithmRefused (not the certificate of a
// log). Disk trouble is FileError, that of the database StoreError.
Result<LogAudit> audit_log(const LogAuditSources& sources);

}  // namespace yizhan
