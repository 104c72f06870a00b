#pragma once

#include <filesystem>
#include <mutex>

#include "ground/journal/journal.h"
#include "ground/json/json.h"
#include "ground/store/store.h"

namespace yizhan {

// Why a centre takes no new documents for a while, as it tells its terminals.
struct Maintenance {
  std::string person;
  std::string reason;
  Time since;
  std::optional<Time> until;  // as announced; it ends when an operator ends it

  static Result<Maintenance> parse(ByteView json);  // kMalformed
  [[nodiscard]] Json describe() const;
};

// Before it is stopped for work on it, a centre is drained: it refuses new documents, so that they
// wait at their senders with the reason, while those that it accepted go on to their final
// evidence. Safe from many threads.
class MaintenanceDesk {
 public:
  struct Parts {
    std::filesystem::path file;  // what outlives the process
    Database& database;
    const Journal& journal;
    const Clock& clock;
  };

  // Throws FileError, and std::runtime_error where the file holds something else.
  explicit MaintenanceDesk(Parts parts);

  [[nodiscard]] std::optional<Maintenance> current() const;
  // Of a new document: kUnavailable with the reason while there is maintenance.
  [[nodiscard]] Result<void> check_open() const;

  // In the journal, then on disk, before it counts. Begun again it says something else from then
  // on, and keeps since when. Refuses kBadRequest: nobody, no reason, or longer than 500 bytes.
  Result<Maintenance> begin(Maintenance wish);
  void end(const std::string& person);  // nothing where there is none

 private:
  Parts parts_;
  mutable std::mutex mutex_;
  std::optional<Maintenance> current_;
};

}  // namespace yizhan
