#include "model/record/case_store.h"

namespace yizhan {

namespace {

using Text = std::string;
using Number = std::int64_t;
using CaseRow = std::tuple<Text, Text, Text, Text, Text, Text, Number, Time, Time, Text>;

constexpr std::size_t kFormBytesMax = std::size_t{1} << 24;  // as this program wrote it

Json form_in(const Text& text) {
  auto json = parse_json(bytes_of(text), {.bytes_max = kFormBytesMax});
  if (!json) throw StoreError("case_steps: a form that is none");
  return std::move(json).value();
}

Text text_of_form(const Json& form) { return Text(text_of(canonical_json(form))); }

std::vector<Case> query(Transaction& tx, std::string_view sql, const Binds& binds) {
  std::vector<Case> found;
  for (const auto& [id, kind, edition, subject, owner, state, version, opened, changed, form] :
       tx.query<Text, Text, Text, Text, Text, Text, Number, Time, Time, Text>(sql, binds)) {
    const auto parsed = CaseId::parse(id);
    if (!parsed) throw StoreError("cases: a row that is none: " + id);
    found.push_back(
        {*parsed, kind, edition, subject, owner, state, version, form_in(form), opened, changed});
  }
  return found;
}

}  // namespace

void CaseStore::insert(const Case& opened) {
  tx_.run(R"sql(
      INSERT INTO cases (id, kind, edition, subject, owner, state, version, opened_ms, changed_ms)
      VALUES (:id, :kind, :edition, :subject, :owner, :state, :version, :opened, :changed))sql",
          {{"id", opened.id.text()},
           {"kind", opened.kind},
           {"edition", opened.edition},
           {"subject", opened.subject},
           {"owner", opened.owner},
           {"state", opened.state},
           {"version", opened.version},
           {"opened", opened.opened},
           {"changed", opened.changed}});
}

std::optional<Case> CaseStore::find(const CaseId& id) {
  auto found = query(tx_, R"sql(
      SELECT c.id, c.kind, c.edition, c.subject, c.owner, c.state, c.version, c.opened_ms,
        c.changed_ms, s.form
      FROM cases c JOIN case_steps s ON s.case_id = c.id AND s.version = c.version
      WHERE c.id = :id)sql",
                     {{"id", id.text()}});
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::optional<Case> CaseStore::find_about(const std::string& kind, const std::string& subject) {
  auto found = query(tx_, R"sql(
      SELECT c.id, c.kind, c.edition, c.subject, c.owner, c.state, c.version, c.opened_ms,
        c.changed_ms, s.form
      FROM cases c JOIN case_steps s ON s.case_id = c.id AND s.version = c.version
      WHERE c.kind = :kind AND c.subject = :subject
      ORDER BY c.opened_ms DESC, c.id DESC LIMIT 1)sql",
                     {{"kind", kind}, {"subject", subject}});
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<Case> CaseStore::list(const Cases::Page& page) {
  return query(tx_, R"sql(
      SELECT c.id, c.kind, c.edition, c.subject, c.owner, c.state, c.version, c.opened_ms,
        c.changed_ms, s.form
      FROM cases c JOIN case_steps s ON s.case_id = c.id AND s.version = c.version
      WHERE (:kind = '' OR c.kind = :kind) AND (:state = '' OR c.state = :state)
        AND (:owner = '' OR c.owner = :owner)
        AND c.changed_ms >= :from AND c.changed_ms < :to
      ORDER BY c.changed_ms, c.id LIMIT :count_max)sql",
               {{"kind", page.kind},
                {"state", page.state},
                {"owner", page.owner},
                {"from", page.changed_from},
                {"to", page.changed_to},
                {"count_max", page.count_max}});
}

bool CaseStore::save_step(const Case& after) {
  return tx_.run(R"sql(
      UPDATE cases SET state = :state, version = :version, changed_ms = :changed
      WHERE id = :id AND version = :version - 1)sql",
                 {{"state", after.state},
                  {"version", after.version},
                  {"changed", after.changed},
                  {"id", after.id.text()}}) == 1;
}

void CaseStore::insert_step(const CaseId& id, const CaseStep& step) {
  tx_.run(R"sql(
      INSERT INTO case_steps (case_id, version, step, state, form, person, at_ms, decision_id)
      VALUES (:id, :version, :step, :state, :form, :person, :at, :decision))sql",
          {{"id", id.text()},
           {"version", step.version},
           {"step", step.step},
           {"state", step.state},
           {"form", text_of_form(step.form)},
           {"person", step.person},
           {"at", step.at},
           {"decision", step.decision}});
}

bool CaseStore::insert_attachment(const Case& after, const CaseAttachment& attachment) {
  return tx_.run(R"sql(
      INSERT INTO case_attachments (case_id, version, sha256, name, media_type, bytes)
      VALUES (:id, :version, :sha256, :name, :media_type, :bytes)
      ON CONFLICT (case_id, sha256) DO NOTHING)sql",
                 {{"id", after.id.text()},
                  {"version", after.version},
                  {"sha256", attachment.sha256.hex()},
                  {"name", attachment.name},
                  {"media_type", attachment.media_type},
                  {"bytes", attachment.bytes}}) == 1;
}

std::vector<CaseStep> CaseStore::history(const CaseId& id) {
  std::vector<CaseStep> steps;
  for (const auto& [version, step, state, form, person, at, decision] :
       tx_.query<Number, Text, Text, Text, Text, Time, std::optional<Text>>(R"sql(
           SELECT version, step, state, form, person, at_ms, decision_id FROM case_steps
           WHERE case_id = :id ORDER BY version)sql",
                                                                            {{"id", id.text()}})) {
    steps.push_back({version, step, state, form_in(form), person, at, decision, {}});
  }
  add_attachments(id, steps);
  return steps;
}

void CaseStore::add_attachments(const CaseId& id, std::vector<CaseStep>& steps) {
  for (const auto& [version, digest, name, media_type, bytes] :
       tx_.query<Number, Text, Text, Text, Number>(R"sql(
           SELECT version, sha256, name, media_type, bytes FROM case_attachments
           WHERE case_id = :id ORDER BY version, name, sha256)sql",
                                                   {{"id", id.text()}})) {
    const auto sha256 = Sha256::from_hex(digest);
    if (!sha256) throw StoreError("case_attachments: a digest that is none");
    for (CaseStep& step : steps) {
      if (step.version == version) step.attachments.push_back({*sha256, name, media_type, bytes});
    }
  }
}

}  // namespace yizhan
