#include "model/evidence/evidence_store.h"

#include <algorithm>
#include <iterator>

namespace yizhan {

namespace {

std::string text_or_empty(const std::optional<Addressee>& recipient) {
  return recipient ? recipient->text() : "";
}

std::optional<Addressee> addressee_of(const std::string& joined) {
  if (joined.empty()) return std::nullopt;
  return Addressee{OrgCode::parse(std::string_view(joined).substr(0, 10)).value(),
                   UnitCode::parse(std::string_view(joined).substr(10)).value()};
}

constexpr std::string_view kColumns =
    "id, sender, message_id, recipient, kind, statement, sha256, cms, superseded, log_index, "
    "created_ms";

std::vector<EvidenceRow> rows_of(Transaction& tx, const std::string& condition,
                                 const Binds& binds) {
  using Text = std::string;
  std::vector<EvidenceRow> rows;
  const std::string sql =
      "SELECT " + std::string(kColumns) + " FROM evidence WHERE " + condition;
  for (const auto& [id, sender, message, recipient, kind, statement, sha256, cms, superseded,
                    log_index, created] :
       tx.query<Text, Text, Text, Text, Text, Text, Text, std::optional<Bytes>, bool,
                std::optional<std::int64_t>, Time>(sql, binds)) {
    rows.push_back({EvidenceId::parse(id).value(),
                    {OrgCode::parse(sender).value(), MessageId::parse(message).value()},
                    addressee_of(recipient),
                    kind,
                    copy_of(bytes_of(statement)),
                    Sha256::from_hex(sha256).value(),
                    cms,
                    superseded,
                    log_index,
                    created});
  }
  return rows;
}

std::optional<EvidenceRow> first_of(std::vector<EvidenceRow> rows) {
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

}  // namespace

Sha256 EvidenceStore::add(Transaction& tx, const Statement& statement) {
  const Bytes json = statement.json();
  const Sha256 name = sha256(json);
  insert(tx, {EvidenceId::generate(statement.time), statement.message, statement.recipient,
              std::string(text_of(statement.type)), json, name, std::nullopt, false, std::nullopt,
              statement.time});
  return name;
}

void EvidenceStore::add(Transaction& tx, const SignedStatement& s, bool superseded) {
  insert(tx, {EvidenceId::generate(s.statement.time), s.statement.message, s.statement.recipient,
              std::string(text_of(s.statement.type)), s.statement.json(), s.sha256, s.cms,
              superseded, std::nullopt, s.statement.time});
}

void EvidenceStore::add(Transaction& tx, const SignedVerdict& s) {
  insert(tx, {EvidenceId::generate(s.verdict.time), s.verdict.message, std::nullopt,
              std::string(kVerdictKind), s.verdict.json(), s.sha256, s.cms, false, std::nullopt,
              s.verdict.time});
}

void EvidenceStore::insert(Transaction& tx, const EvidenceRow& row) {
  tx.run(R"sql(
      INSERT INTO evidence (id, sender, message_id, recipient, kind, statement, sha256, cms,
        superseded, log_index, published, created_ms)
      VALUES (:id, :sender, :message_id, :recipient, :kind, :statement, :sha256, :cms,
        :superseded, NULL, 0, :created_ms)
      ON CONFLICT (sha256) DO NOTHING)sql",
         {{"id", row.id.text()},
          {"sender", row.message.sender.text()},
          {"message_id", row.message.message.text()},
          {"recipient", text_or_empty(row.recipient)},
          {"kind", row.kind},
          {"statement", text_of(row.statement)},
          {"sha256", row.sha256.hex()},
          {"cms", row.cms},
          {"superseded", row.superseded},
          {"created_ms", row.created}});
}

std::optional<EvidenceRow> EvidenceStore::find(Transaction& tx, const Sha256& sha256) {
  return first_of(rows_of(tx, "sha256 = :sha256", {{"sha256", sha256.hex()}}));
}

EvidenceRow EvidenceStore::require(Transaction& tx, const EvidenceId& id) {
  auto row = first_of(rows_of(tx, "id = :id", {{"id", id.text()}}));
  if (!row) throw StoreError("evidence: " + id.text());
  return std::move(*row);
}

std::vector<EvidenceRow> EvidenceStore::of_message(Transaction& tx, const MessageKey& message) {
  return rows_of(tx, "sender = :sender AND message_id = :message_id ORDER BY created_ms, id",
                 {{"sender", message.sender.text()}, {"message_id", message.message.text()}});
}

std::vector<EvidenceRow> EvidenceStore::of_whole_message(Transaction& tx,
                                                         const MessageKey& message) {
  return rows_of(tx,
                 "sender = :sender AND message_id = :message_id AND recipient = '' "
                 "ORDER BY created_ms, id",
                 {{"sender", message.sender.text()}, {"message_id", message.message.text()}});
}

std::vector<EvidenceRow> EvidenceStore::for_recipient(Transaction& tx, const MessageKey& message,
                                                      const Addressee& recipient) {
  return rows_of(tx,
                 "sender = :sender AND message_id = :message_id "
                 "AND recipient IN ('', :recipient) ORDER BY created_ms, id",
                 {{"sender", message.sender.text()},
                  {"message_id", message.message.text()},
                  {"recipient", recipient.text()}});
}

bool EvidenceStore::has_recipient(Transaction& tx, const MessageKey& message, const OrgCode& org) {
  const auto found = [&](const std::string& condition) {
    const auto rows = tx.query<std::string>(
        "SELECT id FROM evidence WHERE sender = :sender AND message_id = :message_id AND " +
            condition + " LIMIT 1",
        {{"sender", message.sender.text()},
         {"message_id", message.message.text()},
         {"org_code", org.text()}});
    return !rows.empty();
  };
  // Most are to an agency as a whole, and the index has those at once.
  return found("recipient = :org_code") || found("substr(recipient, 1, 10) = :org_code");
}

std::optional<EvidenceRow> EvidenceStore::last(Transaction& tx, const MessageKey& message,
                                               const std::optional<Addressee>& recipient,
                                               std::string_view kind) {
  return first_of(rows_of(tx,
                          "sender = :sender AND message_id = :message_id AND kind = :kind "
                          "AND recipient IN ('', :recipient) "
                          "ORDER BY created_ms DESC, id DESC LIMIT 1",
                          {{"sender", message.sender.text()},
                           {"message_id", message.message.text()},
                           {"kind", kind},
                           {"recipient", text_or_empty(recipient)}}));
}

bool EvidenceStore::has_final(Transaction& tx, const MessageKey& message,
                              const Addressee& recipient) {
  return !rows_of(tx, "sender = :sender AND message_id = :message_id AND recipient = :recipient "
                      "AND superseded = 0 AND kind IN ('B.3', 'C.5', 'D.2', 'E.1', 'E.2') LIMIT 1",
                  {{"sender", message.sender.text()},
                   {"message_id", message.message.text()},
                   {"recipient", recipient.text()}})
              .empty();
}

std::vector<EvidenceRow> EvidenceStore::unpublished(Transaction& tx, int count_max) {
  const Binds most = {{"count_max", std::int64_t{count_max}}};
  auto rows = rows_of(tx, "published = 0 AND cms IS NULL ORDER BY id LIMIT :count_max", most);
  // The log tells which final was first: what came too late never stands before it, whatever the
  // clock of its author said.
  auto others = rows_of(tx, R"sql(
      published = 0 AND cms IS NOT NULL AND (superseded = 0 OR NOT EXISTS (
        SELECT 1 FROM evidence AS final
        WHERE final.sender = evidence.sender AND final.message_id = evidence.message_id
          AND final.recipient = evidence.recipient AND final.superseded = 0
          AND final.published = 0 AND final.kind IN ('B.3', 'C.5', 'D.2', 'E.1', 'E.2')))
      ORDER BY id LIMIT :count_max)sql",
                        most);
  std::ranges::move(others, std::back_inserter(rows));
  std::ranges::sort(rows, {}, &EvidenceRow::id);
  return rows;
}

void EvidenceStore::set_logged(Transaction& tx, const EvidenceRow& row) {
  tx.run("UPDATE evidence SET cms = :cms, log_index = :log_index WHERE id = :id",
         {{"cms", row.cms}, {"log_index", row.log_index}, {"id", row.id.text()}});
}

void EvidenceStore::publish(Transaction& tx, const EvidenceRow& row) {
  tx.run("UPDATE evidence SET cms = :cms, log_index = :log_index, published = 1 WHERE id = :id",
         {{"cms", row.cms}, {"log_index", row.log_index}, {"id", row.id.text()}});
}

void EvidenceStore::set_published(Transaction& tx, const EvidenceId& id) {
  tx.run("UPDATE evidence SET published = 1 WHERE id = :id", {{"id", id.text()}});
}

bool EvidenceStore::is_further(Transaction& tx, const Statement& statement) {
  if (is_final(statement.type)) {
    return statement.recipient && has_final(tx, statement.message, *statement.recipient);
  }
  const bool accepts = statement.type == EvidenceType::kSubmissionAcceptance ||
                       statement.type == EvidenceType::kRelayAcceptance;
  if (!accepts) return false;
  const auto rows = of_whole_message(tx, statement.message);
  return std::any_of(rows.begin(), rows.end(), [&](const EvidenceRow& row) {
    return row.kind == text_of(statement.type) &&
           Statement::parse(row.statement).value().actor.party == statement.actor.party;
  });
}

void EvidenceStore::tell_again(Transaction& tx, const EvidenceId& id) {
  tx.run("UPDATE evidence SET published = 0 WHERE id = :id", {{"id", id.text()}});
}

bool EvidenceStore::is_published(Transaction& tx, const EvidenceId& id) {
  return !tx.query<std::string>("SELECT id FROM evidence WHERE id = :id AND published = 1",
                                {{"id", id.text()}})
              .empty();
}

std::optional<Time> EvidenceStore::newest(Transaction& tx) {
  const auto row = tx.find<Time>("SELECT created_ms FROM evidence ORDER BY id DESC LIMIT 1", {});
  return row ? std::optional(std::get<0>(*row)) : std::nullopt;
}

std::vector<MessageKey> EvidenceStore::messages_since(Transaction& tx, Time since) {
  std::vector<MessageKey> messages;
  for (const auto& [sender, message] : tx.query<std::string, std::string>(
           "SELECT DISTINCT sender, message_id FROM evidence WHERE created_ms >= :since",
           {{"since", since}})) {
    messages.push_back({OrgCode::parse(sender).value(), MessageId::parse(message).value()});
  }
  return messages;
}

std::int64_t EvidenceStore::count_unpublished(Transaction& tx) {
  return std::get<0>(
      tx.query<std::int64_t>("SELECT count(*) FROM evidence WHERE published = 0", {})[0]);
}

CustodyCounts EvidenceStore::custody_counts(Transaction& tx, const CentreCode& centre) {
  // Canonical JSON begins with who states it.
  const std::string own = R"({"actor":{"centre":")" + centre.text() + R"(",%)";
  CustodyCounts counts{0, 0, 0, 0};
  for (const EvidenceRow& row : rows_of(tx, "kind IN ('A.1', 'B.1') AND superseded = 0", {})) {
    const Statement statement = Statement::parse(row.statement).value();
    const auto* party = std::get_if<CentreCode>(&statement.actor.party);
    const bool here = party != nullptr && *party == centre;
    const std::int64_t recipients = statement.recipient_count.value_or(0);
    if (statement.type == EvidenceType::kRelayAcceptance) {
      (here ? counts.taken_over : counts.passed_on) += recipients;
    } else if (here) {
      counts.accepted += recipients;
    }
  }
  // What a recipient states is in the custody of the centre that consigned to it.
  counts.finals = std::get<0>(tx.query<std::int64_t>(
      R"sql(
      SELECT count(*) FROM evidence WHERE superseded = 0 AND (
        (kind IN ('B.3', 'C.5', 'D.2') AND statement LIKE :own)
        OR (kind IN ('E.1', 'E.2') AND EXISTS (SELECT 1 FROM evidence AS consigned
          WHERE consigned.sender = evidence.sender AND consigned.message_id = evidence.message_id
            AND consigned.recipient = evidence.recipient AND consigned.kind = 'D.1'
            AND consigned.statement LIKE :own_consignment))))sql",
      {{"own", own}, {"own_consignment", own}})[0]);
  return counts;
}

void EvidenceStore::append_news(Transaction& tx, const NewsReader& reader,
                                const EvidenceId& evidence, const std::string& delivery) {
  std::optional<std::string> delivery_id;
  if (!delivery.empty()) delivery_id = delivery;
  tx.run(R"sql(
      INSERT INTO news (org_code, sequence, evidence_id, delivery_id)
      SELECT CAST(:org_code AS TEXT), coalesce(max(sequence), 0) + 1,
        CAST(:evidence_id AS TEXT), CAST(:delivery_id AS TEXT)
      FROM news WHERE org_code = :reader)sql",
         {{"org_code", reader.text()},
          {"evidence_id", evidence.text()},
          {"delivery_id", delivery_id},
          {"reader", reader.text()}});
}

std::optional<std::int64_t> EvidenceStore::find_news(Transaction& tx, const NewsReader& reader,
                                                     const EvidenceId& evidence) {
  const auto row = tx.find<std::int64_t>(
      // The newest first: what is asked for is mostly among them, and the list grows without end.
      "SELECT sequence FROM news WHERE org_code = :org_code AND evidence_id = :evidence_id "
      "ORDER BY sequence DESC LIMIT 1",
      {{"org_code", reader.text()}, {"evidence_id", evidence.text()}});
  return row ? std::optional(std::get<0>(*row)) : std::nullopt;
}

std::vector<NewsItem> EvidenceStore::news_after(Transaction& tx, const NewsReader& reader,
                                                std::int64_t sequence, int count_max) {
  std::vector<NewsItem> items;
  for (const auto& [number, evidence, delivery] :
       tx.query<std::int64_t, std::string, std::optional<std::string>>(R"sql(
           SELECT sequence, evidence_id, delivery_id FROM news
           WHERE org_code = :org_code AND sequence > :sequence
           ORDER BY sequence LIMIT :count_max)sql",
           {{"org_code", reader.text()},
            {"sequence", sequence},
            {"count_max", std::int64_t{count_max}}})) {
    items.push_back({number, EvidenceId::parse(evidence).value(), delivery.value_or("")});
  }
  return items;
}

}  // namespace yizhan
