#include "ground/trust/mirror.h"

#include "ground/files/files.h"
#include "ground/trust/names.h"

namespace yizhan {

namespace {

constexpr std::size_t kRootBytesMax = 512'000;
constexpr unsigned kMirroredMode = 0644;
constexpr unsigned kMirroredFolderMode = 0755;

}  // namespace

bool Mirror::has(const std::string& location) const {
  return std::filesystem::is_regular_file(folder_ / location);
}

void Mirror::put(const std::string& location, ByteView bytes) const {
  make_directory((folder_ / location).parent_path(), kMirroredFolderMode);
  write_durably(folder_ / location, bytes, kMirroredMode);
}

Result<std::set<std::string>> Mirror::copy_targets(TrustClient& client) {
  std::set<std::string> kept;
  const auto targets = YZ_TRY(client.list_targets());
  for (const auto& [path, target] : targets) {
    const std::string location = target_location(path, target.sha256);
    if (!has(location)) put(location, YZ_TRY(client.fetch_target(path)));
    kept.insert(location);
  }
  return kept;
}

// All of the chain, for those who begin at an earlier one. What comes before the trusted one is
// not verified here: nobody follows it but from one that he trusts.
Result<std::set<std::string>> Mirror::copy_roots(const RootMetadata& root,
                                                 RepositorySource& source) {
  std::set<std::string> kept;
  for (std::int64_t version = 1; version <= root.head.version; ++version) {
    const std::string location = metadata_location(kRootRole, version);
    if (!has(location)) put(location, YZ_TRY(source.fetch(location, kRootBytesMax)));
    kept.insert(location);
  }
  return kept;
}

std::set<std::string> Mirror::copy_roles(TrustClient& client, const TrustedState& state) {
  std::set<std::string> kept;
  for (const auto& [role, listed] : client.snapshot().roles) {
    const auto bytes = state.content().targets.find(role);
    if (bytes == state.content().targets.end()) continue;
    const std::string location = metadata_location(role, listed.version);
    put(location, bytes->second);
    kept.insert(location);
  }
  const std::string snapshot = metadata_location(kSnapshotRole, client.snapshot().head.version);
  put(snapshot, state.content().snapshot);
  kept.insert(snapshot);
  return kept;
}

void Mirror::remove_all_but(const std::set<std::string>& kept) const {
  for (const char* folder : {"metadata", "targets"}) {
    if (!std::filesystem::is_directory(folder_ / folder)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / folder)) {
      if (!entry.is_regular_file()) continue;
      const std::string location = std::filesystem::relative(entry.path(), folder_).string();
      if (!kept.contains(location)) std::filesystem::remove(entry.path());
    }
  }
}

Result<void> Mirror::follow(TrustClient& client, const TrustedState& state,
                            RepositorySource& source) {
  std::set<std::string> kept = YZ_TRY(copy_targets(client));
  kept.merge(YZ_TRY(copy_roots(client.root(), source)));
  kept.merge(copy_roles(client, state));
  kept.emplace(kTimestampLocation);
  put(std::string(kTimestampLocation), state.content().timestamp);
  std::set<std::string> needed = kept;
  // Right after a start, what was served before is not known: nothing is removed.
  if (!current_.empty()) {
    needed.merge(current_);
    remove_all_but(needed);
  }
  current_ = std::move(kept);
  return {};
}

}  // namespace yizhan
