#include "ground/trust/role_signers.h"

namespace yizhan {

namespace {

std::string holder(const std::string& id, const TrustedKeys& keys) {
  const auto key = keys.find(id);
  return key == keys.end() ? id : key->second.certificate.subject();
}

}  // namespace

std::string role_above(const std::string& role) {
  const std::size_t slash = role.find('/');
  return slash == std::string::npos ? std::string(kTargetsRole) : role.substr(0, slash);
}

Result<RoleAuthority> RoleAuthority::of(const Repository& repository, const std::string& role) {
  const RootMetadata root = YZ_TRY(repository.latest_root());
  if (role == kRootRole) return RoleAuthority{root.root, root.keys};
  if (role == kTargetsRole) return RoleAuthority{root.targets, root.keys};
  const TargetsMetadata targets = YZ_TRY(repository.latest_targets(role_above(role)));
  const Delegation* delegation = targets.find(role);
  if (delegation == nullptr) return Refusal{Reason::kNotFound, "未經授權之角色：" + role};
  return RoleAuthority{delegation->keys, targets.keys};
}

RoleSigners RoleSigners::of(const SignedMetadata& metadata, const RoleAuthority& authority) {
  RoleSigners signers;
  signers.threshold = authority.keys.threshold;
  const std::set<std::string> valid = metadata.signers(authority.keys, authority.known);
  for (const std::string& id : authority.keys.key_ids) {
    (valid.contains(id) ? signers.signed_by : signers.missing)
        .push_back(holder(id, authority.known));
  }
  return signers;
}

}  // namespace yizhan
