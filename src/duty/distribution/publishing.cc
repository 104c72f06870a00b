#include "duty/distribution/publishing.h"

#include <algorithm>

namespace yizhan {

namespace {

const std::string kTimestampName{kTimestampRole};

Result<StagedRole> staged_of(const Repository& repository, const std::string& role,
                             const SignedMetadata& metadata) {
  const MetadataTitle title = YZ_TRY(MetadataTitle::parse(metadata.content()));
  const RoleAuthority authority = YZ_TRY(RoleAuthority::of(repository, role));
  return StagedRole{role, title.head.version, sha256(tuf_canonical_json(metadata.content())),
                    RoleSigners::of(metadata, authority)};
}

// Which keys count: for root also those whom it takes the place of, since they hand over.
Result<std::set<std::string>> valid_signers(const Repository& repository, const std::string& role,
                                            const SignedMetadata& metadata) {
  const RoleAuthority authority = YZ_TRY(RoleAuthority::of(repository, role));
  std::set<std::string> valid = metadata.signers(authority.keys, authority.known);
  if (role != kRootRole) return valid;
  const Result<SignedMetadata> published = repository.root();
  if (!published) return valid;
  const RootMetadata before = YZ_TRY(RootMetadata::parse(published->content()));
  valid.merge(metadata.signers(before.root, before.keys));
  return valid;
}

}  // namespace

Json StagedRole::describe() const {
  return {{"role", role},
          {"version", version},
          {"sha256", sha256.hex()},
          {"signed_by", signers.signed_by},
          {"missing", signers.missing},
          {"threshold", signers.threshold}};
}

Json PublishStanding::describe() const {
  Json json = {{"version", version}};
  if (expires) json["expires"] = expires->text();
  if (!why) return json;
  const ReasonText& text = yizhan::describe(why->reason);
  json["reason"] = {
      {"code", text.code}, {"title", text.title}, {"detail", why->detail}, {"remedy", text.remedy}};
  return json;
}

PublishStanding Publishing::standing() const {
  PublishStanding now;
  if (const Result<SignedMetadata> newest = parts_.repository.timestamp()) {
    if (const auto timestamp = TimestampMetadata::parse(newest->content())) {
      now.version = timestamp->head.version;
      now.expires = timestamp->head.expires;
    }
  }
  const std::lock_guard lock(mutex_);
  now.why = why_;
  return now;
}

Result<StagedRole> Publishing::staged(const std::string& role) const {
  const SignedMetadata metadata = YZ_TRY(parts_.repository.staged(role));
  return staged_of(parts_.repository, role, metadata);
}

Result<std::vector<StagedRole>> Publishing::staged() const {
  std::vector<StagedRole> all;
  for (const std::string& role : parts_.repository.staged_roles()) {
    all.push_back(YZ_TRY(staged(role)));
  }
  return all;
}

Result<Bytes> Publishing::staged_file(const std::string& role) const {
  return YZ_TRY(parts_.repository.staged(role)).bytes();
}

Result<SignedMetadata> Publishing::merged(const std::string& role,
                                          const SignedMetadata& brought) const {
  SignedMetadata waiting = YZ_TRY(parts_.repository.staged(role));
  if (brought.content() != waiting.content()) {
    return Refusal{Reason::kConflict, role + " 待簽署之內容已非所簽者，請重新取得後簽署"};
  }
  const auto had = YZ_TRY(valid_signers(parts_.repository, role, waiting));
  auto fresh = YZ_TRY(valid_signers(parts_.repository, role, brought));
  std::erase_if(fresh, [&](const std::string& id) { return had.contains(id); });
  if (fresh.empty()) {
    return Refusal{Reason::kThresholdNotMet, "檔案中沒有得簽署 " + role + " 者之新簽章"};
  }
  waiting.take_signatures(brought, fresh);
  return waiting;
}

Result<StagedRole> Publishing::add_signatures(const std::string& role, ByteView file,
                                              const RecordSignatures& record) const {
  const SignedMetadata brought = YZ_TRY(SignedMetadata::parse(file));
  const std::lock_guard lock(staged_mutex_);
  const SignedMetadata whole = YZ_TRY(merged(role, brought));
  StagedRole now = YZ_TRY(staged_of(parts_.repository, role, whole));
  record(now);
  parts_.repository.stage(role, whole);
  return now;
}

// The journal before the folder: what is published is known to it. Once, however often the key that
// is asked then does not answer.
Result<void> Publishing::publish_these(const std::vector<std::string>& roles) {
  const std::lock_guard lock(staged_mutex_);
  const Time now = parts_.clock.now();
  std::vector<StagedRole> whole;
  for (const std::string& role : YZ_TRY(check_publishable(parts_.repository, roles, now))) {
    StagedRole one = YZ_TRY(staged(role));
    if (!recorded_.contains(one.sha256)) whole.push_back(std::move(one));
  }
  if (!whole.empty()) parts_.record.publishing(whole);
  for (const StagedRole& one : whole) recorded_.insert(one.sha256);
  YZ_TRY(publish(parts_.repository, roles, *parts_.online, now));
  return {};
}

// Officers at work on one role hold up no other. Root and targets may need each other.
bool Publishing::publish_staged() {
  const std::vector<std::string> waiting = parts_.repository.staged_roles();
  if (waiting.empty()) return false;
  std::vector<std::vector<std::string>> attempts{waiting};
  if (waiting.size() > 1) {
    if (waiting.size() > 2 && waiting[0] == kRootRole && waiting[1] == kTargetsRole) {
      attempts.push_back({waiting[0], waiting[1]});
    }
    for (const std::string& role : waiting) attempts.push_back({role});
  }
  for (const std::vector<std::string>& roles : attempts) {
    const Result<void> done = publish_these(roles);
    if (done) return true;
    // Who waits for signatures is no accident; it is shown beside.
    const bool waits = done.reason() == Reason::kThresholdNotMet;
    if (roles.size() == 1 && !waits) note(roles.front(), done.refusal());
  }
  return false;
}

Result<bool> Publishing::freshen() {
  const Repository& repository = parts_.repository;
  if (!repository.root()) return false;  // nothing is founded yet
  const Time now = parts_.clock.now();
  const SignedMetadata newest = YZ_TRY(repository.timestamp());
  const TimestampMetadata timestamp = YZ_TRY(TimestampMetadata::parse(newest.content()));
  if (now < timestamp.head.expires - Validity{}.timestamp + parts_.interval) return false;
  YZ_TRY(publish_timestamp(repository, *parts_.online, {}, now));
  return true;
}

void Publishing::note(const std::string& role, const Refusal& why) {
  failed_ = why;
  if (told_.emplace(role, why.reason).second) parts_.record.refused(role, why);
}

bool Publishing::work() {
  failed_.reset();
  const bool published = publish_staged();
  const Result<bool> renewed = published ? Result<bool>(true) : freshen();
  if (!renewed) note(kTimestampName, renewed.refusal());
  const bool fresh = renewed && *renewed;
  if (fresh) told_.clear();
  const std::lock_guard lock(mutex_);
  why_ = failed_;
  return fresh;
}

}  // namespace yizhan
