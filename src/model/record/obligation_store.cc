#include "model/record/obligation_store.h"

namespace yizhan {

namespace {

using Text = std::string;
using Maybe = std::optional<Text>;
using ObligationRow = std::tuple<Text, Text, Text, Text, Text, Text, Text, Text, Time, Time, Text,
                                 Maybe, std::optional<Time>, Maybe, Maybe>;

std::string_view name_of(Cause cause) { return cause == Cause::kCalendar ? "calendar" : "event"; }

std::string_view name_of(ObligationProof::Kind kind) {
  return kind == ObligationProof::Kind::kFact ? "fact" : "case";
}

ObligationState state_in(const Text& text) {
  if (text == "open") return ObligationState::kOpen;
  if (text == "late") return ObligationState::kLate;
  if (text == "done") return ObligationState::kDone;
  throw StoreError("obligations: no state: " + text);
}

std::optional<ObligationProof> proof_in(const Maybe& kind, const Maybe& id) {
  if (!kind || !id) return std::nullopt;
  return ObligationProof{
      *kind == "fact" ? ObligationProof::Kind::kFact : ObligationProof::Kind::kCase, *id};
}

Obligation obligation_of(const ObligationRow& row) {
  const auto& [id, kind, subject, period, owner, layer, cause, cause_id, opened, due, state,
               escalated, done, proof_kind, proof_id] = row;
  const auto parsed = ObligationId::parse(id);
  if (!parsed) throw StoreError("obligations: a row that is none: " + id);
  return {*parsed,
          kind,
          subject,
          period,
          owner,
          layer,
          cause == "calendar" ? Cause::kCalendar : Cause::kEvent,
          cause_id,
          opened,
          due,
          state_in(state),
          escalated,
          done,
          proof_in(proof_kind, proof_id)};
}

std::vector<Obligation> query(Transaction& tx, std::string_view sql, const Binds& binds = {}) {
  std::vector<Obligation> found;
  for (const ObligationRow& row :
       tx.query<Text, Text, Text, Text, Text, Text, Text, Text, Time, Time, Text, Maybe,
                std::optional<Time>, Maybe, Maybe>(sql, binds)) {
    found.push_back(obligation_of(row));
  }
  return found;
}

std::optional<Obligation> query_one(Transaction& tx, std::string_view sql, const Binds& binds) {
  auto found = query(tx, sql, binds);
  YZ_ASSERT(found.size() <= 1);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

}  // namespace

bool ObligationStore::insert(const Obligation& obligation) {
  return tx_.run(R"sql(
      INSERT INTO obligations (id, kind, subject, period, owner, layer, cause, cause_id, opened_ms,
        due_ms, state, escalated_to, done_ms, proof_kind, proof_id)
      VALUES (:id, :kind, :subject, :period, :owner, :layer, :cause, :cause_id, :opened, :due,
        'open', NULL, NULL, NULL, NULL)
      ON CONFLICT (kind, subject, period) DO NOTHING)sql",
                 {{"id", obligation.id.text()},
                  {"kind", obligation.kind},
                  {"subject", obligation.subject},
                  {"period", obligation.period},
                  {"owner", obligation.owner},
                  {"layer", obligation.layer},
                  {"cause", name_of(obligation.cause)},
                  {"cause_id", obligation.cause_id},
                  {"opened", obligation.opened},
                  {"due", obligation.due}}) == 1;
}

std::optional<Obligation> ObligationStore::find(const ObligationId& id) {
  return query_one(tx_, R"sql(
      SELECT id, kind, subject, period, owner, layer, cause, cause_id, opened_ms, due_ms, state,
        escalated_to, done_ms, proof_kind, proof_id FROM obligations WHERE id = :id)sql",
                   {{"id", id.text()}});
}

std::optional<Obligation> ObligationStore::find(const Obligations::Name& name) {
  return query_one(tx_, R"sql(
      SELECT id, kind, subject, period, owner, layer, cause, cause_id, opened_ms, due_ms, state,
        escalated_to, done_ms, proof_kind, proof_id FROM obligations
      WHERE kind = :kind AND subject = :subject AND period = :period)sql",
                   {{"kind", name.kind}, {"subject", name.subject}, {"period", name.period}});
}

std::vector<Obligation> ObligationStore::list(const Obligations::Page& page) {
  return query(tx_, R"sql(
      SELECT id, kind, subject, period, owner, layer, cause, cause_id, opened_ms, due_ms, state,
        escalated_to, done_ms, proof_kind, proof_id FROM obligations
      WHERE (:owner = '' OR owner = :owner) AND (:kind = '' OR kind = :kind)
        AND due_ms >= :from AND due_ms < :to
      ORDER BY due_ms, id LIMIT :count_max)sql",
               {{"owner", page.owner},
                {"kind", page.kind},
                {"from", page.due_from},
                {"to", page.due_to},
                {"count_max", page.count_max}});
}

std::vector<Obligation> ObligationStore::open_past(Time now) {
  return query(tx_, R"sql(
      SELECT id, kind, subject, period, owner, layer, cause, cause_id, opened_ms, due_ms, state,
        escalated_to, done_ms, proof_kind, proof_id FROM obligations
      WHERE state = 'open' AND due_ms <= :now ORDER BY due_ms, id)sql",
               {{"now", now}});
}

void ObligationStore::save_late(const ObligationId& id) {
  tx_.run("UPDATE obligations SET state = 'late' WHERE id = :id", {{"id", id.text()}});
}

std::vector<Remindable> ObligationStore::open_until(Time due) {
  std::map<Text, std::int64_t> told;
  for (const auto& [id, days] : tx_.query<Text, std::int64_t>(R"sql(
           SELECT r.obligation_id, min(r.days_before) FROM obligation_reminders r
           JOIN obligations o ON o.id = r.obligation_id
           WHERE o.state = 'open' AND o.due_ms <= :due GROUP BY r.obligation_id)sql",
                                                              {{"due", due}})) {
    told.emplace(id, days);
  }
  std::vector<Remindable> found;
  for (Obligation& obligation : query(tx_, R"sql(
           SELECT id, kind, subject, period, owner, layer, cause, cause_id, opened_ms, due_ms,
             state, escalated_to, done_ms, proof_kind, proof_id FROM obligations
           WHERE state = 'open' AND due_ms <= :due ORDER BY due_ms, id)sql",
                                      {{"due", due}})) {
    const auto at = told.find(obligation.id.text());
    found.push_back(
        {std::move(obligation), at == told.end() ? std::nullopt : std::optional(at->second)});
  }
  return found;
}

void ObligationStore::insert_reminder(const ObligationId& id, std::int64_t days_before, Time now) {
  tx_.run(R"sql(
      INSERT INTO obligation_reminders (obligation_id, days_before, told_ms)
      VALUES (:id, :days_before, :now))sql",
          {{"id", id.text()}, {"days_before", days_before}, {"now", now}});
}

std::vector<Obligation> ObligationStore::late(Time now) {
  return query(tx_, R"sql(
      SELECT id, kind, subject, period, owner, layer, cause, cause_id, opened_ms, due_ms, state,
        escalated_to, done_ms, proof_kind, proof_id FROM obligations
      WHERE state IN ('open', 'late') AND due_ms <= :now ORDER BY due_ms, id)sql",
               {{"now", now}});
}

void ObligationStore::save_escalated(const ObligationId& id, const std::string& to) {
  tx_.run("UPDATE obligations SET escalated_to = :to WHERE id = :id",
          {{"to", to}, {"id", id.text()}});
}

void ObligationStore::save_done(const ObligationId& id, const ObligationProof& proof, Time now) {
  tx_.run(R"sql(
      UPDATE obligations SET state = 'done', done_ms = :now, proof_kind = :proof_kind,
        proof_id = :proof_id WHERE id = :id)sql",
          {{"now", now},
           {"proof_kind", name_of(proof.kind)},
           {"proof_id", proof.id},
           {"id", id.text()}});
}

}  // namespace yizhan
