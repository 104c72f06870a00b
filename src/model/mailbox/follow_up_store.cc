#include "model/mailbox/follow_up_store.h"

#include "model/mailbox/recipient_columns.h"

namespace yizhan {

namespace {

using Text = std::string;
using MaybeText = std::optional<std::string>;

std::vector<FollowUpStore::Waiting> recipients_where(Transaction& tx, std::string_view condition,
                                                     const Binds& binds) {
  std::vector<FollowUpStore::Waiting> all;
  for (const auto& row :
       tx.query<Text, Text, Text, Time, Time, Text, Text, Text, Text, Text, Text, MaybeText, Text,
                Time>("SELECT s.id, s.subject, s.document_number, p.sealed_ms, p.expires_ms, " +
                          std::string(kRecipientColumns) +
                          R"sql( FROM outgoing_recipients r
      JOIN outgoing_packages p ON p.message_id = r.message_id
      JOIN sendings s ON s.id = p.document_id
      WHERE p.state <> 'discarded' AND )sql" +
                          std::string(condition) +
                          " ORDER BY p.sealed_ms, r.message_id, r.org_code, r.unit_code "
                          "LIMIT :count_max",
                      binds)) {
    const auto& [document, subject, number, sealed, expires, message, org, unit, kind, name, state,
                 reason, detail, since] = row;
    all.push_back({required(DocumentId::parse(document), "sendings.id"), subject, number, sealed,
                   expires,
                   recipient_of(std::tie(message, org, unit, kind, name, state, reason, detail,
                                         since))});
  }
  return all;
}

}  // namespace

void FollowUpStore::add(Transaction& tx, const FollowUp& f) {
  tx.run(R"sql(
      INSERT INTO follow_ups (id, message_id, org_code, unit_code, kind, person, note, done_ms)
      VALUES (:id, :message_id, :org_code, :unit_code, :kind, :person, :note, :done_ms))sql",
         {{"id", f.id.text()},
          {"message_id", f.message.text()},
          {"org_code", f.recipient.org.text()},
          {"unit_code", f.recipient.unit.text()},
          {"kind", text_of(f.kind)},
          {"person", f.person},
          {"note", f.note},
          {"done_ms", f.done}});
}

std::vector<FollowUp> FollowUpStore::list(Transaction& tx, const MessageId& message) {
  std::vector<FollowUp> all;
  for (const auto& [id, org, unit, kind, person, note, done] :
       tx.query<Text, Text, Text, Text, Text, Text, Time>(R"sql(
      SELECT id, org_code, unit_code, kind, person, note, done_ms FROM follow_ups
      WHERE message_id = :message_id ORDER BY done_ms, id)sql",
                                                          {{"message_id", message.text()}})) {
    all.push_back({required(FollowUpId::parse(id), "follow_ups.id"),
                   message,
                   {required(OrgCode::parse(org), "org_code"),
                    required(UnitCode::parse(unit), "unit_code")},
                   required(find_follow_up_kind(kind), "follow_ups.kind"),
                   person,
                   note,
                   done});
  }
  return all;
}

std::vector<FollowUpStore::Waiting> FollowUpStore::unconfirmed(Transaction& tx, Time before,
                                                               std::int64_t count_max) {
  return recipients_where(tx, R"sql(p.sealed_ms < :before_ms AND r.state IN ('waiting', 'accepted',
        'screened', 'held', 'consigned', 'received', 'unknown'))sql",
                          {{"before_ms", before}, {"count_max", count_max}});
}

std::vector<FollowUpStore::Waiting> FollowUpStore::waiting(Transaction& tx, Time before,
                                                           std::int64_t count_max) {
  return recipients_where(tx, R"sql(p.sealed_ms < :before_ms AND r.state IN ('waiting', 'accepted',
        'screened', 'held', 'consigned', 'received', 'returned', 'failed', 'stopped', 'expired',
        'rejected', 'unknown') AND NOT EXISTS (
          SELECT 1 FROM follow_ups f WHERE f.message_id = r.message_id
            AND f.org_code = r.org_code AND f.unit_code = r.unit_code
            AND (f.kind <> 'phoned' OR f.done_ms >= :before_ms)))sql",
                          {{"before_ms", before}, {"count_max", count_max}});
}

std::vector<FollowUpStore::Waiting> FollowUpStore::on_paper(Transaction& tx, Time since,
                                                            std::int64_t count_max) {
  return recipients_where(tx, R"sql(((r.state = 'paper' AND r.since_ms >= :since_ms)
        OR (r.message_id, r.org_code, r.unit_code) IN (
          SELECT message_id, org_code, unit_code FROM follow_ups
          WHERE kind = 'paper' AND done_ms >= :since_ms)))sql",
                          {{"since_ms", since}, {"count_max", count_max}});
}

}  // namespace yizhan
