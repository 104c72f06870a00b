#include "way/admit/submission_store.h"

#include <array>

namespace yizhan {

namespace {

constexpr std::array<std::pair<SubmissionState, std::string_view>, 3> kStates = {{
    {SubmissionState::kReceiving, "receiving"},
    {SubmissionState::kAccepted, "accepted"},
    {SubmissionState::kRejected, "rejected"},
}};

SubmissionState state_of(const std::string& text) {
  for (const auto& [state, name] : kStates) {
    if (name == text) return state;
  }
  throw StoreError("submissions.state: " + text);
}

std::optional<std::string> code_or_null(const std::optional<Reason>& reason) {
  return reason ? std::optional(std::string(code_of(*reason))) : std::nullopt;
}

std::optional<Submission> find_where(Transaction& tx, const std::string& condition,
                                     const Binds& binds) {
  using Text = std::string;
  const auto row = tx.find<Text, Text, Text, Text, Text, Text, std::optional<Text>, Time>(
      "SELECT id, org_code, application_id, header_sha256, envelope, state, reason, created_ms "
      "FROM submissions WHERE " +
          condition,
      binds);
  if (!row) return std::nullopt;
  const auto& [id, org, application, header, envelope, state, reason, created] = *row;
  return Submission{SubmissionId::parse(id).value(),
                    OrgCode::parse(org).value(),
                    application,
                    Sha256::from_hex(header).value(),
                    copy_of(bytes_of(envelope)),
                    state_of(state),
                    reason ? find_reason(*reason) : std::nullopt,
                    created};
}

}  // namespace

std::string_view text_of(SubmissionState state) {
  return kStates.at(static_cast<std::size_t>(state)).second;
}

bool SubmissionStore::add(Transaction& tx, const Submission& s) {
  return tx.run(R"sql(
      INSERT INTO submissions (id, org_code, application_id, header_sha256, envelope, state,
        reason, created_ms)
      VALUES (:id, :org_code, :application_id, :header_sha256, :envelope, :state, :reason,
        :created_ms)
      ON CONFLICT (org_code, application_id) DO NOTHING)sql",
                {{"id", s.id.text()},
                 {"org_code", s.org.text()},
                 {"application_id", s.application_id},
                 {"header_sha256", s.header_sha256.hex()},
                 {"envelope", text_of(s.envelope)},
                 {"state", text_of(s.state)},
                 {"reason", code_or_null(s.reason)},
                 {"created_ms", s.created}}) == 1;
}

std::optional<Submission> SubmissionStore::find(Transaction& tx, const OrgCode& org,
                                                const std::string& application_id) {
  return find_where(tx, "org_code = :org_code AND application_id = :application_id",
                    {{"org_code", org.text()}, {"application_id", application_id}});
}

std::optional<Submission> SubmissionStore::find(Transaction& tx, const SubmissionId& id) {
  return find_where(tx, "id = :id", {{"id", id.text()}});
}

void SubmissionStore::decide(Transaction& tx, const Submission& s) {
  tx.run("UPDATE submissions SET state = :state, reason = :reason, envelope = '' WHERE id = :id",
         {{"state", text_of(s.state)}, {"reason", code_or_null(s.reason)}, {"id", s.id.text()}});
}

}  // namespace yizhan
