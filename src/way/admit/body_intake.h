#pragma once

#include <map>
#include <mutex>
#include <string>

#include "ground/files/files.h"
#include "model/journey/journey.h"
#include "model/package/package.h"

// How a body comes in, from a terminal or from another centre: whole, or group after group, each
// verified as it arrives. Several threads.

namespace yizhan {

class BodyIntake {
 public:
  // What of which body. `partial` names what is there until it is whole.
  struct Upload {
    const std::string& partial;
    const Header& header;
    const std::vector<Sha256>& groups;
  };

  explicit BodyIntake(ObjectStore& objects) : objects_(objects) {}

  // Everything that comes under this name comes through this process.
  void begin(const std::string& partial, Time now);
  // The last group is asked for until somebody says that the package is taken: it ends the upload.
  [[nodiscard]] std::int64_t next_group(const std::string& partial,
                                        std::int64_t group_count) const;
  // A body of a single group. kGroupMismatch, kLengthMismatch
  Result<void> store_whole(const Upload& upload, ByteView body);
  // true: that was the last one. kBadRequest, kConflict (too early), kGroupMismatch,
  // kLengthMismatch.
  Result<bool> put_group(const Upload& upload, std::int64_t index, ByteView group);
  // All groups are there; the body is an object when this returns. kGroupMismatch: a crash spoiled
  // what was not yet durable, and it starts over.
  Result<void> finish(const Upload& upload);
  void forget(const std::string& partial);

  // In the transaction that enters who needs it: it is there and not being removed. kUnavailable
  Result<void> check_there(Transaction& tx, JourneyStore& journeys, const Sha256& cipher_root);
  // Uploads that nobody has gone on with for kUploadTimeMax make room. How many.
  int discard_abandoned(Time now);

 private:
  ObjectStore& objects_;
  std::mutex mutex_;
  // Uploads whose every group this process itself verified, and since when they are under way;
  // others are read back before they count.
  std::map<std::string, Time> verified_here_;
};

}  // namespace yizhan
