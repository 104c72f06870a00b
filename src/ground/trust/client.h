#pragma once

#include "ground/trust/metadata.h"
#include "ground/trust/source.h"
#include "ground/trust/trusted_state.h"

namespace yizhan {

// How much of a stranger's bytes is read, and how far a chain is followed.
struct ClientLimits {
  std::size_t root_bytes = 512'000;
  std::size_t timestamp_bytes = 16'384;
  std::size_t snapshot_bytes = 2'000'000;
  std::size_t targets_bytes = 5'000'000;
  std::int64_t roots = 256;      // in one update
  std::size_t delegations = 32;  // asked for one target
};

// The client of TUF 1.0 §5, in its order. One thread at a time.
class TrustClient {
 public:
  // Both outlive this object.
  TrustClient(TrustedState& state, RepositorySource& source, ClientLimits limits = {})
      : state_(state), source_(source), limits_(limits) {}

  // §5.2–5.6: root chain, timestamp, snapshot, targets. What was verified on the way is kept even
  // if a later step refuses. true when there was a newer timestamp than the one trusted so far.
  // Refuses kThresholdNotMet (arbitrary software), kMetadataRolledBack, kMetadataExpired (freeze),
  // kMetadataMismatch (mix and match), kTooLarge (endless data), kMalformed (wrong role among it),
  // and what the source refuses.
  Result<bool> refresh(Time now);
  // Before any refresh(): the timestamp that was trusted last, if the root in force vouches for it.
  [[nodiscard]] std::optional<TimestampMetadata> trusted_timestamp();
  // After refresh() has succeeded: versions in force.
  [[nodiscard]] const RootMetadata& root() const { return *root_; }
  [[nodiscard]] const TimestampMetadata& timestamp() const { return *timestamp_; }
  [[nodiscard]] const SnapshotMetadata& snapshot() const { return *snapshot_; }

  // §5.6.7: the target as the most trusted role has it. Refuses kNotFound, and as refresh().
  Result<TargetFile> find_target(const std::string& path);
  // §5.7. Refuses as find_target(), kMetadataMismatch, kTooLarge.
  Result<Bytes> fetch_target(const std::string& path);
  // Every target whose path begins so, as the role in charge of its path has signed it. Refuses as
  // refresh().
  Result<std::map<std::string, TargetFile>> list_targets(std::string_view beginning = {});
  // Every role that snapshot names and a delegation leads to, `targets` first.
  Result<std::vector<std::pair<std::string, TargetsMetadata>>> all_roles();

 private:
  // Who delegates a role, and to whom.
  struct Parent {
    std::string role;
    RoleKeys keys;
    TrustedKeys known;
  };
  // By role and by who delegates it: what one delegator vouches for is nothing to another.
  using Roles = std::map<std::pair<std::string, std::string>, TargetsMetadata>;

  Result<void> load_root();
  Result<void> update_root();
  Result<bool> update_timestamp();
  Result<void> update_snapshot();
  Result<void> take_snapshot(ByteView bytes, const SnapshotMetadata* trusted);
  // The role's metadata, from the state or from the source.
  Result<const TargetsMetadata*> load_targets(const std::string& role, const Parent& parent);
  Result<TargetsMetadata> verify_targets(const std::string& role, const Parent& parent,
                                         ByteView bytes) const;
  [[nodiscard]] Parent top() const { return {std::string(kRootRole), root_->targets, root_->keys}; }

  TrustedState& state_;
  RepositorySource& source_;
  const ClientLimits limits_;
  Time started_;  // §5.1: one time for the whole update
  std::optional<RootMetadata> root_;
  std::optional<TimestampMetadata> timestamp_;
  std::optional<SnapshotMetadata> snapshot_;
  Roles roles_;
};

}  // namespace yizhan
