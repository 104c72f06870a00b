#include "ground/trust/staging.h"

#include <algorithm>
#include <array>
#include <set>

#include "ground/trust/names.h"
#include "ground/trust/role_signers.h"

namespace yizhan {

namespace {

const std::string kRootName{kRootRole};
const std::string kTargetsName{kTargetsRole};

Time expiry(Time now, Milliseconds validity) { return now + validity; }

RoleKeys keys_of(const std::vector<TrustedKey>& keys, std::int64_t threshold) {
  RoleKeys role{{}, threshold};
  for (const TrustedKey& key : keys) role.key_ids.push_back(key.id);
  return role;
}

TrustedKeys by_id(const std::vector<TrustedKey>& keys) {
  TrustedKeys found;
  for (const TrustedKey& key : keys) found.emplace(key.id, key);
  return found;
}

Result<std::vector<TrustedKey>> keys_for(const std::vector<Certificate>& certificates) {
  std::vector<TrustedKey> keys;
  for (const Certificate& certificate : certificates) {
    TrustedKey key = YZ_TRY(TrustedKey::of(certificate));
    const std::string pem = certificate.public_key_pem();
    const bool twice = std::ranges::any_of(
        keys, [&](const TrustedKey& other) { return other.certificate.public_key_pem() == pem; });
    if (twice) return Refusal{Reason::kBadRequest, "同一金鑰列名兩次：" + certificate.subject()};
    keys.push_back(std::move(key));
  }
  return keys;
}

// The version after the published one; what waits already is written anew in its place.
Result<std::int64_t> next_version(const Repository& repository, const std::string& role) {
  const Result<SignedMetadata> published =
      role == kRootName ? repository.root() : repository.targets(role);
  if (!published && published.reason() == Reason::kNotFound) return std::int64_t{1};
  if (!published) return published.refusal();
  return YZ_TRY(MetadataTitle::parse(published->content())).head.version + 1;
}

Result<TargetsMetadata> next_targets(const Repository& repository, const std::string& role,
                                     Time expires) {
  Result<TargetsMetadata> latest = repository.latest_targets(role);
  if (!latest && latest.reason() != Reason::kNotFound) return latest;
  TargetsMetadata next = latest ? std::move(*latest) : TargetsMetadata{};
  next.head = {YZ_TRY(next_version(repository, role)), expires};
  return next;
}

void replace(RoleKeys& role, const std::optional<TrustedKey>& removed,
             const std::optional<TrustedKey>& added) {
  if (removed) std::erase(role.key_ids, removed->id);
  if (added && std::ranges::count(role.key_ids, added->id) == 0) role.key_ids.push_back(added->id);
}

Result<void> check_enough(const RoleKeys& role) {
  if (static_cast<std::int64_t>(role.key_ids.size()) >= role.threshold) return {};
  return Refusal{Reason::kBadRequest, "承辦人員少於須簽署之人數，請同時加入一人"};
}

Result<std::optional<TrustedKey>> key_of(const std::optional<Certificate>& certificate) {
  if (!certificate) return std::optional<TrustedKey>();
  return std::optional(YZ_TRY(TrustedKey::of(*certificate)));
}

// Roles below targets that the officers who remain have not signed often enough.
std::vector<std::string> roles_lacking(const Repository& repository,
                                       const TargetsMetadata& targets) {
  std::vector<std::string> lacking;
  for (const Delegation& delegation : targets.delegations) {
    const Result<SignedMetadata> published = repository.targets(delegation.role);
    if (published && !published->check(delegation.keys, targets.keys)) {
      lacking.push_back(delegation.role);
    }
  }
  return lacking;
}

Result<RootMetadata> rotated_root(const Repository& repository, const Rotation& rotation) {
  RootMetadata root = YZ_TRY(repository.latest_root());
  const auto removed = YZ_TRY(key_of(rotation.removed)), added = YZ_TRY(key_of(rotation.added)),
             online = YZ_TRY(key_of(rotation.online));
  if (removed && std::ranges::count(root.root.key_ids, removed->id) == 0) {
    return Refusal{Reason::kNotFound, "不在承辦人員之中：" + removed->certificate.subject()};
  }
  for (RoleKeys* role : {&root.root, &root.targets}) {
    replace(*role, removed, added);
    YZ_TRY(check_enough(*role));
  }
  if (online) root.snapshot.key_ids = root.timestamp.key_ids = {online->id};
  for (const auto& key : {added, online}) {
    if (key) root.keys.emplace(key->id, *key);
  }
  std::erase_if(root.keys, [&](const auto& key) {
    const std::array roles = {&root.root, &root.targets, &root.snapshot, &root.timestamp};
    return std::ranges::none_of(roles, [&](const RoleKeys* role) {
      return std::ranges::count(role->key_ids, key.first) > 0;
    });
  });
  return root;
}

Result<TargetsMetadata> rotated_targets(const Repository& repository, const Rotation& rotation,
                                        Time expires) {
  TargetsMetadata targets = YZ_TRY(next_targets(repository, kTargetsName, expires));
  const auto removed = YZ_TRY(key_of(rotation.removed)), added = YZ_TRY(key_of(rotation.added));
  for (Delegation& delegation : targets.delegations) {
    const bool theirs = !removed || std::ranges::count(delegation.keys.key_ids, removed->id) > 0;
    if (!theirs) continue;
    replace(delegation.keys, removed, added);
    YZ_TRY(check_enough(delegation.keys));
  }
  if (removed) targets.keys.erase(removed->id);
  if (added) targets.keys.emplace(added->id, *added);
  return targets;
}

}  // namespace

Result<void> stage_founding(const Repository& repository, const Founding& founding,
                            const Validity& validity, Time now) {
  if (repository.root()) return Refusal{Reason::kConflict, "此處已有派送資料夾"};
  const auto officers = YZ_TRY(keys_for(founding.officers));
  const TrustedKey online = YZ_TRY(TrustedKey::of(founding.online));
  RootMetadata root;
  root.head = {1, expiry(now, validity.root)};
  root.keys = by_id(officers);
  root.keys.emplace(online.id, online);
  root.root = root.targets = keys_of(officers, founding.threshold);
  YZ_TRY(check_enough(root.root));
  root.snapshot = root.timestamp = {{online.id}, 1};
  TargetsMetadata targets;
  targets.head = {1, expiry(now, validity.targets)};
  targets.keys = by_id(officers);
  for (const DelegatedRole& role : founding.roles) {
    const std::int64_t threshold = std::min(role.threshold, founding.threshold);
    targets.delegations.push_back({role.role, keys_of(officers, threshold), role.paths, true});
  }
  repository.stage(kRootName, SignedMetadata(root.describe()));
  repository.stage(kTargetsName, SignedMetadata(targets.describe()));
  return {};
}

Result<std::string> role_for(const Repository& repository, const std::string& path) {
  std::string role = kTargetsName;
  TargetsMetadata targets = YZ_TRY(repository.latest_targets(role));
  std::set<std::string> seen;
  while (seen.insert(role).second) {
    const auto below = std::ranges::find_if(
        targets.delegations, [&](const Delegation& one) { return one.covers(path); });
    if (below == targets.delegations.end()) return role;
    role = below->role;
    Result<TargetsMetadata> next = repository.latest_targets(role);
    if (!next && next.reason() == Reason::kNotFound) return role;  // it has said nothing yet
    if (!next) return next.refusal();
    targets = std::move(*next);
  }
  return role;
}

Result<std::vector<std::string>> stage_part(const Repository& repository, const RolePart& part,
                                            const Validity& validity, Time now) {
  const std::string& role = part.role.role;
  const std::string above = role_above(role);
  if (!is_role_name(role) || above == kTargetsName) {
    return Refusal{Reason::kBadRequest, "角色須如 orders/CENTRE-1：" + role};
  }
  const TargetsMetadata top = YZ_TRY(repository.latest_targets(kTargetsName));
  if (top.find(above) == nullptr) return Refusal{Reason::kNotFound, above};
  const auto officers = YZ_TRY(keys_for(part.officers));
  const RoleKeys keys = keys_of(officers, part.role.threshold);
  YZ_TRY(check_enough(keys));
  TargetsMetadata next = YZ_TRY(next_targets(repository, above, expiry(now, validity.targets)));
  std::erase_if(next.delegations, [&](const Delegation& one) { return one.role == role; });
  next.delegations.push_back({role, keys, part.role.paths, true});
  next.keys.merge(by_id(officers));
  std::erase_if(next.keys, [&](const auto& key) {
    return std::ranges::none_of(next.delegations, [&](const Delegation& one) {
      return std::ranges::count(one.keys.key_ids, key.first) > 0;
    });
  });
  repository.stage(above, SignedMetadata(next.describe()));
  std::vector<std::string> staged{above};
  const Result<SignedMetadata> published = repository.targets(role);
  if (published && !published->check(keys, next.keys)) {
    YZ_TRY(stage_renewal(repository, role, validity, now));
    staged.push_back(role);
  }
  return staged;
}

Result<std::string> stage_target(const Repository& repository, const TargetChange& change,
                                 const Validity& validity, Time now) {
  if (!is_target_path(change.path)) {
    return Refusal{Reason::kBadRequest, "檔案之路徑：" + change.path};
  }
  const std::string role = YZ_TRY(role_for(repository, change.path));
  TargetsMetadata next = YZ_TRY(next_targets(repository, role, expiry(now, validity.targets)));
  if (change.bytes) {
    repository.put_target(change.path, *change.bytes);
    next.targets[change.path] = TargetFile::of(*change.bytes);
  } else if (next.targets.erase(change.path) == 0) {
    return Refusal{Reason::kNotFound, change.path};
  }
  repository.stage(role, SignedMetadata(next.describe()));
  return role;
}

Result<std::vector<std::string>> stage_rotation(const Repository& repository,
                                                const Rotation& rotation, const Validity& validity,
                                                Time now) {
  if (!rotation.removed && !rotation.added && !rotation.online) {
    return Refusal{Reason::kBadRequest, "請指明移除、加入或更換之金鑰"};
  }
  RootMetadata root = YZ_TRY(rotated_root(repository, rotation));
  root.head = {YZ_TRY(next_version(repository, kRootName)), expiry(now, validity.root)};
  std::vector<std::string> staged{kRootName};
  if (rotation.removed || rotation.added) {
    const Time expires = expiry(now, validity.targets);
    const TargetsMetadata targets = YZ_TRY(rotated_targets(repository, rotation, expires));
    repository.stage(kTargetsName, SignedMetadata(targets.describe()));
    staged.push_back(kTargetsName);
    for (const std::string& role : roles_lacking(repository, targets)) {
      YZ_TRY(stage_renewal(repository, role, validity, now));
      staged.push_back(role);
    }
  }
  repository.stage(kRootName, SignedMetadata(root.describe()));
  return staged;
}

Result<void> stage_renewal(const Repository& repository, const std::string& role,
                           const Validity& validity, Time now) {
  if (role == kRootName) {
    RootMetadata root = YZ_TRY(repository.latest_root());
    root.head = {YZ_TRY(next_version(repository, role)), expiry(now, validity.root)};
    repository.stage(role, SignedMetadata(root.describe()));
    return {};
  }
  YZ_TRY(repository.latest(role));
  const TargetsMetadata next =
      YZ_TRY(next_targets(repository, role, expiry(now, validity.targets)));
  repository.stage(role, SignedMetadata(next.describe()));
  return {};
}

}  // namespace yizhan
