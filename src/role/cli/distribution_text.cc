#include "role/cli/distribution_text.h"

#include <algorithm>

namespace yizhan {

namespace {

std::string holder(const std::string& id, const TrustedKeys& keys) {
  const auto key = keys.find(id);
  return key == keys.end() ? id : key->second.certificate.subject();
}

Json describe_signers(const RoleKeys& role, const TrustedKeys& keys) {
  Json holders = Json::array();
  for (const std::string& id : role.key_ids) holders.push_back(holder(id, keys));
  return {{"threshold", role.threshold}, {"holders", std::move(holders)}};
}

Result<Json> describe_root(const Json& content) {
  const RootMetadata root = YZ_TRY(RootMetadata::parse(content));
  return Json{{kRootRole, describe_signers(root.root, root.keys)},
              {kTargetsRole, describe_signers(root.targets, root.keys)},
              {kSnapshotRole, describe_signers(root.snapshot, root.keys)},
              {kTimestampRole, describe_signers(root.timestamp, root.keys)}};
}

Result<Json> describe_targets(const Json& content, Json& files) {
  const TargetsMetadata targets = YZ_TRY(TargetsMetadata::parse(content));
  Json roles = Json::object();
  for (const Delegation& delegation : targets.delegations) {
    roles[delegation.role] = describe_signers(delegation.keys, targets.keys);
    roles[delegation.role]["paths"] = delegation.paths;
  }
  for (const auto& [path, target] : targets.targets) {
    files.push_back({{"path", path}, {"length", target.length}, {"sha256", target.sha256.hex()}});
  }
  return roles;
}

}  // namespace

Result<Json> describe_metadata(const SignedMetadata& metadata) {
  const MetadataTitle title = YZ_TRY(MetadataTitle::parse(metadata.content()));
  Json json = {{"kind", title.kind},
               {"version", title.head.version},
               {"expires", title.head.expires.text()},
               {"sha256", sha256(tuf_canonical_json(metadata.content())).hex()}};
  Json files = Json::array();
  if (title.kind == kRootRole) json["roles"] = YZ_TRY(describe_root(metadata.content()));
  if (title.kind == kTargetsRole) {
    json["roles"] = YZ_TRY(describe_targets(metadata.content(), files));
  }
  json["files"] = std::move(files);
  return json;
}

void print_metadata(std::ostream& out, const Json& described) {
  out << text_in(described, "kind") << " 第 " << described.value("version", 0) << " 版，效期至 "
      << roc_time(text_in(described, "expires")) << "\n內容之 SHA-256 "
      << text_in(described, "sha256") << "\n";
  const Json roles = described.value("roles", Json::object());  // items() does not keep it alive
  for (const auto& [role, signers] : roles.items()) {
    out << "  角色 " << role << "：須 " << signers.value("threshold", 0) << " 人";
    for (const Json& name : signers.value("holders", Json::array())) {
      out << "　" << shown_text(name.get<std::string>());
    }
    for (const Json& path : signers.value("paths", Json::array())) {
      out << "　" << shown_text(path.get<std::string>());
    }
    out << "\n";
  }
  for (const Json& file : described.at("files")) {
    out << "  檔案 " << text_in(file, "path") << "　" << size_text(file.value("length", 0ULL))
        << "　" << text_in(file, "sha256") << "\n";
  }
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : "、") + shown_text(name);
  return text;
}

}  // namespace yizhan
