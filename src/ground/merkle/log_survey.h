#pragma once

#include <filesystem>
#include <functional>

#include "ground/merkle/checkpoint.h"

// The files of a log (log.h) as a stranger reads them: everything is hashed anew and held against
// everything else that the files say, and nothing is written. The log may be in use meanwhile.

namespace yizhan {

struct LogFinding {
  std::string where;  // a file of the log, or a place in it
  std::string what;   // for people
};

struct LogSurvey {
  std::string origin;          // as `head` says
  std::vector<Sha256> leaves;  // of every durable entry
  std::optional<SignedNote> checkpoint;
  std::optional<SignedNote> cosigned;
  std::vector<LogFinding> findings;  // none: the files agree with each other

  [[nodiscard]] std::uint64_t size() const { return leaves.size(); }
  [[nodiscard]] Sha256 root_at(std::uint64_t size_then) const;  // size_then <= size()
};

// The name in `head`. Refuses what survey_log refuses.
Result<std::string> log_origin(const std::filesystem::path& directory);

using EntryVisit = std::function<void(std::uint64_t index, ByteView entry)>;

// Visits every entry that can be read, in order. Where an entry and its hash differ, the tile above
// or the head tells which of the two was changed. Refuses kNotFound: no log is there; kMalformed:
// its head is none. Disk trouble is FileError.
Result<LogSurvey> survey_log(const std::filesystem::path& directory, const EntryVisit& visit);

// A checkpoint of this log that was kept elsewhere, or its own: signed by the log's key, not beyond
// the log, and of its root. What is wrong with it, if anything.
std::optional<LogFinding> check_kept(const LogSurvey& survey, const SignedNote& note,
                                     const NoteKey& log_key, const std::string& where);

}  // namespace yizhan
