#pragma once

#include <functional>
#include <mutex>
#include <set>

#include "ground/trust/trust.h"
#include "model/agency/agency.h"

namespace yizhan {

// What the role does when something about the distribution must be known; in the thread of work().
// `version` is that of the timestamp that is trusted.
class FollowAlarm {
 public:
  virtual ~FollowAlarm() = default;
  // Nothing new has come for too long, and why; nullopt: it comes again.
  virtual void stale(std::int64_t version, const std::optional<Refusal>& why) = 0;
  // Something that came was refused. Told once for each reason until something is taken again.
  virtual void refused(std::int64_t version, const Refusal& why) = 0;
  // A directory came into force: its own version, and the digest of its signed bytes.
  virtual void applied(std::int64_t directory, const Sha256& sha256) = 0;
};

// How a node stands to the distribution.
struct FollowStanding {
  std::int64_t version = 0;          // of the timestamp that is trusted; 0: none yet
  std::optional<Time> expires = {};  // of that timestamp
  Time since = {};     // when the last new one came, restarts included; or when we began to ask
  bool stale = false;  // and that is too long ago
  std::optional<Refusal> why = {};  // of the last look, where it failed

  // What comes does not hold; who is not there has said nothing.
  [[nodiscard]] bool refused() const { return why && why->reason != Reason::kUnavailable; }
  // Documents wait: what is trusted has expired.
  [[nodiscard]] bool expired(Time now) const { return expires && now >= *expires; }
  [[nodiscard]] Json describe(Time now) const;
};

// A node's side of the distribution: looks for a newer timestamp, verifies, mirrors it for those
// below, and applies it. What is in force stays in force when anything is refused; once the
// timestamp expires, nothing may rest on it any more (check_open).
class Following {
 public:
  static constexpr const char* kDirectoryTarget = "directory/directory.p7m";

  // What a node does with other targets, once for each timestamp that is new; in the thread of
  // work(). What it refuses keeps nothing else from coming into force, and is tried again with the
  // next look.
  using Applied = std::function<Result<void>(TrustClient& client)>;

  struct Parts {
    std::filesystem::path folder;  // of this node: what it trusts, and its mirror
    Bytes first_root;              // as it came with the installation
    RepositorySource& source;
    DirectorySource& directory;
    FollowAlarm& alarm;
    const Clock& clock;
    Milliseconds stale_after = std::chrono::minutes{15};
    std::vector<Applied> applied = {};  // before the directory, in this order
  };

  // Throws as TrustedState does.
  explicit Following(Parts parts);

  // One look; true when something was taken whole that was not before. One thread at a time.
  bool work();
  // Any thread.
  [[nodiscard]] FollowStanding standing() const;
  // kMetadataExpired: what is trusted may not be relied on any more: documents wait. A node that
  // has never seen a timestamp goes by the directory that it was installed with.
  [[nodiscard]] Result<void> check_open() const;
  [[nodiscard]] const std::filesystem::path& mirror() const { return mirror_.folder(); }

 private:
  Result<bool> follow();
  void recall();
  void came(const MetadataHead& timestamp);
  Result<void> apply(TrustClient& client);
  Result<void> apply_directory(TrustClient& client);
  void note(const Result<bool>& looked);

  const Parts parts_;
  TrustedState state_;
  Mirror mirror_;
  std::int64_t whole_ = 0;  // which timestamp is mirrored and applied since the start; 0: none
  std::set<Reason> told_;   // refusals, since something was taken last
  mutable std::mutex mutex_;
  FollowStanding standing_;
};

}  // namespace yizhan
