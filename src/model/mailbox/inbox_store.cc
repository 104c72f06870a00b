#include "model/mailbox/inbox_store.h"

#include "ground/subject/subject.h"
#include "model/mailbox/columns.h"

namespace yizhan {

namespace {

using Text = std::string;
using MaybeText = std::optional<std::string>;

constexpr std::string_view kNewsCursor = "centre";

std::optional<LeaseMark> lease_of(const MaybeText& id, std::int64_t fencing) {
  if (!id) return std::nullopt;
  return LeaseMark{*id, fencing};
}

PartKind part_kind_of(const std::string& text) {
  for (const PartKind kind : {PartKind::kDi, PartKind::kSw, PartKind::kDm, PartKind::kAttachment,
                              PartKind::kRendition}) {
    if (text_of(kind) == text) return kind;
  }
  throw StoreError("mail_parts.kind: " + text);
}

std::vector<Mail> mails_where(Transaction& tx, const std::string& condition, const Binds& binds) {
  std::vector<Mail> mails;
  for (const auto& [id, sender, message, org, unit, state, reason, detail, since, attempts, due,
                    lease_key, lease, fencing, consigned, document, accepted, received, urgency,
                    subject, number, type, secrecy, person, note, consignment, centre] :
       tx.query<Text, Text, Text, Text, Text, Text, MaybeText, Text, Time, std::int64_t, Time, Text,
                MaybeText, std::int64_t, Time, MaybeText, std::optional<Time>, std::optional<Time>,
                MaybeText, Text, Text, Text, Text, Text, Text, MaybeText, Text>(
           "SELECT id, sender, message_id, org_code, unit_code, state, reason, detail, since_ms, "
           "attempts, due_ms, lease_key, lease_id, fencing, consigned_ms, document_id, "
           "accepted_ms, received_ms, urgency, subject, document_number, document_type, secrecy, "
           "person, note, consignment_sha256, centre FROM mails WHERE " +
               condition,
           binds)) {
    mails.push_back({required(DeliveryId::parse(id), "mails.id"),
                     {required(OrgCode::parse(sender), "sender"),
                      required(MessageId::parse(message), "message_id")},
                     {required(OrgCode::parse(org), "org_code"),
                      required(UnitCode::parse(unit), "unit_code")},
                     required(find_mail_state(state), "mails.state"), why_of(reason, detail), since,
                     attempts, due, lease_key, lease_of(lease, fencing), consigned,
                     document ? DocumentId::parse(*document) : std::nullopt, accepted, received,
                     urgency ? find_urgency(*urgency) : std::nullopt, subject, number, type,
                     secrecy, person, note,
                     consignment ? Sha256::from_hex(*consignment) : std::nullopt, centre});
  }
  return mails;
}

std::optional<Mail> mail_where(Transaction& tx, const std::string& condition, const Binds& binds) {
  auto found = mails_where(tx, condition, binds);
  if (found.empty()) return std::nullopt;
  const MessageKey& message = found.front().message;
  work_on({message.sender.text(), message.message.text()});
  return std::move(found.front());
}

// What changes in a mail's life.
Binds changing_columns(const Mail& m) {
  return {{"id", m.id.text()},
          {"state", text_of(m.state)},
          {"reason", reason_column(m.why)},
          {"detail", detail_column(m.why)},
          {"since_ms", m.since},
          {"attempts", m.attempts},
          {"due_ms", m.due},
          {"lease_id", m.lease ? MaybeText(m.lease->id) : std::nullopt},
          {"fencing", m.lease ? m.lease->fencing : 0},
          {"document_id", m.document ? MaybeText(m.document->text()) : std::nullopt},
          {"accepted_ms", m.accepted},
          {"received_ms", m.received},
          {"urgency", m.urgency ? MaybeText(Text(text_of(*m.urgency))) : std::nullopt},
          {"subject", m.subject},
          {"number", m.number},
          {"type", m.type},
          {"secrecy", m.secrecy},
          {"person", m.person},
          {"note", m.note},
          {"consignment", m.consignment ? MaybeText(m.consignment->hex()) : std::nullopt}};
}

}  // namespace

bool InboxStore::add(Transaction& tx, const Mail& m) {
  Binds binds = changing_columns(m);
  binds.insert(binds.end(), {{"sender", m.message.sender.text()},
                             {"message_id", m.message.message.text()},
                             {"org_code", m.recipient.org.text()},
                             {"unit_code", m.recipient.unit.text()},
                             {"lease_key", m.lease_key},
                             {"consigned_ms", m.consigned},
                             {"centre", m.centre}});
  return tx.run(R"sql(
      INSERT INTO mails (id, sender, message_id, org_code, unit_code, state, reason, detail,
        since_ms, attempts, due_ms, lease_key, lease_id, fencing, consigned_ms, document_id,
        accepted_ms, received_ms, urgency, subject, document_number, document_type, secrecy,
        person, note, consignment_sha256, centre)
      VALUES (:id, :sender, :message_id, :org_code, :unit_code, :state, :reason, :detail,
        :since_ms, :attempts, :due_ms, :lease_key, :lease_id, :fencing, :consigned_ms,
        :document_id, :accepted_ms, :received_ms, :urgency, :subject, :number, :type, :secrecy,
        :person, :note, :consignment, :centre)
      ON CONFLICT DO NOTHING)sql",
                binds) == 1;
}

bool InboxStore::replace(Transaction& tx, const Mail& mail) {
  const auto gone = tx.run(R"sql(
      DELETE FROM mails
      WHERE sender = :sender AND message_id = :message_id AND org_code = :org_code
        AND unit_code = :unit_code AND id <> :id AND state IN ('consigned', 'elsewhere'))sql",
                           {{"sender", mail.message.sender.text()},
                            {"message_id", mail.message.message.text()},
                            {"org_code", mail.recipient.org.text()},
                            {"unit_code", mail.recipient.unit.text()},
                            {"id", mail.id.text()}});
  return gone == 1 && add(tx, mail);
}

std::optional<Mail> InboxStore::find(Transaction& tx, const DeliveryId& id) {
  return mail_where(tx, "id = :id", {{"id", id.text()}});
}

std::optional<Mail> InboxStore::find(Transaction& tx, const MessageKey& message,
                                     const Addressee& recipient) {
  return mail_where(tx,
                    "sender = :sender AND message_id = :message_id AND org_code = :org_code "
                    "AND unit_code = :unit_code",
                    {{"sender", message.sender.text()},
                     {"message_id", message.message.text()},
                     {"org_code", recipient.org.text()},
                     {"unit_code", recipient.unit.text()}});
}

std::vector<Mail> InboxStore::of_message(Transaction& tx, const MessageKey& message) {
  return mails_where(tx, "sender = :sender AND message_id = :message_id ORDER BY id",
                     {{"sender", message.sender.text()},
                      {"message_id", message.message.text()}});
}

std::optional<DeliveryId> InboxStore::next_to_fetch(Transaction& tx, Time now) {
  const auto row = tx.find<Text>(R"sql(
      SELECT id FROM mails
      WHERE state IN ('consigned', 'leased') AND due_ms <= :now_ms AND centre = :centre
      ORDER BY CASE urgency WHEN 'fastest' THEN 0 WHEN 'fast' THEN 1 ELSE 2 END,
        due_ms, id LIMIT 1)sql",
                                 {{"now_ms", now}, {"centre", centre_}});
  if (!row) return std::nullopt;
  return required(DeliveryId::parse(std::get<0>(*row)), "mails.id");
}

void InboxStore::save(Transaction& tx, const Mail& mail) {
  tx.run(R"sql(
      UPDATE mails SET state = :state, reason = :reason, detail = :detail, since_ms = :since_ms,
        attempts = :attempts, due_ms = :due_ms, lease_id = :lease_id, fencing = :fencing,
        document_id = :document_id, accepted_ms = :accepted_ms, received_ms = :received_ms,
        urgency = :urgency, subject = :subject, document_number = :number, document_type = :type,
        secrecy = :secrecy, person = :person, note = :note,
        consignment_sha256 = :consignment
      WHERE id = :id)sql",
         changing_columns(mail));
}

void InboxStore::seek_again(Transaction& tx, Time since, Time now) {
  tx.run(R"sql(
      UPDATE mails SET state = 'consigned', reason = NULL, detail = '', due_ms = :now_ms
      WHERE state = 'elsewhere' AND centre = :centre AND consigned_ms >= :since_ms)sql",
         {{"now_ms", now}, {"centre", centre_}, {"since_ms", since}});
}

std::vector<Mail> InboxStore::list(Transaction& tx, const Page& page) {
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
  return mails_where(tx, condition + " ORDER BY id DESC LIMIT :count_max", binds);
}

std::vector<InboxStore::StateCount> InboxStore::count_by_state(Transaction& tx) {
  std::vector<StateCount> counts;
  for (const auto& [state, count, oldest] : tx.query<Text, std::int64_t, Time>(
           "SELECT state, count(*), min(since_ms) FROM mails GROUP BY state ORDER BY state")) {
    counts.push_back({state, count, oldest});
  }
  return counts;
}

void InboxStore::set_parts(Transaction& tx, const DeliveryId& id, const std::vector<Part>& parts) {
  std::int64_t position = 0;
  for (const Part& part : parts) {
    tx.run(R"sql(
        INSERT INTO mail_parts (mail_id, position, name, media_type, kind, bytes, sha256)
        VALUES (:mail_id, :position, :name, :media_type, :kind, :bytes, :sha256))sql",
           {{"mail_id", id.text()},
            {"position", position++},
            {"name", part.name},
            {"media_type", part.media_type},
            {"kind", text_of(part.kind)},
            {"bytes", part.length},
            {"sha256", part.sha256.hex()}});
  }
}

std::vector<Part> InboxStore::parts_of(Transaction& tx, const DeliveryId& id) {
  std::vector<Part> parts;
  for (const auto& [name, media_type, kind, bytes, digest] :
       tx.query<Text, Text, Text, std::int64_t, Text>(R"sql(
           SELECT name, media_type, kind, bytes, sha256 FROM mail_parts
           WHERE mail_id = :mail_id ORDER BY position)sql",
                                                      {{"mail_id", id.text()}})) {
    parts.push_back({name, media_type, part_kind_of(kind), static_cast<std::uint64_t>(bytes),
                     required(Sha256::from_hex(digest), "mail_parts.sha256")});
  }
  return parts;
}

void InboxStore::flag_active(Transaction& tx, const DeliveryId& id, std::int64_t position) {
  tx.run(R"sql(
      UPDATE mail_parts SET active_content = 1
      WHERE mail_id = :mail_id AND position = :position)sql",
         {{"mail_id", id.text()}, {"position", position}});
}

std::set<std::int64_t> InboxStore::active_parts_of(Transaction& tx, const DeliveryId& id) {
  std::set<std::int64_t> positions;
  for (const auto& [position] : tx.query<std::int64_t>(
           "SELECT position FROM mail_parts WHERE mail_id = :mail_id AND active_content = 1",
           {{"mail_id", id.text()}})) {
    positions.insert(position);
  }
  return positions;
}

std::optional<Sha256> InboxStore::find_seen(Transaction& tx, const MessageKey& message) {
  const auto row = tx.find<Text>(R"sql(
      SELECT header_sha256 FROM seen_messages
      WHERE sender = :sender AND message_id = :message_id)sql",
                                 {{"sender", message.sender.text()},
                                  {"message_id", message.message.text()}});
  if (!row) return std::nullopt;
  return required(Sha256::from_hex(std::get<0>(*row)), "seen_messages.header_sha256");
}

void InboxStore::remember(Transaction& tx, const MessageKey& message, const Sha256& header_sha256,
                          Time now) {
  tx.run(R"sql(
      INSERT INTO seen_messages (sender, message_id, header_sha256, seen_ms)
      VALUES (:sender, :message_id, :header_sha256, :seen_ms)
      ON CONFLICT (sender, message_id) DO NOTHING)sql",
         {{"sender", message.sender.text()},
          {"message_id", message.message.text()},
          {"header_sha256", header_sha256.hex()},
          {"seen_ms", now}});
}

void InboxStore::adopt(Transaction& tx) {
  tx.run("UPDATE mails SET centre = :centre WHERE centre = ''", {{"centre", centre_}});
  tx.run("UPDATE news_cursors SET name = :centre WHERE name = :name",
         {{"centre", centre_}, {"name", kNewsCursor}});
}

std::string InboxStore::cursor_name() const {
  return centre_.empty() ? std::string(kNewsCursor) : centre_;
}

NewsCursor InboxStore::news_cursor(Transaction& tx) {
  const auto row = tx.find<std::int64_t, std::string, std::int64_t, Time, std::string>(
      "SELECT sequence, seen, comebacks, comeback_since_ms, receipt FROM news_cursors "
      "WHERE name = :name",
      {{"name", cursor_name()}});
  if (!row) return {};
  const auto& [sequence, seen, count, since, receipt] = *row;
  return {sequence, seen, {count, since}, receipt};
}

void InboxStore::set_comeback(Transaction& tx, const Comeback& comeback) {
  tx.run(R"sql(
      INSERT INTO news_cursors (name, sequence, comebacks, comeback_since_ms)
      VALUES (:name, 0, :count, :since_ms)
      ON CONFLICT (name) DO UPDATE
      SET comebacks = excluded.comebacks, comeback_since_ms = excluded.comeback_since_ms)sql",
         {{"name", cursor_name()}, {"count", comeback.count}, {"since_ms", comeback.since}});
}

void InboxStore::set_receipt(Transaction& tx, const Sha256& evidence) {
  tx.run(R"sql(
      INSERT INTO news_cursors (name, sequence, receipt) VALUES (:name, 0, :receipt)
      ON CONFLICT (name) DO UPDATE SET receipt = excluded.receipt)sql",
         {{"name", cursor_name()}, {"receipt", evidence.hex()}});
}

void InboxStore::set_news_cursor(Transaction& tx, const NewsCursor& cursor) {
  tx.run(R"sql(
      INSERT INTO news_cursors (name, sequence, seen) VALUES (:name, :sequence, :seen)
      ON CONFLICT (name) DO UPDATE SET sequence = excluded.sequence, seen = excluded.seen)sql",
         {{"name", cursor_name()}, {"sequence", cursor.sequence}, {"seen", cursor.seen}});
}

void InboxStore::hand_in_again(Transaction& tx, const DeliveryId& mail, Time now) {
  tx.run("UPDATE hand_ins SET done = 0, attempts = 0, due_ms = :due_ms WHERE mail_id = :mail_id",
         {{"due_ms", now}, {"mail_id", mail.text()}});
}

void InboxStore::hand_in_later(Transaction& tx, const EvidenceRow& row) {
  if (!row.recipient) return;
  const auto mail = find(tx, row.message, *row.recipient);
  if (!mail) return;  // another agency's, told us as the sender
  tx.run(R"sql(
      INSERT INTO hand_ins (evidence_id, mail_id, kind, attempts, due_ms, reason, detail, done)
      VALUES (:evidence_id, :mail_id, :kind, 0, :due_ms, NULL, '', 0)
      ON CONFLICT (evidence_id) DO NOTHING)sql",
         {{"evidence_id", row.id.text()},
          {"mail_id", mail->id.text()},
          {"kind", row.kind},
          {"due_ms", row.created}});
}

std::optional<HandIn> InboxStore::next_hand_in(Transaction& tx, Time now) {
  const auto row = tx.find<Text, Text, Text, std::int64_t, Time, MaybeText, Text>(R"sql(
      SELECT evidence_id, mail_id, kind, attempts, due_ms, reason, detail FROM hand_ins h
      WHERE done = 0 AND due_ms <= :now_ms AND NOT EXISTS (
        SELECT 1 FROM hand_ins earlier WHERE earlier.mail_id = h.mail_id AND earlier.done = 0
          AND earlier.evidence_id < h.evidence_id)
        AND mail_id IN (SELECT id FROM mails WHERE centre = :centre)
      ORDER BY due_ms, evidence_id LIMIT 1)sql",
          {{"now_ms", now}, {"centre", centre_}});
  if (!row) return std::nullopt;
  const auto& [evidence, mail, kind, attempts, due, reason, detail] = *row;
  return HandIn{required(EvidenceId::parse(evidence), "evidence_id"),
                required(DeliveryId::parse(mail), "mail_id"),
                kind,
                attempts,
                due,
                why_of(reason, detail)};
}

void InboxStore::postpone(Transaction& tx, const HandIn& hand_in) {
  tx.run(R"sql(
      UPDATE hand_ins SET attempts = :attempts, due_ms = :due_ms, reason = :reason,
        detail = :detail
      WHERE evidence_id = :evidence_id)sql",
         {{"attempts", hand_in.attempts},
          {"due_ms", hand_in.due},
          {"reason", reason_column(hand_in.why)},
          {"detail", detail_column(hand_in.why)},
          {"evidence_id", hand_in.evidence.text()}});
}

void InboxStore::close(Transaction& tx, const HandIn& hand_in) {
  tx.run("UPDATE hand_ins SET done = 1, reason = :reason, detail = :detail "
         "WHERE evidence_id = :evidence_id",
         {{"reason", reason_column(hand_in.why)},
          {"detail", detail_column(hand_in.why)},
          {"evidence_id", hand_in.evidence.text()}});
}

}  // namespace yizhan
