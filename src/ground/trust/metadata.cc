#include "ground/trust/metadata.h"

#include <algorithm>

#include "ground/control/control.h"
#include "ground/trust/names.h"

namespace yizhan {

namespace {

constexpr std::string_view kSpecification = "1.0.31";
constexpr std::string_view kSuffix = ".json";
constexpr std::size_t kKeysMax = 64;

Refusal malformed(const std::string& what) { return {Reason::kMalformed, what}; }

// TUF 1.0 §4.1: clients MUST ignore what they do not recognise.
void leave_others(Members& members, const Json& value) {
  if (!value.is_object()) return;
  for (const auto& [name, member] : value.items()) {
    static_cast<void>(members.has(name));
  }
}

std::string second_text(Time time) { return time.text().substr(0, 19) + "Z"; }

Result<MetadataHead> parse_head(Members& members, const Json& content, std::string_view kind) {
  const std::string type = members.text("_type"), specification = members.text("spec_version");
  const MetadataHead head{members.integer("version", {.min = 1}), members.time("expires")};
  leave_others(members, content);
  YZ_TRY(members.check());
  if (!upheld("tuf_role", type == kind)) {
    return malformed("須為 " + std::string(kind) + "，而非 " + shown_name(type));
  }
  if (!specification.starts_with("1.")) {
    return Refusal{Reason::kUnknownFormat, "TUF " + shown_name(specification)};
  }
  return head;
}

Json describe_head(std::string_view kind, const MetadataHead& head) {
  return {{"_type", kind},
          {"spec_version", kSpecification},
          {"version", head.version},
          {"expires", second_text(head.expires)}};
}

Result<TrustedKeys> parse_keys(const Json& json) {
  if (json.size() > kKeysMax) return malformed("金鑰過多");
  TrustedKeys keys;
  for (const auto& [id, item] : json.items()) {
    keys.emplace(id, YZ_TRY(TrustedKey::parse(id, item)));
  }
  return keys;
}

Json describe_keys(const TrustedKeys& keys) {
  Json json = Json::object();
  for (const auto& [id, key] : keys) json[id] = key.describe();
  return json;
}

// One key under two certificates has two ids; it would then count for two officers.
bool share_a_key(const std::vector<std::string>& ids, const TrustedKeys& keys) {
  std::set<std::string> seen;
  return std::ranges::any_of(ids, [&](const std::string& id) {
    const auto key = keys.find(id);
    return key != keys.end() && !seen.insert(key->second.certificate.public_key_pem()).second;
  });
}

Result<RoleKeys> parse_role_keys(Members& members, const TrustedKeys& keys) {
  const Json& ids = members.array("keyids");
  const std::int64_t threshold = members.integer("threshold", {.min = 1});
  YZ_TRY(members.check());
  RoleKeys role{{}, threshold};
  for (const Json& id : ids) {
    if (!id.is_string()) return malformed("金鑰識別碼須為文字");
    if (std::ranges::count(role.key_ids, id.get_ref<const std::string&>()) > 0) {
      return malformed("角色之金鑰重複");
    }
    role.key_ids.push_back(id.get<std::string>());
  }
  if (!upheld("tuf_one_key_once", !share_a_key(role.key_ids, keys))) {
    return malformed("同一金鑰以兩張憑證列名");
  }
  return role;
}

Json describe_role_keys(const RoleKeys& role) {
  return {{"keyids", role.key_ids}, {"threshold", role.threshold}};
}

Result<MetadataFile> parse_file(const Json& json) {
  Members members(json, "meta");
  MetadataFile file{members.integer("version", {.min = 1}), {}, {}};
  if (members.has("length")) file.length = members.integer("length", {.min = 0});
  const Json* hashes = members.has("hashes") ? &members.object("hashes") : nullptr;
  leave_others(members, json);
  YZ_TRY(members.check());
  if (hashes == nullptr) return file;
  Members values(*hashes, "hashes");
  file.sha256 = values.sha256("sha256");
  YZ_TRY(values.check());
  return file;
}

Json describe_file(const MetadataFile& file) {
  Json json = {{"version", file.version}};
  if (file.length) json["length"] = *file.length;
  if (file.sha256) json["hashes"] = {{"sha256", file.sha256->hex()}};
  return json;
}

Result<TargetFile> parse_target(const Json& json) {
  Members members(json, "target");
  TargetFile target;
  target.length = members.integer("length", {.min = 0});
  const Json& hashes = members.object("hashes");
  if (members.has("custom")) target.custom = members.object("custom");
  leave_others(members, json);
  YZ_TRY(members.check());
  Members values(hashes, "hashes");
  target.sha256 = values.sha256("sha256");
  YZ_TRY(values.check());
  return target;
}

Result<Delegation> parse_delegation(const Json& json, const TrustedKeys& keys) {
  Members members(json, "delegation");
  Delegation delegation;
  delegation.role = members.text("name");
  const Json& paths = members.array("paths");
  delegation.terminating = members.flag("terminating");
  if (members.has("path_hash_prefixes")) members.refuse("path_hash_prefixes", "不支援");
  leave_others(members, json);
  delegation.keys = YZ_TRY(parse_role_keys(members, keys));
  const bool named = is_role_name(delegation.role) && delegation.role != kRootRole &&
                     delegation.role != kTimestampRole && delegation.role != kSnapshotRole &&
                     delegation.role != kTargetsRole;
  if (!named) return malformed("角色名稱：" + shown_name(delegation.role));
  for (const Json& path : paths) {
    if (!path.is_string() || !is_path_pattern(path.get_ref<const std::string&>())) {
      return malformed("角色之路徑不合格式：" + delegation.role);
    }
    delegation.paths.push_back(path.get<std::string>());
  }
  return delegation;
}

Result<void> parse_delegations(const Json& json, TargetsMetadata& targets) {
  Members members(json, "delegations");
  const Json& keys = members.object("keys");
  const Json& roles = members.array("roles");
  leave_others(members, json);
  YZ_TRY(members.check());
  targets.keys = YZ_TRY(parse_keys(keys));
  for (const Json& item : roles) {
    Delegation delegation = YZ_TRY(parse_delegation(item, targets.keys));
    if (targets.find(delegation.role) != nullptr) return malformed("角色重複：" + delegation.role);
    targets.delegations.push_back(std::move(delegation));
  }
  return {};
}

Json describe_delegations(const TargetsMetadata& targets) {
  Json roles = Json::array();
  for (const Delegation& delegation : targets.delegations) {
    Json role = describe_role_keys(delegation.keys);
    role["name"] = delegation.role;
    role["paths"] = delegation.paths;
    role["terminating"] = delegation.terminating;
    roles.push_back(std::move(role));
  }
  return {{"keys", describe_keys(targets.keys)}, {"roles", std::move(roles)}};
}

}  // namespace

Result<RootMetadata> RootMetadata::parse(const Json& content) {
  Members members(content, "root");
  const bool consistent = members.flag("consistent_snapshot");
  const Json& keys = members.object("keys");
  const Json& roles = members.object("roles");
  RootMetadata root;
  root.head = YZ_TRY(parse_head(members, content, kRootRole));
  if (!consistent) return malformed("consistent_snapshot 須為 true");
  root.keys = YZ_TRY(parse_keys(keys));
  Members four(roles, "roles");
  for (const auto& [name, role] : {std::pair(kRootRole, &root.root),
                                   {kTimestampRole, &root.timestamp},
                                   {kSnapshotRole, &root.snapshot},
                                   {kTargetsRole, &root.targets}}) {
    const Json& item = four.object(name);
    Members role_members(item, name);
    *role = YZ_TRY(parse_role_keys(role_members, root.keys));
  }
  YZ_TRY(four.check());
  return root;
}

Json RootMetadata::describe() const {
  Json json = describe_head(kRootRole, head);
  json["consistent_snapshot"] = true;
  json["keys"] = describe_keys(keys);
  json["roles"] = {{kRootRole, describe_role_keys(root)},
                   {kTimestampRole, describe_role_keys(timestamp)},
                   {kSnapshotRole, describe_role_keys(snapshot)},
                   {kTargetsRole, describe_role_keys(targets)}};
  return json;
}

bool is_as_listed(bool same) { return upheld("tuf_mix_and_match", same); }

MetadataFile MetadataFile::of(std::int64_t version, ByteView bytes) {
  return {version, static_cast<std::int64_t>(bytes.size()), yizhan::sha256(bytes)};
}

Result<void> MetadataFile::check(ByteView bytes) const {
  const bool long_enough = !length || static_cast<std::uint64_t>(*length) == bytes.size();
  if (is_as_listed(long_enough && (!sha256 || yizhan::sha256(bytes) == *sha256))) return {};
  return Refusal{Reason::kMetadataMismatch, "長度或雜湊與上層所載不符"};
}

Result<TimestampMetadata> TimestampMetadata::parse(const Json& content) {
  Members members(content, "timestamp");
  const Json& meta = members.object("meta");
  TimestampMetadata timestamp;
  timestamp.head = YZ_TRY(parse_head(members, content, kTimestampRole));
  Members files(meta, "meta");
  const Json& snapshot = files.object("snapshot.json");
  YZ_TRY(files.check());
  timestamp.snapshot = YZ_TRY(parse_file(snapshot));
  return timestamp;
}

Json TimestampMetadata::describe() const {
  Json json = describe_head(kTimestampRole, head);
  json["meta"] = {{"snapshot.json", describe_file(snapshot)}};
  return json;
}

Result<SnapshotMetadata> SnapshotMetadata::parse(const Json& content) {
  Members members(content, "snapshot");
  const Json& meta = members.object("meta");
  SnapshotMetadata snapshot;
  snapshot.head = YZ_TRY(parse_head(members, content, kSnapshotRole));
  for (const auto& [name, item] : meta.items()) {
    if (!name.ends_with(kSuffix)) return malformed("snapshot 所列：" + shown_name(name));
    const std::string role = name.substr(0, name.size() - kSuffix.size());
    if (!is_role_name(role)) return malformed("snapshot 所列：" + shown_name(name));
    snapshot.roles.emplace(role, YZ_TRY(parse_file(item)));
  }
  if (!snapshot.roles.contains(std::string(kTargetsRole))) {
    return malformed("snapshot 未列 targets.json");
  }
  return snapshot;
}

Json SnapshotMetadata::describe() const {
  Json json = describe_head(kSnapshotRole, head);
  json["meta"] = Json::object();
  for (const auto& [role, file] : roles) {
    json["meta"][role + std::string(kSuffix)] = describe_file(file);
  }
  return json;
}

TargetFile TargetFile::of(ByteView bytes) {
  return {static_cast<std::int64_t>(bytes.size()), yizhan::sha256(bytes), nullptr};
}

Result<void> TargetFile::check(ByteView bytes) const {
  const bool same =
      static_cast<std::uint64_t>(length) == bytes.size() && yizhan::sha256(bytes) == sha256;
  if (upheld("tuf_target_hash", same)) return {};
  return Refusal{Reason::kMetadataMismatch, "檔案之長度或雜湊與所簽署者不符"};
}

bool Delegation::covers(std::string_view path) const {
  return std::ranges::any_of(
      paths, [&](const std::string& pattern) { return matches_path(pattern, path); });
}

Result<TargetsMetadata> TargetsMetadata::parse(const Json& content) {
  Members members(content, "targets");
  const Json& files = members.object("targets");
  const Json* delegations = members.has("delegations") ? &members.object("delegations") : nullptr;
  TargetsMetadata targets;
  targets.head = YZ_TRY(parse_head(members, content, kTargetsRole));
  for (const auto& [path, item] : files.items()) {
    if (!is_target_path(path)) return malformed("檔案之路徑：" + shown_name(path));
    targets.targets.emplace(path, YZ_TRY(parse_target(item)));
  }
  if (delegations != nullptr) YZ_TRY(parse_delegations(*delegations, targets));
  return targets;
}

Json TargetsMetadata::describe() const {
  Json json = describe_head(kTargetsRole, head);
  json["targets"] = Json::object();
  for (const auto& [path, target] : targets) {
    Json item = {{"length", target.length}, {"hashes", {{"sha256", target.sha256.hex()}}}};
    if (!target.custom.is_null()) item["custom"] = target.custom;
    json["targets"][path] = std::move(item);
  }
  if (!delegations.empty()) json["delegations"] = describe_delegations(*this);
  return json;
}

const Delegation* TargetsMetadata::find(std::string_view role) const {
  const auto found = std::ranges::find(delegations, role, &Delegation::role);
  return found == delegations.end() ? nullptr : &*found;
}

Result<void> check_expiry(std::string_view role, const MetadataHead& head, Time now) {
  if (upheld("tuf_expiry", now < head.expires)) return {};
  return Refusal{Reason::kMetadataExpired,
                 std::string(role) + " 之效期至 " + second_text(head.expires)};
}

Result<MetadataTitle> MetadataTitle::parse(const Json& content) {
  Members members(content, "metadata");
  const std::string kind = members.text("_type");
  const MetadataHead head = YZ_TRY(parse_head(members, content, kind));
  return MetadataTitle{kind, head};
}

}  // namespace yizhan
