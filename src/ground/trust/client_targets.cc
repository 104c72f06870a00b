#include "ground/control/control.h"
#include "ground/trust/client.h"
#include "ground/trust/names.h"

// The half of the client that follows delegations: TUF 1.0 §5.6 and §5.7.

namespace yizhan {

// §5.6.2–5.6.5
Result<TargetsMetadata> TrustClient::verify_targets(const std::string& role, const Parent& parent,
                                                    ByteView bytes) const {
  const MetadataFile& listed = snapshot_->roles.at(role);
  YZ_TRY(listed.check(bytes));
  const SignedMetadata metadata = YZ_TRY(SignedMetadata::parse(bytes));
  YZ_TRY(metadata.check(parent.keys, parent.known));
  TargetsMetadata targets = YZ_TRY(TargetsMetadata::parse(metadata.content()));
  if (!is_as_listed(targets.head.version == listed.version)) {
    return Refusal{Reason::kMetadataMismatch, role + " 之版次與 snapshot 所列不符"};
  }
  YZ_TRY(check_expiry(role, targets.head, started_));
  return targets;
}

Result<const TargetsMetadata*> TrustClient::load_targets(const std::string& role,
                                                         const Parent& parent) {
  const std::pair place(parent.role, role);
  if (const auto found = roles_.find(place); found != roles_.end()) return &found->second;
  const auto listed = snapshot_->roles.find(role);
  if (listed == snapshot_->roles.end()) {
    return Refusal{Reason::kNotFound, "snapshot 未列 " + role};
  }
  const auto kept = state_.content().targets.find(role);
  if (kept != state_.content().targets.end()) {
    Result<TargetsMetadata> trusted = verify_targets(role, parent, kept->second);
    if (trusted) return &roles_.emplace(place, std::move(*trusted)).first->second;
  }
  const std::size_t bytes_max =
      listed->second.length
          ? std::min(static_cast<std::size_t>(*listed->second.length), limits_.targets_bytes)
          : limits_.targets_bytes;
  Bytes bytes = YZ_TRY(source_.fetch(metadata_location(role, listed->second.version), bytes_max));
  TargetsMetadata targets = YZ_TRY(verify_targets(role, parent, bytes));
  TrustedState::Content content = state_.content();
  content.targets[role] = std::move(bytes);
  state_.save(std::move(content));
  return &roles_.emplace(place, std::move(targets)).first->second;
}

// §5.6.7: depth first, in the order in which each role names those below it.
Result<TargetFile> TrustClient::find_target(const std::string& path) {
  std::vector<std::pair<std::string, Parent>> waiting{{std::string(kTargetsRole), top()}};
  std::set<std::string> visited;
  while (!waiting.empty() && visited.size() <= limits_.delegations) {
    const auto [role, parent] = std::move(waiting.back());
    waiting.pop_back();
    if (!visited.insert(role).second) continue;
    const TargetsMetadata* targets = YZ_TRY(load_targets(role, parent));
    if (const auto found = targets->targets.find(path); found != targets->targets.end()) {
      return found->second;
    }
    std::vector<std::pair<std::string, Parent>> below;
    for (const Delegation& delegation : targets->delegations) {
      if (!upheld("tuf_delegated_path", delegation.covers(path))) continue;
      below.emplace_back(delegation.role, Parent{role, delegation.keys, targets->keys});
      if (!delegation.terminating) continue;
      waiting.clear();
      break;
    }
    waiting.insert(waiting.end(), below.rbegin(), below.rend());
  }
  return Refusal{Reason::kNotFound, path};
}

Result<Bytes> TrustClient::fetch_target(const std::string& path) {
  const TargetFile target = YZ_TRY(find_target(path));
  Bytes bytes = YZ_TRY(
      source_.fetch(target_location(path, target.sha256), static_cast<std::size_t>(target.length)));
  YZ_TRY(target.check(bytes));
  return bytes;
}

Result<std::map<std::string, TargetFile>> TrustClient::list_targets(std::string_view beginning) {
  std::map<std::string, TargetFile> found;
  const auto roles = YZ_TRY(all_roles());
  for (const auto& [role, metadata] : roles) {
    for (const auto& [path, listed] : metadata.targets) {
      if (!path.starts_with(beginning)) continue;
      // Others may name it too; that counts for nothing.
      const Result<TargetFile> target = find_target(path);
      if (target && target->sha256 == listed.sha256) found.insert_or_assign(path, *target);
    }
  }
  return found;
}

Result<std::vector<std::pair<std::string, TargetsMetadata>>> TrustClient::all_roles() {
  std::vector<std::pair<std::string, TargetsMetadata>> found;
  std::vector<std::pair<std::string, Parent>> waiting{{std::string(kTargetsRole), top()}};
  std::set<std::string> visited;
  while (!waiting.empty()) {
    const auto [role, parent] = std::move(waiting.back());
    waiting.pop_back();
    if (!snapshot_->roles.contains(role) || !visited.insert(role).second) continue;
    const TargetsMetadata* targets = YZ_TRY(load_targets(role, parent));
    found.emplace_back(role, *targets);
    for (auto below = targets->delegations.rbegin(); below != targets->delegations.rend();
         ++below) {
      waiting.emplace_back(below->role, Parent{role, below->keys, targets->keys});
    }
  }
  return found;
}

}  // namespace yizhan
