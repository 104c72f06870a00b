#include <algorithm>

#include "ground/trust/names.h"
#include "ground/trust/staging.h"

// Putting into force what officers have signed.

namespace yizhan {

// One act of publishing: all that would be in force is gathered and judged, then written.
class Publication {
 public:
  Publication(const Repository& repository, const Validity& validity, Time now)
      : repository_(repository), validity_(validity), now_(now) {}

  // What is staged: of `wanted`, or (empty) all of it.
  Result<void> gather_staged(const std::vector<std::string>& wanted);
  // And what is in force beside it.
  Result<void> gather_published();
  Result<void> check() const;
  Result<void> write(SigningKey& online);
  // The same again under a new timestamp.
  Result<void> freshen(SigningKey& online);
  [[nodiscard]] const std::vector<std::string>& fresh() const { return fresh_; }

 private:
  struct Parent {
    RoleKeys keys;
    TrustedKeys known;
  };

  [[nodiscard]] bool is_fresh(const std::string& role) const {
    return std::ranges::count(fresh_, role) > 0;
  }
  Result<void> check_root() const;
  Result<void> check_role(const std::string& role, const Parent& parent) const;
  Result<void> check_versions() const;
  [[nodiscard]] std::string missing(const std::string& role, const Parent& parent) const;
  Result<void> check_online(const SigningKey& online) const;
  Result<SnapshotMetadata> next_snapshot() const;
  Result<void> write_timestamp(const MetadataFile& snapshot, SigningKey& online);

  const Repository& repository_;
  const Validity validity_;
  const Time now_;
  std::vector<std::string> fresh_;
  std::optional<RootMetadata> root_;                // that comes into force, or is
  std::map<std::string, SignedMetadata> in_force_;  // root and every targets role
};

namespace {

const std::string kRootName{kRootRole};
const std::string kTargetsName{kTargetsRole};

// A root alone, or targets alone, is no repository that anybody could follow: it waits.
Refusal founded_together() {
  return {Reason::kThresholdNotMet, "第一版之 root 及 targets 須均經簽署，一併公布"};
}

}  // namespace

Result<void> Publication::gather_staged(const std::vector<std::string>& wanted) {
  for (const std::string& role : repository_.staged_roles()) {
    if (!wanted.empty() && std::ranges::count(wanted, role) == 0) continue;
    in_force_.insert_or_assign(role, YZ_TRY(repository_.staged(role)));
    fresh_.push_back(role);
  }
  for (const std::string& role : wanted) {
    if (!is_fresh(role)) return Refusal{Reason::kNotFound, "沒有待公布之 " + role};
  }
  return {};
}

Result<void> Publication::gather_published() {
  for (const std::string& role : repository_.roles()) {
    if (!is_fresh(role)) in_force_.insert_or_assign(role, YZ_TRY(repository_.targets(role)));
  }
  if (!is_fresh(kRootName)) {
    Result<SignedMetadata> root = repository_.root();
    if (!root && root.reason() == Reason::kNotFound) return founded_together();
    in_force_.insert_or_assign(kRootName, YZ_TRY(std::move(root)));
  }
  root_ = YZ_TRY(RootMetadata::parse(in_force_.at(kRootName).content()));
  return {};
}

// "缺 CN=…、CN=…"
std::string Publication::missing(const std::string& role, const Parent& parent) const {
  const std::set<std::string> signers = in_force_.at(role).signers(parent.keys, parent.known);
  std::string names;
  for (const std::string& id : parent.keys.key_ids) {
    const auto key = parent.known.find(id);
    if (signers.contains(id) || key == parent.known.end()) continue;
    names += (names.empty() ? "；尚未簽署 " : "、") + key->second.certificate.subject();
  }
  return names;
}

Result<void> Publication::check_role(const std::string& role, const Parent& parent) const {
  const Result<void> enough = in_force_.at(role).check(parent.keys, parent.known);
  if (enough) return {};
  return Refusal{enough.reason(), role + "：" + enough.refusal().detail + missing(role, parent)};
}

// TUF 1.0 §5.3.4: those who were in charge hand over to those who come.
Result<void> Publication::check_root() const {
  YZ_TRY(check_role(kRootName, {root_->root, root_->keys}));
  const Result<SignedMetadata> published = repository_.root();
  if (!published) return {};
  const RootMetadata before = YZ_TRY(RootMetadata::parse(published->content()));
  return check_role(kRootName, {before.root, before.keys});
}

Result<void> Publication::check_versions() const {
  for (const std::string& role : fresh_) {
    const Result<SignedMetadata> published =
        role == kRootName ? repository_.root() : repository_.targets(role);
    // Killed between root and timestamp: the rest of the same act.
    if (published && published->bytes() == in_force_.at(role).bytes()) continue;
    const std::int64_t before =
        published ? YZ_TRY(MetadataTitle::parse(published->content())).head.version : 0;
    const MetadataTitle title = YZ_TRY(MetadataTitle::parse(in_force_.at(role).content()));
    if (title.head.version != before + 1) {
      return Refusal{Reason::kConflict, role + " 應為第 " + std::to_string(before + 1) +
                                            " 版；其間已有人公布，請重新擬定"};
    }
  }
  return {};
}

Result<void> Publication::check() const {
  if (!in_force_.contains(kTargetsName)) return founded_together();
  YZ_TRY(check_versions());
  YZ_TRY(check_root());
  YZ_TRY(check_expiry(kRootRole, root_->head, now_));
  std::map<std::string, Parent> parents{{kTargetsName, {root_->targets, root_->keys}}};
  std::vector<std::string> waiting{kTargetsName};
  std::size_t judged = 1;  // root
  while (!waiting.empty()) {
    const std::string role = std::move(waiting.back());
    waiting.pop_back();
    if (!in_force_.contains(role)) continue;
    ++judged;
    YZ_TRY(check_role(role, parents.at(role)));
    const TargetsMetadata targets = YZ_TRY(TargetsMetadata::parse(in_force_.at(role).content()));
    YZ_TRY(check_expiry(role, targets.head, now_));
    for (const Delegation& below : targets.delegations) {
      if (!parents.emplace(below.role, Parent{below.keys, targets.keys}).second) continue;
      waiting.push_back(below.role);
    }
  }
  if (judged == in_force_.size()) return {};
  return Refusal{Reason::kConflict, "有角色未經任何人授權"};
}

Result<void> Publication::check_online(const SigningKey& online) const {
  const TrustedKey key = YZ_TRY(TrustedKey::of(online.certificate()));
  for (const RoleKeys* role : {&root_->snapshot, &root_->timestamp}) {
    if (std::ranges::count(role->key_ids, key.id) == 0) {
      return Refusal{Reason::kForbidden,
                     "此金鑰非 root 所列之線上金鑰：" + online.certificate().subject()};
    }
  }
  return {};
}

Result<SnapshotMetadata> Publication::next_snapshot() const {
  SnapshotMetadata next;
  if (const Result<SignedMetadata> published = repository_.snapshot()) {
    next.head.version = YZ_TRY(SnapshotMetadata::parse(published->content())).head.version + 1;
  }
  next.head.expires = now_ + validity_.snapshot;
  for (const auto& [role, metadata] : in_force_) {
    if (role == kRootName) continue;
    const MetadataTitle title = YZ_TRY(MetadataTitle::parse(metadata.content()));
    next.roles.emplace(role, MetadataFile::of(title.head.version, metadata.bytes()));
  }
  return next;
}

// Last of all: from now on everybody is told.
Result<void> Publication::write_timestamp(const MetadataFile& snapshot, SigningKey& online) {
  TimestampMetadata next;
  if (const Result<SignedMetadata> published = repository_.timestamp()) {
    next.head.version = YZ_TRY(TimestampMetadata::parse(published->content())).head.version + 1;
  }
  next.head.expires = now_ + validity_.timestamp;
  next.snapshot = snapshot;
  SignedMetadata metadata(next.describe());
  YZ_TRY(metadata.sign(online));
  repository_.put(std::string(kTimestampLocation), metadata.bytes());
  return {};
}

Result<void> Publication::write(SigningKey& online) {
  YZ_TRY(check_online(online));
  const SnapshotMetadata next = YZ_TRY(next_snapshot());
  SignedMetadata snapshot(next.describe());
  YZ_TRY(snapshot.sign(online));
  const Bytes snapshot_bytes = snapshot.bytes();
  for (const std::string& role : fresh_) {
    const SignedMetadata& metadata = in_force_.at(role);
    const MetadataTitle title = YZ_TRY(MetadataTitle::parse(metadata.content()));
    repository_.put(metadata_location(role, title.head.version), metadata.bytes());
  }
  repository_.put(metadata_location(kSnapshotRole, next.head.version), snapshot_bytes);
  YZ_TRY(write_timestamp(MetadataFile::of(next.head.version, snapshot_bytes), online));
  for (const std::string& role : fresh_) repository_.unstage(role);
  return {};
}

Result<void> Publication::freshen(SigningKey& online) {
  const SignedMetadata published = YZ_TRY(repository_.snapshot());
  const SnapshotMetadata snapshot = YZ_TRY(SnapshotMetadata::parse(published.content()));
  if (snapshot.head.expires - now_ < validity_.snapshot / 2) return write(online);
  YZ_TRY(check_online(online));
  return write_timestamp(MetadataFile::of(snapshot.head.version, published.bytes()), online);
}

namespace {

Result<Publication> judged(const Repository& repository, const std::vector<std::string>& roles,
                           Time now) {
  Publication publication(repository, {}, now);
  YZ_TRY(publication.gather_staged(roles));
  if (publication.fresh().empty()) return Refusal{Reason::kBadRequest, "沒有待公布之變更"};
  YZ_TRY(publication.gather_published());
  YZ_TRY(publication.check());
  return publication;
}

}  // namespace

Result<std::vector<std::string>> check_publishable(const Repository& repository,
                                                   const std::vector<std::string>& roles,
                                                   Time now) {
  return YZ_TRY(judged(repository, roles, now)).fresh();
}

Result<std::vector<std::string>> publish(const Repository& repository,
                                         const std::vector<std::string>& roles, SigningKey& online,
                                         Time now) {
  Publication publication = YZ_TRY(judged(repository, roles, now));
  YZ_TRY(publication.write(online));
  return publication.fresh();
}

Result<void> publish_timestamp(const Repository& repository, SigningKey& online,
                               const Validity& validity, Time now) {
  Publication publication(repository, validity, now);
  YZ_TRY(publication.gather_published());
  YZ_TRY(publication.check());
  return publication.freshen(online);
}

}  // namespace yizhan
