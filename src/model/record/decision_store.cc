#include "model/record/decision_store.h"

#include <array>

namespace yizhan {

namespace {

using Text = std::string;
using Maybe = std::optional<Text>;
using DecisionRow = std::tuple<Text, Text, Text, Text, Text, Text, Text, Time, Time, Text, Maybe,
                               std::optional<Time>, Maybe>;

constexpr std::array<std::string_view, 5> kStates{"proposed", "confirmed", "refused", "lapsed",
                                                  "used"};

std::string_view name_of(JointState state) { return kStates.at(static_cast<std::size_t>(state)); }

JointState state_in(const Text& text) {
  for (std::size_t i = 0; i < kStates.size(); ++i) {
    if (kStates[i] == text) return static_cast<JointState>(i);
  }
  throw StoreError("decisions: no state: " + text);
}

JointDecision decision_of(const DecisionRow& row) {
  const auto& [id, kind, subject, digest, content, role, proposed_by, proposed, lapses, state,
               decided_by, decided, reason] = row;
  const auto parsed = JointDecisionId::parse(id);
  const auto sha256 = Sha256::from_hex(digest);
  const auto json = parse_json(bytes_of(content), {.bytes_max = std::size_t{1} << 20});
  if (!parsed || !sha256 || !json) throw StoreError("decisions: a row that is none: " + id);
  return {*parsed,         {kind, subject, *json, role},
          *sha256,         proposed_by,
          proposed,        lapses,
          state_in(state), decided_by,
          decided,         reason};
}

std::vector<JointDecision> query(Transaction& tx, std::string_view sql, const Binds& binds) {
  std::vector<JointDecision> found;
  for (const DecisionRow& row : tx.query<Text, Text, Text, Text, Text, Text, Text, Time, Time, Text,
                                         Maybe, std::optional<Time>, Maybe>(sql, binds)) {
    found.push_back(decision_of(row));
  }
  return found;
}

}  // namespace

void DecisionStore::insert(const JointDecision& decision) {
  tx_.run(R"sql(
      INSERT INTO decisions (id, kind, subject, digest, content, needed_role, proposed_by,
        proposed_ms, lapses_ms, state, decided_by, decided_ms, reason, used_ms)
      VALUES (:id, :kind, :subject, :digest, :content, :needed_role, :proposed_by, :proposed,
        :lapses, 'proposed', NULL, NULL, NULL, NULL))sql",
          {{"id", decision.id.text()},
           {"kind", decision.proposal.kind},
           {"subject", decision.proposal.subject},
           {"digest", decision.digest.hex()},
           {"content", std::string(text_of(canonical_json(decision.proposal.content)))},
           {"needed_role", decision.proposal.needed_role},
           {"proposed_by", decision.proposed_by},
           {"proposed", decision.proposed},
           {"lapses", decision.lapses}});
}

std::optional<JointDecision> DecisionStore::find(const JointDecisionId& id) {
  auto found = query(tx_, R"sql(
      SELECT id, kind, subject, digest, content, needed_role, proposed_by, proposed_ms, lapses_ms,
        state, decided_by, decided_ms, reason FROM decisions WHERE id = :id)sql",
                     {{"id", id.text()}});
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<JointDecision> DecisionStore::waiting(Time now) {
  return query(tx_, R"sql(
      SELECT id, kind, subject, digest, content, needed_role, proposed_by, proposed_ms, lapses_ms,
        state, decided_by, decided_ms, reason FROM decisions
      WHERE state = 'proposed' AND lapses_ms > :now ORDER BY lapses_ms, id)sql",
               {{"now", now}});
}

std::vector<JointDecision> DecisionStore::lapsed(Time now) {
  return query(tx_, R"sql(
      SELECT id, kind, subject, digest, content, needed_role, proposed_by, proposed_ms, lapses_ms,
        state, decided_by, decided_ms, reason FROM decisions
      WHERE state IN ('proposed', 'confirmed') AND lapses_ms <= :now ORDER BY lapses_ms, id)sql",
               {{"now", now}});
}

void DecisionStore::save_decided(const JointDecisionId& id, const Decided& decided) {
  tx_.run(R"sql(
      UPDATE decisions SET state = :state, decided_by = :by, decided_ms = :now, reason = :reason
      WHERE id = :id)sql",
          {{"state", name_of(decided.state)},
           {"by", decided.by.who},
           {"now", decided.by.now},
           {"reason", decided.reason},
           {"id", id.text()}});
}

void DecisionStore::save_state(const JointDecisionId& id, JointState state,
                               std::optional<Time> used) {
  tx_.run("UPDATE decisions SET state = :state, used_ms = :used WHERE id = :id",
          {{"state", name_of(state)}, {"used", used}, {"id", id.text()}});
}

}  // namespace yizhan
