#include "model/evidence/proof_store.h"

#include <algorithm>

namespace yizhan {

namespace {

using Text = std::string;

std::vector<AwaitedProof> awaited_where(Transaction& tx, const std::string& condition,
                                        const Binds& binds) {
  std::vector<AwaitedProof> all;
  for (const auto& [evidence, taken, due, attempts, reason, detail, overdue] :
       tx.query<Text, Time, Time, std::int64_t, std::optional<Text>, Text, bool>(
           "SELECT evidence_id, taken_ms, due_ms, attempts, reason, detail, overdue "
           "FROM evidence_proofs WHERE done = 0 AND " +
               condition,
           binds)) {
    AwaitedProof item{EvidenceId::parse(evidence).value(), taken, due, attempts, {}, overdue};
    const auto known = reason ? find_reason(*reason) : std::nullopt;
    if (known) item.why = Refusal{*known, detail};
    all.push_back(std::move(item));
  }
  return all;
}

}  // namespace

void StampStore::add(Transaction& tx, const CheckpointStamp& stamp) {
  tx.run(R"sql(
      INSERT INTO log_stamps (tree_size, authority, checkpoint, witnessed, token, stamped_ms)
      VALUES (:tree_size, :authority, :checkpoint, :witnessed, :token, :stamped_ms)
      ON CONFLICT (tree_size, authority) DO NOTHING)sql",
         {{"tree_size", static_cast<std::int64_t>(stamp.tree_size)},
          {"authority", stamp.authority},
          {"checkpoint", stamp.checkpoint},
          {"witnessed", stamp.witnessed},
          {"token", stamp.token},
          {"stamped_ms", stamp.stamped}});
}

bool StampStore::has(Transaction& tx, std::uint64_t tree_size, const std::string& authority) {
  return tx
      .find<Text>("SELECT authority FROM log_stamps "
                  "WHERE tree_size = :tree_size AND authority = :authority",
                  {{"tree_size", static_cast<std::int64_t>(tree_size)}, {"authority", authority}})
      .has_value();
}

std::vector<CheckpointStamp> StampStore::first_over(Transaction& tx, std::uint64_t index,
                                                    bool witnessed) {
  std::vector<CheckpointStamp> stamps;
  const Binds binds = {{"witnessed", witnessed}, {"log_index", static_cast<std::int64_t>(index)}};
  for (const auto& [size, authority, checkpoint, was_witnessed, token, stamped] :
       tx.query<std::int64_t, Text, Bytes, bool, Bytes, Time>(R"sql(
           SELECT tree_size, authority, checkpoint, witnessed, token, stamped_ms FROM log_stamps
           WHERE witnessed >= :witnessed AND tree_size = (
             SELECT min(tree_size) FROM log_stamps
             WHERE tree_size > :log_index AND witnessed >= :witnessed)
           ORDER BY authority)sql",
                                                              binds)) {
    stamps.push_back({static_cast<std::uint64_t>(size), authority, checkpoint, was_witnessed, token,
                      stamped});
  }
  return stamps;
}

void ProofStore::await(Transaction& tx, const EvidenceId& evidence, Time now) {
  tx.run(R"sql(
      INSERT INTO evidence_proofs (evidence_id, taken_ms, due_ms, attempts, reason, detail,
        overdue, proof, done)
      VALUES (:evidence_id, :taken_ms, :due_ms, 0, NULL, '', 0, NULL, 0)
      ON CONFLICT (evidence_id) DO NOTHING)sql",
         {{"evidence_id", evidence.text()}, {"taken_ms", now}, {"due_ms", now + kAskedAfter}});
}

std::optional<AwaitedProof> ProofStore::next(Transaction& tx, Time now) {
  auto all = awaited_where(tx, "due_ms <= :now_ms ORDER BY due_ms, evidence_id LIMIT 1",
                           {{"now_ms", now}});
  if (all.empty()) return std::nullopt;
  return std::move(all.front());
}

void ProofStore::postpone(Transaction& tx, const AwaitedProof& awaited) {
  tx.run(R"sql(
      UPDATE evidence_proofs SET due_ms = :due_ms, attempts = :attempts, reason = :reason,
        detail = :detail, overdue = :overdue
      WHERE evidence_id = :evidence_id)sql",
         {{"due_ms", awaited.due},
          {"attempts", awaited.attempts},
          {"reason", awaited.why ? std::optional(std::string(code_of(awaited.why->reason)))
                                 : std::nullopt},
          {"detail", awaited.why ? awaited.why->detail : std::string()},
          {"overdue", awaited.overdue},
          {"evidence_id", awaited.evidence.text()}});
}

void ProofStore::keep(Transaction& tx, const AwaitedProof& awaited, const LogProof& proof) {
  tx.run(R"sql(
      UPDATE evidence_proofs SET proof = :proof, reason = NULL, detail = '', overdue = 0, done = 1
      WHERE evidence_id = :evidence_id)sql",
         {{"proof", text_of(proof.json())}, {"evidence_id", awaited.evidence.text()}});
}

std::optional<LogProof> ProofStore::find(Transaction& tx, const Sha256& evidence) {
  const auto row = tx.find<std::optional<Text>>(R"sql(
      SELECT proof FROM evidence_proofs
      WHERE evidence_id = (SELECT id FROM evidence WHERE sha256 = :sha256))sql",
                                                {{"sha256", evidence.hex()}});
  if (!row || !std::get<0>(*row)) return std::nullopt;
  return LogProof::parse(bytes_of(*std::get<0>(*row))).value();
}

ProofStore::Count ProofStore::count(Transaction& tx) {
  const auto row = tx.find<std::int64_t, std::optional<std::int64_t>, std::optional<Time>>(
      "SELECT count(*), CAST(sum(overdue) AS BIGINT), min(taken_ms) FROM evidence_proofs "
      "WHERE done = 0");
  const auto& [awaited, overdue, oldest] = row.value();
  return {awaited, overdue.value_or(0), oldest};
}

std::vector<AwaitedProof> ProofStore::overdue(Transaction& tx, int count_max) {
  return awaited_where(tx, "overdue = 1 ORDER BY taken_ms, evidence_id LIMIT :count_max",
                       {{"count_max", std::int64_t{count_max}}});
}

}  // namespace yizhan
