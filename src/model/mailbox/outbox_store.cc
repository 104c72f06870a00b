#include "model/mailbox/outbox_store.h"

#include "ground/subject/subject.h"
#include "model/mailbox/recipient_columns.h"

namespace yizhan {

namespace {

using Text = std::string;
using MaybeText = std::optional<std::string>;

std::string issues_column(const std::vector<InspectionIssue>& issues) {
  Json items = Json::array();
  for (const InspectionIssue& issue : issues) items.push_back(describe(issue));
  return items.dump();
}

std::vector<InspectionIssue> issues_of(const std::string& column) {
  std::vector<InspectionIssue> issues;
  for (const Json& item : Json::parse(column)) {
    issues.push_back({item.at("code"), item.at("element"), item.at("line"), item.at("message"),
                      item.at("remedy"), item.value("file", "")});
  }
  return issues;
}

std::vector<Sending> sendings_where(Transaction& tx, const std::string& condition,
                                    const Binds& binds) {
  std::vector<Sending> sendings;
  for (const auto& [id, order_json, person, state, reason, detail, issues, subject, number, type,
                    attempts, created, due] :
       tx.query<Text, Text, Text, Text, MaybeText, Text, Text, Text, Text, Text, std::int64_t, Time,
                Time>("SELECT id, sending_order, person, state, reason, detail, issues, subject, "
                      "document_number, document_type, attempts, created_ms, due_ms "
                      "FROM sendings WHERE " +
                          condition,
                      binds)) {
    SendingOrder order = required(SendingOrder::parse(bytes_of(order_json)), "sending_order");
    order.person = person;
    sendings.push_back({required(DocumentId::parse(id), "sendings.id"), std::move(order),
                        required(find_sending_state(state), "sendings.state"),
                        why_of(reason, detail), issues_of(issues), subject, number, type, attempts,
                        created, due});
  }
  return sendings;
}

std::optional<Sending> sending_where(Transaction& tx, const std::string& condition,
                                     const Binds& binds) {
  auto found = sendings_where(tx, condition, binds);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<OutgoingPackage> packages_where(Transaction& tx, const std::string& condition,
                                            const Binds& binds) {
  std::vector<OutgoingPackage> packages;
  for (const auto& [id, document, pair, attachments, envelope, header, root, state, reason, detail,
                    submission, attempts, sealed, due, expires, urgency] :
       tx.query<Text, Text, std::int64_t, bool, Text, Text, Text, Text, MaybeText, Text, Text,
                std::int64_t, Time, Time, Time, MaybeText>(
           "SELECT message_id, document_id, pair, with_attachments, envelope, header_sha256, "
           "cipher_root, state, reason, detail, submission, attempts, sealed_ms, due_ms, "
           "expires_ms, urgency FROM outgoing_packages WHERE " +
               condition,
           binds)) {
    packages.push_back({required(MessageId::parse(id), "message_id"),
                        required(DocumentId::parse(document), "document_id"), pair, attachments,
                        copy_of(bytes_of(envelope)),
                        required(Sha256::from_hex(header), "header_sha256"),
                        required(Sha256::from_hex(root), "cipher_root"),
                        required(find_package_state(state), "outgoing_packages.state"),
                        why_of(reason, detail), submission, attempts, sealed, due, expires,
                        urgency ? find_urgency(*urgency) : std::nullopt});
  }
  return packages;
}

std::vector<OutboxStore::StateCount> counts_of(Transaction& tx, std::string_view sql,
                                               const Binds& binds = {}) {
  std::vector<OutboxStore::StateCount> counts;
  for (const auto& [state, count, oldest] : tx.query<Text, std::int64_t, Time>(sql, binds)) {
    counts.push_back({state, count, oldest});
  }
  return counts;
}

}  // namespace

Result<Sending> OutboxStore::add(Transaction& tx, const SendingOrder& order, Time now) {
  YZ_TRY(order.check());
  const Bytes content = order.json();
  const Sha256 name = sha256(content);
  if (auto earlier = sending_where(tx, "application_key = :key", {{"key", order.key}})) {
    if (sha256(earlier->order.json()) == name) return std::move(*earlier);
    return Refusal{Reason::kIdempotencyMismatch, "識別鍵已用於另一件公文，請換新的識別鍵"};
  }
  const Sending sending{DocumentId::generate(now), order, SendingState::kDrafted, {}, {}, "", "",
                        "", 0, now, now};
  tx.run(R"sql(
      INSERT INTO sendings (id, application_key, order_sha256, sending_order, person, state,
        reason, detail, issues, subject, document_number, attempts, created_ms, due_ms)
      VALUES (:id, :key, :order_sha256, :sending_order, :person, :state, NULL, '', '[]', '', '',
        0, :created_ms, :due_ms))sql",
         {{"id", sending.id.text()},
          {"key", order.key},
          {"order_sha256", name.hex()},
          {"sending_order", text_of(content)},
          {"person", order.person},
          {"state", text_of(sending.state)},
          {"created_ms", now},
          {"due_ms", now}});
  return sending;
}

std::optional<Sending> OutboxStore::find(Transaction& tx, const DocumentId& id) {
  return sending_where(tx, "id = :id", {{"id", id.text()}});
}

std::optional<DocumentId> OutboxStore::next_to_seal(Transaction& tx, Time now) {
  const auto row = tx.find<Text>(R"sql(
      SELECT id FROM sendings
      WHERE state IN ('drafted', 'validated', 'scanned') AND due_ms <= :now_ms
      ORDER BY due_ms, id LIMIT 1)sql",
                                 {{"now_ms", now}});
  if (!row) return std::nullopt;
  return required(DocumentId::parse(std::get<0>(*row)), "sendings.id");
}

void OutboxStore::save(Transaction& tx, const Sending& s) {
  tx.run(R"sql(
      UPDATE sendings SET state = :state, reason = :reason, detail = :detail, issues = :issues,
        subject = :subject, document_number = :number, document_type = :type,
        attempts = :attempts, due_ms = :due_ms
      WHERE id = :id)sql",
         {{"state", text_of(s.state)},
          {"reason", reason_column(s.why)},
          {"detail", detail_column(s.why)},
          {"issues", issues_column(s.issues)},
          {"subject", s.subject},
          {"number", s.number},
          {"type", s.type},
          {"attempts", s.attempts},
          {"due_ms", s.due},
          {"id", s.id.text()}});
}

Result<void> OutboxStore::cancel(Transaction& tx, const DocumentId& id) {
  auto sending = find(tx, id);
  if (!sending) return Reason::kNotFound;
  if (sending->state == SendingState::kCancelled) return {};
  if (sending->state == SendingState::kSealed) {
    return Refusal{Reason::kStepNotAllowed, "公文已封裝送出，請改用撤回"};
  }
  sending->state = SendingState::kCancelled;
  save(tx, *sending);
  return {};
}

std::vector<Sending> OutboxStore::list(Transaction& tx, const Page& page) {
  Binds binds = {{"count_max", page.count_max}};
  std::string condition = "1 = 1";
  if (page.state) {
    condition += " AND state = :state";
    binds.push_back({"state", text_of(*page.state)});
  }
  if (!page.before.empty()) {
    condition += " AND id < :before";
    binds.push_back({"before", page.before});
  }
  return sendings_where(tx, condition + " ORDER BY id DESC LIMIT :count_max", binds);
}

void OutboxStore::add(Transaction& tx, const OutgoingPackage& p) {
  tx.run(R"sql(
      INSERT INTO outgoing_packages (message_id, document_id, pair, with_attachments, envelope,
        header_sha256, cipher_root, state, reason, detail, submission, attempts, sealed_ms, due_ms,
        expires_ms, urgency, body_kept)
      VALUES (:message_id, :document_id, :pair, :with_attachments, :envelope, :header_sha256,
        :cipher_root, :state, NULL, '', '', 0, :sealed_ms, :due_ms, :expires_ms,
        :urgency, 1))sql",
         {{"message_id", p.id.text()},
          {"document_id", p.document.text()},
          {"pair", p.pair},
          {"with_attachments", p.with_attachments},
          {"envelope", text_of(p.envelope)},
          {"header_sha256", p.header_sha256.hex()},
          {"cipher_root", p.cipher_root.hex()},
          {"state", text_of(p.state)},
          {"sealed_ms", p.sealed},
          {"due_ms", p.due},
          {"expires_ms", p.expires},
          {"urgency", p.urgency ? MaybeText(text_of(*p.urgency)) : std::nullopt}});
}

std::optional<OutgoingPackage> OutboxStore::find(Transaction& tx, const MessageId& id) {
  auto found = packages_where(tx, "message_id = :id", {{"id", id.text()}});
  if (found.empty()) return std::nullopt;
  work_on({"", id.text()});  // our own
  return std::move(found.front());
}

std::vector<OutgoingPackage> OutboxStore::packages_of(Transaction& tx, const DocumentId& document) {
  return packages_where(tx, "document_id = :document_id ORDER BY pair, message_id",
                        {{"document_id", document.text()}});
}

std::optional<MessageId> OutboxStore::next_to_submit(Transaction& tx, Time now) {
  const auto row = tx.find<Text>(R"sql(
      SELECT message_id FROM outgoing_packages
      WHERE state IN ('sealed', 'submitting', 'submitted') AND due_ms <= :now_ms
      ORDER BY CASE urgency WHEN 'fastest' THEN 0 WHEN 'fast' THEN 1 ELSE 2 END,
        due_ms, message_id LIMIT 1)sql",
                                 {{"now_ms", now}});
  if (!row) return std::nullopt;
  return required(MessageId::parse(std::get<0>(*row)), "message_id");
}

void OutboxStore::save(Transaction& tx, const OutgoingPackage& p) {
  tx.run(R"sql(
      UPDATE outgoing_packages SET state = :state, reason = :reason, detail = :detail,
        submission = :submission, attempts = :attempts, due_ms = :due_ms
      WHERE message_id = :message_id)sql",
         {{"state", text_of(p.state)},
          {"reason", reason_column(p.why)},
          {"detail", detail_column(p.why)},
          {"submission", p.submission},
          {"attempts", p.attempts},
          {"due_ms", p.due},
          {"message_id", p.id.text()}});
}

std::vector<MessageId> OutboxStore::handed_in_without_evidence(Transaction& tx) {
  std::vector<MessageId> messages;
  for (const auto& [id] : tx.query<Text>(
           "SELECT message_id FROM outgoing_packages WHERE state IN ('submitting', 'submitted')")) {
    messages.push_back(MessageId::parse(id).value());
  }
  return messages;
}

bool OutboxStore::is_accepted(Transaction& tx, const MessageId& id) {
  return !tx.query<Text>(
                "SELECT org_code FROM outgoing_recipients WHERE message_id = :message_id "
                "AND state NOT IN ('waiting', 'rejected') LIMIT 1",
                {{"message_id", id.text()}})
              .empty();
}

bool OutboxStore::needs_body(Transaction& tx, const Sha256& cipher_root) {
  return !tx.query<Text>(R"sql(
      SELECT message_id FROM outgoing_packages
      WHERE cipher_root = :cipher_root AND body_kept = 1
        AND state IN ('sealed', 'submitting', 'submitted', 'accepted') LIMIT 1)sql",
                         {{"cipher_root", cipher_root.hex()}})
              .empty();
}

std::vector<OutgoingBody> OutboxStore::bodies_to_clear(Transaction& tx, int count_max) {
  std::vector<OutgoingBody> bodies;
  for (const auto& [message, root] : tx.query<Text, Text>(R"sql(
           SELECT message_id, cipher_root FROM outgoing_packages p
           WHERE body_kept = 1 AND (state IN ('rejected', 'discarded')
             OR (state = 'accepted' AND NOT EXISTS (
               SELECT 1 FROM outgoing_recipients r WHERE r.message_id = p.message_id
                 AND r.state NOT IN ('received', 'confirmed', 'returned', 'failed', 'stopped',
                   'withdrawn', 'paper', 'expired', 'rejected'))))
           ORDER BY message_id LIMIT :count_max)sql",
                                                        {{"count_max",
                                                          std::int64_t{count_max}}})) {
    bodies.push_back({required(MessageId::parse(message), "message_id"),
                      required(Sha256::from_hex(root), "cipher_root")});
  }
  return bodies;
}

void OutboxStore::set_body_cleared(Transaction& tx, const MessageId& id) {
  tx.run("UPDATE outgoing_packages SET body_kept = 0 WHERE message_id = :message_id",
         {{"message_id", id.text()}});
}

void OutboxStore::add(Transaction& tx, const OutgoingRecipient& r) {
  tx.run(R"sql(
      INSERT INTO outgoing_recipients (message_id, org_code, unit_code, copy_kind, name, state,
        reason, detail, since_ms)
      VALUES (:message_id, :org_code, :unit_code, :copy_kind, :name, :state, NULL, '',
        :since_ms))sql",
         {{"message_id", r.message.text()},
          {"org_code", r.addressee.org.text()},
          {"unit_code", r.addressee.unit.text()},
          {"copy_kind", text_of(r.copy_kind)},
          {"name", r.name},
          {"state", text_of(r.state)},
          {"since_ms", r.since}});
}

std::vector<OutgoingRecipient> OutboxStore::recipients_of(Transaction& tx,
                                                          const MessageId& message) {
  std::vector<OutgoingRecipient> recipients;
  for (const auto& row :
       tx.query<Text, Text, Text, Text, Text, Text, MaybeText, Text, Time>(
           "SELECT " + std::string(kRecipientColumns) +
               " FROM outgoing_recipients r WHERE r.message_id = :message_id "
               "ORDER BY r.org_code, r.unit_code",
           {{"message_id", message.text()}})) {
    recipients.push_back(recipient_of(row));
  }
  return recipients;
}

void OutboxStore::save(Transaction& tx, const OutgoingRecipient& r) {
  tx.run(R"sql(
      UPDATE outgoing_recipients SET state = :state, reason = :reason, detail = :detail,
        since_ms = :since_ms
      WHERE message_id = :message_id AND org_code = :org_code AND unit_code = :unit_code)sql",
         {{"state", text_of(r.state)},
          {"reason", reason_column(r.why)},
          {"detail", detail_column(r.why)},
          {"since_ms", r.since},
          {"message_id", r.message.text()},
          {"org_code", r.addressee.org.text()},
          {"unit_code", r.addressee.unit.text()}});
}

std::optional<DocumentId> OutboxStore::find_number(Transaction& tx, const NumberClaim& claim) {
  const auto owner = tx.find<Text>(R"sql(
      SELECT document_id FROM document_numbers
      WHERE sender = :sender AND year = :year AND document_number = :number)sql",
                                   {{"sender", claim.sender.text()},
                                    {"year", claim.year},
                                    {"number", claim.number}});
  if (!owner) return std::nullopt;
  return required(DocumentId::parse(std::get<0>(*owner)), "document_numbers.document_id");
}

Result<void> OutboxStore::claim_number(Transaction& tx, const NumberClaim& claim) {
  tx.run(R"sql(
      INSERT INTO document_numbers (sender, year, document_number, document_id)
      VALUES (:sender, :year, :number, :document_id)
      ON CONFLICT (sender, year, document_number) DO NOTHING)sql",
         {{"sender", claim.sender.text()},
          {"year", claim.year},
          {"number", claim.number},
          {"document_id", claim.document.text()}});
  if (find_number(tx, claim) == claim.document) return {};
  return Refusal{Reason::kNumberReused,
                 "發文字號「" + claim.number + "」已用於另一件公文，請重新取號"};
}

void OutboxStore::pass_number(Transaction& tx, const NumberClaim& claim) {
  tx.run(R"sql(
      UPDATE document_numbers SET document_id = :document_id
      WHERE sender = :sender AND year = :year AND document_number = :number)sql",
         {{"document_id", claim.document.text()},
          {"sender", claim.sender.text()},
          {"year", claim.year},
          {"number", claim.number}});
}

std::vector<OutboxStore::StateCount> OutboxStore::count_by_state(Transaction& tx) {
  return counts_of(tx,
                   "SELECT state, count(*), min(created_ms) FROM sendings "
                   "GROUP BY state ORDER BY state");
}

std::vector<OutboxStore::StateCount> OutboxStore::count_packages(Transaction& tx) {
  return counts_of(tx,
                   "SELECT state, count(*), min(sealed_ms) FROM outgoing_packages "
                   "GROUP BY state ORDER BY state");
}

std::vector<OutboxStore::StateCount> OutboxStore::count_recipients(Transaction& tx,
                                                                   const DocumentId& document) {
  return counts_of(tx, R"sql(
      SELECT r.state, count(*), min(r.since_ms) FROM outgoing_recipients r
      JOIN outgoing_packages p ON p.message_id = r.message_id
      WHERE p.document_id = :document_id AND p.state <> 'discarded'
      GROUP BY r.state ORDER BY r.state)sql",
                   {{"document_id", document.text()}});
}

}  // namespace yizhan
