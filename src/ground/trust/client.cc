#include "ground/trust/client.h"

#include "ground/control/control.h"
#include "ground/trust/names.h"

namespace yizhan {

namespace {

template <class Kind>
Result<Kind> verify(ByteView bytes, const RoleKeys& role, const TrustedKeys& keys) {
  const SignedMetadata metadata = YZ_TRY(SignedMetadata::parse(bytes));
  YZ_TRY(metadata.check(role, keys));
  return Kind::parse(metadata.content());
}

// What was trusted before and still is, as the root in force sees it. §5.3.11, recovery from
// fast-forward: what stolen keys have signed does not outlive them, whatever version it has.
template <class Kind>
std::optional<Kind> find_trusted(ByteView bytes, const RoleKeys& role, const TrustedKeys& keys) {
  if (bytes.empty()) return std::nullopt;
  Result<Kind> found = verify<Kind>(bytes, role, keys);
  return found ? std::optional(std::move(*found)) : std::nullopt;
}

Result<void> check_no_rollback(std::string_view what, std::int64_t fresh, std::int64_t trusted) {
  if (upheld("tuf_rollback", fresh >= trusted)) return {};
  return Refusal{Reason::kMetadataRolledBack, std::string(what) + " 已有第 " +
                                                  std::to_string(trusted) + " 版，所得為第 " +
                                                  std::to_string(fresh) + " 版"};
}

Result<void> check_version(std::string_view what, std::int64_t found, std::int64_t expected) {
  if (is_as_listed(found == expected)) return {};
  return Refusal{Reason::kMetadataMismatch, std::string(what) + " 應為第 " +
                                                std::to_string(expected) + " 版，所得為第 " +
                                                std::to_string(found) + " 版"};
}

std::size_t bounded(const MetadataFile& file, std::size_t limit) {
  return file.length ? std::min(static_cast<std::size_t>(*file.length), limit) : limit;
}

}  // namespace

// §5.2. An expired one is still good for leading to the next.
Result<void> TrustClient::load_root() {
  const SignedMetadata metadata = YZ_TRY(SignedMetadata::parse(state_.content().root));
  RootMetadata root = YZ_TRY(RootMetadata::parse(metadata.content()));
  YZ_TRY(metadata.check(root.root, root.keys));
  root_ = std::move(root);
  return {};
}

// §5.3: one version after the other, each signed by the keys of the one before and by its own.
Result<void> TrustClient::update_root() {
  for (std::int64_t i = 0; i < limits_.roots; ++i) {
    const std::int64_t next = root_->head.version + 1;
    Result<Bytes> bytes = source_.fetch(metadata_location(kRootRole, next), limits_.root_bytes);
    if (!bytes && bytes.reason() == Reason::kNotFound) break;
    if (!bytes) return bytes.refusal();
    const SignedMetadata metadata = YZ_TRY(SignedMetadata::parse(*bytes));
    RootMetadata root = YZ_TRY(RootMetadata::parse(metadata.content()));
    YZ_TRY(metadata.check(root_->root, root_->keys));
    YZ_TRY(metadata.check(root.root, root.keys));
    if (!upheld("tuf_root_chain", root.head.version == next)) {
      return Refusal{Reason::kMetadataRolledBack, "root 應為第 " + std::to_string(next) + " 版"};
    }
    root_ = std::move(root);
    TrustedState::Content content = state_.content();
    content.root = std::move(*bytes);
    state_.save(std::move(content));
  }
  return check_expiry(kRootRole, root_->head, started_);
}

std::optional<TimestampMetadata> TrustClient::trusted_timestamp() {
  if (!load_root()) return std::nullopt;
  return find_trusted<TimestampMetadata>(state_.content().timestamp, root_->timestamp, root_->keys);
}

// §5.4
Result<bool> TrustClient::update_timestamp() {
  const auto trusted =
      find_trusted<TimestampMetadata>(state_.content().timestamp, root_->timestamp, root_->keys);
  Bytes bytes = YZ_TRY(source_.fetch(std::string(kTimestampLocation), limits_.timestamp_bytes));
  TimestampMetadata fresh = YZ_TRY(verify<TimestampMetadata>(bytes, root_->timestamp, root_->keys));
  if (trusted) {
    YZ_TRY(check_no_rollback(kTimestampRole, fresh.head.version, trusted->head.version));
    if (fresh.head.version == trusted->head.version) {
      YZ_TRY(check_expiry(kTimestampRole, trusted->head, started_));
      timestamp_ = *trusted;
      return false;
    }
    YZ_TRY(check_no_rollback(kSnapshotRole, fresh.snapshot.version, trusted->snapshot.version));
  }
  YZ_TRY(check_expiry(kTimestampRole, fresh.head, started_));
  timestamp_ = std::move(fresh);
  TrustedState::Content content = state_.content();
  content.timestamp = std::move(bytes);
  state_.save(std::move(content));
  return true;
}

// §5.5.3–5.5.6
Result<void> TrustClient::take_snapshot(ByteView bytes, const SnapshotMetadata* trusted) {
  SnapshotMetadata fresh = YZ_TRY(verify<SnapshotMetadata>(bytes, root_->snapshot, root_->keys));
  YZ_TRY(check_version(kSnapshotRole, fresh.head.version, timestamp_->snapshot.version));
  if (trusted != nullptr) {
    for (const auto& [role, file] : trusted->roles) {
      const auto now = fresh.roles.find(role);
      YZ_TRY(check_no_rollback(role, now == fresh.roles.end() ? 0 : now->second.version,
                               file.version));
    }
  }
  YZ_TRY(check_expiry(kSnapshotRole, fresh.head, started_));
  snapshot_ = std::move(fresh);
  return {};
}

// §5.5
Result<void> TrustClient::update_snapshot() {
  const Bytes& kept = state_.content().snapshot;
  const auto trusted = find_trusted<SnapshotMetadata>(kept, root_->snapshot, root_->keys);
  if (trusted && trusted->head.version == timestamp_->snapshot.version) {
    return take_snapshot(kept, nullptr);
  }
  Bytes bytes = YZ_TRY(source_.fetch(metadata_location(kSnapshotRole, timestamp_->snapshot.version),
                                     bounded(timestamp_->snapshot, limits_.snapshot_bytes)));
  YZ_TRY(timestamp_->snapshot.check(bytes));
  YZ_TRY(take_snapshot(bytes, trusted ? &*trusted : nullptr));
  TrustedState::Content content = state_.content();
  content.snapshot = std::move(bytes);
  state_.save(std::move(content));
  return {};
}

Result<bool> TrustClient::refresh(Time now) {
  started_ = now;
  roles_.clear();
  YZ_TRY(load_root());
  YZ_TRY(update_root());
  const bool newer = YZ_TRY(update_timestamp());
  YZ_TRY(update_snapshot());
  YZ_TRY(load_targets(std::string(kTargetsRole), top()));
  return newer;
}

}  // namespace yizhan
