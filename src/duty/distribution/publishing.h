#pragma once

#include <functional>
#include <mutex>
#include <set>

#include "ground/trust/trust.h"

namespace yizhan {

// A role's next version, as it waits for signatures.
struct StagedRole {
  std::string role;
  std::int64_t version = 0;
  Sha256 sha256;  // of its content: what is signed
  RoleSigners signers;

  [[nodiscard]] Json describe() const;
};

// What the role does when something is published.
class PublishRecord {
 public:
  virtual ~PublishRecord() = default;
  // Before a byte of it is written: durable when it returns, or it throws and nothing is published.
  // In the thread of work().
  virtual void publishing(const std::vector<StagedRole>& roles) = 0;
  // What officers have signed, or the timestamp ("timestamp"), could not be published. In the
  // thread of work(); once for each reason until something is.
  virtual void refused(const std::string& role, const Refusal& why) = 0;
};

struct PublishStanding {
  std::int64_t version = 0;  // of the timestamp that is published; 0: none
  std::optional<Time> expires = {};
  std::optional<Refusal> why = {};  // of the last attempt, where it failed

  [[nodiscard]] Json describe() const;
};

// Management's side of the distribution: puts into force what enough officers have signed, and says
// every few minutes that nothing is withheld. It can sign no content: the online key names what is
// newest. Any thread, but for work().
class Publishing {
 public:
  struct Parts {
    Repository repository;
    std::shared_ptr<SigningKey> online;  // shared_ptr: as the keyholder's client hands it out
    PublishRecord& record;
    const Clock& clock;
    Milliseconds interval = std::chrono::minutes{5};  // of the timestamp
  };

  explicit Publishing(Parts parts) : parts_(std::move(parts)) {}

  // One look; true when something was published. One thread at a time.
  bool work();
  [[nodiscard]] PublishStanding standing() const;
  [[nodiscard]] const Repository& repository() const { return parts_.repository; }

  // What waits for signatures. Refuse kMalformed, kNotFound.
  [[nodiscard]] Result<std::vector<StagedRole>> staged() const;
  [[nodiscard]] Result<StagedRole> staged(const std::string& role) const;
  // The file that officers take along to sign.
  [[nodiscard]] Result<Bytes> staged_file(const std::string& role) const;

  // The signatures that an officer brings back. `record` is called before they are written; what it
  // throws leaves everything as it was. Refuses kMalformed, kNotFound (nothing waits), kConflict
  // (of another content), kThresholdNotMet (no new signature of anybody who may sign it).
  using RecordSignatures = std::function<void(const StagedRole& then)>;
  Result<StagedRole> add_signatures(const std::string& role, ByteView file,
                                    const RecordSignatures& record) const;

 private:
  bool publish_staged();
  Result<void> publish_these(const std::vector<std::string>& roles);
  Result<bool> freshen();
  void note(const std::string& role, const Refusal& why);
  [[nodiscard]] Result<SignedMetadata> merged(const std::string& role,
                                              const SignedMetadata& brought) const;

  const Parts parts_;
  std::set<std::pair<std::string, Reason>> told_;  // since something was published
  std::set<Sha256> recorded_;      // contents of which the record knows, since the start
  std::optional<Refusal> failed_;  // at this look
  // Held while staged files are read and written anew: else signatures that come meanwhile would be
  // lost.
  mutable std::mutex staged_mutex_;
  mutable std::mutex mutex_;
  std::optional<Refusal> why_;  // at the last look
};

}  // namespace yizhan
