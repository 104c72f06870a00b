#include "model/mailbox/paper_store.h"

#include "model/mailbox/columns.h"

namespace yizhan {

namespace {

using Text = std::string;

template <class Columns>
PaperRecipient paper_recipient_of(const Columns& row) {
  const auto& [pair, org, unit, name, kind, cause] = row;
  return {pair,
          org,
          unit,
          name,
          required(find_copy_kind(kind), "paper_recipients.copy_kind"),
          required(find_paper_cause(cause), "paper_recipients.cause")};
}

}  // namespace

void PaperStore::replace(Transaction& tx, const DocumentId& document,
                         std::span<const PaperRecipient> recipients, Time now) {
  tx.run("DELETE FROM paper_recipients WHERE document_id = :document_id",
         {{"document_id", document.text()}});
  std::int64_t position = 0;
  for (const PaperRecipient& each : recipients) {
    tx.run(R"sql(
        INSERT INTO paper_recipients (document_id, position, pair, org_code, unit_code, name,
          copy_kind, cause, since_ms)
        VALUES (:document_id, :position, :pair, :org_code, :unit_code, :name, :copy_kind, :cause,
          :since_ms))sql",
           {{"document_id", document.text()},
            {"position", position++},
            {"pair", each.pair},
            {"org_code", each.org_code},
            {"unit_code", each.unit_code},
            {"name", each.name},
            {"copy_kind", text_of(each.copy_kind)},
            {"cause", text_of(each.cause)},
            {"since_ms", now}});
  }
}

std::vector<PaperRecipient> PaperStore::of_document(Transaction& tx, const DocumentId& document) {
  std::vector<PaperRecipient> all;
  for (const auto& row : tx.query<std::int64_t, Text, Text, Text, Text, Text>(
           "SELECT pair, org_code, unit_code, name, copy_kind, cause FROM paper_recipients "
           "WHERE document_id = :document_id ORDER BY position",
           {{"document_id", document.text()}})) {
    all.push_back(paper_recipient_of(row));
  }
  return all;
}

std::vector<PaperStore::Listed> PaperStore::since(Transaction& tx, Time since,
                                                  std::int64_t count_max) {
  std::vector<Listed> all;
  const Binds binds = {{"since_ms", since}, {"count_max", count_max}};
  for (const auto& [document, subject, number, at, pair, org, unit, name, kind, cause] :
       tx.query<Text, Text, Text, Time, std::int64_t, Text, Text, Text, Text, Text>(
           R"sql(
      SELECT s.id, s.subject, s.document_number, q.since_ms, q.pair, q.org_code, q.unit_code,
        q.name, q.copy_kind, q.cause
      FROM paper_recipients q JOIN sendings s ON s.id = q.document_id
      WHERE q.since_ms >= :since_ms
      ORDER BY q.since_ms, q.document_id, q.position LIMIT :count_max)sql",
           binds)) {
    all.push_back({required(DocumentId::parse(document), "sendings.id"), subject, number, at,
                   paper_recipient_of(std::tie(pair, org, unit, name, kind, cause))});
  }
  return all;
}

}  // namespace yizhan
