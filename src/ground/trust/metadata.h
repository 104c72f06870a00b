#pragma once

#include <optional>

#include "ground/trust/envelope.h"

// The four kinds of TUF metadata. Members that are not known are left to later versions (TUF 1.0
// §4.1); what is known is read strictly. Each parse refuses kMalformed, also for metadata of
// another kind (wrong role), and kUnknownFormat for another major version of the specification.

namespace yizhan {

inline constexpr std::string_view kRootRole = "root";
inline constexpr std::string_view kTimestampRole = "timestamp";
inline constexpr std::string_view kSnapshotRole = "snapshot";
inline constexpr std::string_view kTargetsRole = "targets";

struct MetadataHead {
  std::int64_t version = 1;
  Time expires;  // to the second; from then on it may not be used
};

struct RootMetadata {
  MetadataHead head;
  TrustedKeys keys;
  RoleKeys root, timestamp, snapshot, targets;

  static Result<RootMetadata> parse(const Json& content);
  [[nodiscard]] Json describe() const;
};

// What one metadata file says of another.
struct MetadataFile {
  std::int64_t version = 1;
  std::optional<std::int64_t> length = {};  // octets
  std::optional<Sha256> sha256 = {};

  // Of these very bytes.
  static MetadataFile of(std::int64_t version, ByteView bytes);
  // Refuses kMetadataMismatch.
  [[nodiscard]] Result<void> check(ByteView bytes) const;
};

struct TimestampMetadata {
  MetadataHead head;
  MetadataFile snapshot;

  static Result<TimestampMetadata> parse(const Json& content);
  [[nodiscard]] Json describe() const;
};

struct SnapshotMetadata {
  MetadataHead head;
  std::map<std::string, MetadataFile> roles;  // targets and every delegated role

  static Result<SnapshotMetadata> parse(const Json& content);
  [[nodiscard]] Json describe() const;
};

struct TargetFile {
  std::int64_t length = 0;
  Sha256 sha256;
  Json custom = nullptr;  // null: none

  static TargetFile of(ByteView bytes);
  // Refuses kMetadataMismatch.
  [[nodiscard]] Result<void> check(ByteView bytes) const;
};

struct Delegation {
  std::string role;
  RoleKeys keys;
  std::vector<std::string> paths;  // patterns
  bool terminating = false;

  [[nodiscard]] bool covers(std::string_view path) const;
};

struct TargetsMetadata {
  MetadataHead head;
  std::map<std::string, TargetFile> targets;  // by path
  TrustedKeys keys;                           // of the delegations
  std::vector<Delegation> delegations;        // the first that covers a path is asked first

  static Result<TargetsMetadata> parse(const Json& content);
  [[nodiscard]] Json describe() const;
  [[nodiscard]] const Delegation* find(std::string_view role) const;
};

// What belongs to another state of the repository than what lists it is no part of this one.
bool is_as_listed(bool same);
// Refuses kMetadataExpired.
Result<void> check_expiry(std::string_view role, const MetadataHead& head, Time now);
// The kind, version and expiry of any metadata, for people and for choosing the right reader.
struct MetadataTitle {
  std::string kind;
  MetadataHead head;

  static Result<MetadataTitle> parse(const Json& content);
};

}  // namespace yizhan
