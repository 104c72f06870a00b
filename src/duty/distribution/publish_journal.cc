#include "duty/distribution/publish_journal.h"

#include "ground/daemon/daemon.h"

namespace yizhan {

namespace {

std::string signers_of(const StagedRole& role) {
  std::string names;
  for (const std::string& name : role.signers.signed_by)
    names += (names.empty() ? "" : "; ") + name;
  return names;
}

Fields fields_of(const StagedRole& role) {
  return {{"role", role.role},
          {"version", role.version},
          {"sha256", role.sha256.hex()},
          {"signers", signers_of(role)}};
}

}  // namespace

void PublishJournal::publishing(const std::vector<StagedRole>& roles) {
  parts_.database.transact([&](Transaction& tx) {
    for (const StagedRole& role : roles) {
      parts_.journal.record(tx, Event::kRolePublishing, fields_of(role), parts_.clock.now());
    }
  });
  for (const StagedRole& role : roles) {
    log(LogLevel::kNotice, "role_publishing",
        {{"role", role.role}, {"version", std::to_string(role.version)}});
  }
}

void PublishJournal::refused(const std::string& role, const Refusal& why) {
  const std::string reason(code_of(why.reason));
  parts_.database.transact([&](Transaction& tx) {
    parts_.journal.record(tx, Event::kPublicationRefused, {{"role", role}, {"reason", reason}},
                          parts_.clock.now());
  });
  log(LogLevel::kAct, "publication_refused",
      {{"role", role}, {"reason", reason}, {"detail", why.detail}});
}

void PublishJournal::signed_by(const StagedRole& role, const std::string& by) {
  Fields fields = fields_of(role);
  fields.push_back({"by", by});
  parts_.database.transact([&](Transaction& tx) {
    parts_.journal.record(tx, Event::kRoleSigned, fields, parts_.clock.now());
  });
}

std::vector<Metric> metrics_of(const PublishStanding& standing) {
  std::vector<Metric> all = {
      Metric::single("yizhan_publication_version", "version of the timestamp that is published",
                     static_cast<double>(standing.version)),
      Metric::single("yizhan_publication_failing",
                     "1 while something that is due can not be published; people must act",
                     standing.why ? 1 : 0)};
  if (standing.expires) {
    all.push_back(Metric::single("yizhan_publication_expires_timestamp_seconds",
                                 "when that timestamp expires; documents wait everywhere then",
                                 static_cast<double>(standing.expires->ms()) / 1000));
  }
  return all;
}

}  // namespace yizhan
