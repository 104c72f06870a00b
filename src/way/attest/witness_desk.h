#pragma once

#include "model/agency/agency.h"
#include "way/attest/alarm.h"

namespace yizhan {

// Witnesses the logs of the other centres of the directory, and of those that the configuration
// names. Several threads.
class WitnessDesk {
 public:
  struct Parts {
    std::filesystem::path folder;  // what was signed, and what contradicted it
    CentreCode own;
    SigningKey& key;  // of our log
    const DirectorySource& directory;
    std::vector<NoteKey> peers;  // logs beside the directory's
    AttestAlarm& alarm;
    const Clock& clock;
  };

  explicit WitnessDesk(Parts parts);

  // As Witness::add_checkpoint. What contradicts what the log showed before is kept (both signed
  // checkpoints, a file each) and told once.
  WitnessAnswer add_checkpoint(ByteView body);

 private:
  [[nodiscard]] std::vector<NoteKey> keys_of(const std::string& origin) const;
  void keep(const LogConflict& conflict);

  Parts parts_;
  Witness witness_;
  std::mutex mutex_;
};

}  // namespace yizhan
