#pragma once

#include "ground/journal/recording.h"

namespace yizhan {

// From its beginning to its end in good order the process stands in the journal; a beginning
// without its end tells the auditor of a crash.
class ProcessRecord {
 public:
  struct Facts {
    std::string program;
    std::string version;
    std::string configuration;  // as in force; its SHA-256 is recorded
  };

  ProcessRecord(Database& database, const Journal& journal, const Clock& clock, const Facts& facts);
  ~ProcessRecord();  // a store that fails now leaves the beginning without its end
  ProcessRecord(const ProcessRecord&) = delete;
  ProcessRecord& operator=(const ProcessRecord&) = delete;

 private:
  Database& database_;
  const Journal& journal_;
  const Clock& clock_;
  std::string program_;
};

}  // namespace yizhan
