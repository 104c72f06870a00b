#include "ground/trust/repository.h"

#include <algorithm>

#include "ground/files/files.h"
#include "ground/trust/folder_source.h"
#include "ground/trust/names.h"

namespace yizhan {

namespace {

constexpr std::size_t kFileBytesMax = 16u << 20;
constexpr unsigned kServedMode = 0644;
constexpr unsigned kServedFolderMode = 0755;
constexpr const char* kStaged = "staged";
constexpr std::string_view kSlash = "%2F";

std::string file_name(std::string role) {
  const std::size_t slash = role.find('/');
  if (slash != std::string::npos) role.replace(slash, 1, kSlash);
  return role + ".json";
}

// Root and targets say who may sign the others.
int rank(std::string_view role) { return role == kRootRole ? 0 : role == kTargetsRole ? 1 : 2; }

Result<SignedMetadata> read(const std::filesystem::path& folder, const std::string& location) {
  return SignedMetadata::parse(YZ_TRY(FolderSource(folder).fetch(location, kFileBytesMax)));
}

}  // namespace

void Repository::put(const std::string& location, ByteView bytes) const {
  make_directory((folder_ / location).parent_path(), kServedFolderMode);
  write_durably(folder_ / location, bytes, kServedMode);
}

Result<SignedMetadata> Repository::root() const {
  std::int64_t version = 1;
  while (std::filesystem::exists(folder_ / metadata_location(kRootRole, version + 1))) ++version;
  return read(folder_, metadata_location(kRootRole, version));
}

Result<SignedMetadata> Repository::timestamp() const {
  return read(folder_, std::string(kTimestampLocation));
}

Result<SignedMetadata> Repository::snapshot() const {
  const SignedMetadata newest = YZ_TRY(timestamp());
  const TimestampMetadata named = YZ_TRY(TimestampMetadata::parse(newest.content()));
  return read(folder_, metadata_location(kSnapshotRole, named.snapshot.version));
}

Result<SignedMetadata> Repository::targets(const std::string& role) const {
  const SignedMetadata newest = YZ_TRY(snapshot());
  const SnapshotMetadata named = YZ_TRY(SnapshotMetadata::parse(newest.content()));
  const auto file = named.roles.find(role);
  if (file == named.roles.end()) return Refusal{Reason::kNotFound, "尚未公布 " + role};
  return read(folder_, metadata_location(role, file->second.version));
}

std::vector<std::string> Repository::roles() const {
  std::vector<std::string> names;
  const Result<SignedMetadata> newest = snapshot();
  if (!newest) return names;
  const Result<SnapshotMetadata> named = SnapshotMetadata::parse(newest->content());
  if (!named) return names;
  for (const auto& [role, file] : named->roles) names.push_back(role);
  std::ranges::stable_sort(names, {}, rank);
  return names;
}

std::filesystem::path Repository::staged_file(const std::string& role) const {
  return folder_ / kStaged / file_name(role);
}

Result<SignedMetadata> Repository::staged(const std::string& role) const {
  if (!is_role_name(role)) return Refusal{Reason::kBadRequest, "角色名稱：" + role};
  const auto bytes = find_file(staged_file(role), kFileBytesMax);
  if (!bytes) return Refusal{Reason::kNotFound, "沒有待簽署之 " + role};
  return SignedMetadata::parse(*bytes);
}

std::vector<std::string> Repository::staged_roles() const {
  std::vector<std::string> names;
  for (std::string name : list_files(folder_ / kStaged)) {
    if (!name.ends_with(".json")) continue;
    name.resize(name.size() - std::string_view(".json").size());
    const std::size_t slash = name.find(kSlash);
    if (slash != std::string::npos) name.replace(slash, kSlash.size(), "/");
    if (is_role_name(name)) names.push_back(std::move(name));
  }
  std::ranges::stable_sort(names, {}, rank);
  return names;
}

void Repository::stage(const std::string& role, const SignedMetadata& metadata) const {
  put(std::string(kStaged) + "/" + file_name(role), metadata.bytes());
}

void Repository::unstage(const std::string& role) const { remove_file_durably(staged_file(role)); }

void Repository::put_target(const std::string& path, ByteView bytes) const {
  put(target_location(path, sha256(bytes)), bytes);
}

Result<SignedMetadata> Repository::latest(const std::string& role) const {
  Result<SignedMetadata> waiting = staged(role);
  if (waiting || waiting.reason() != Reason::kNotFound) return waiting;
  return role == kRootRole ? root() : targets(role);
}

Result<RootMetadata> Repository::latest_root() const {
  const SignedMetadata metadata = YZ_TRY(latest(std::string(kRootRole)));
  return RootMetadata::parse(metadata.content());
}

Result<TargetsMetadata> Repository::latest_targets(const std::string& role) const {
  const SignedMetadata metadata = YZ_TRY(latest(role));
  return TargetsMetadata::parse(metadata.content());
}

}  // namespace yizhan
