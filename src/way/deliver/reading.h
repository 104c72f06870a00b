#pragma once

#include "ground/json/json.h"
#include "model/journey/journey.h"

namespace yizhan {

// What an agency may ask: its news, and how its own documents stand.
class Reading {
 public:
  Reading(Database& database, Custody& custody);

  // At most 100 items after that one; an empty list when there is nothing yet. From the first item
  // where the list is another than the one that was read: then this store came back from an older
  // copy, which every reader is told from then on; so it did where it does not have the receipt
  // that the reader handed in.
  Json news(const NewsReader& reader, NewsCursor after);
  // Each recipient with state, reason, since when, and the evidence so far. kNotFound
  Result<Json> message(const OrgCode& sender, const MessageId& id);

  // For operators.
  // What waits for a reason, at most 1,000 after that package; `next` is empty on the last page.
  Json held(const std::string& after = {});
  std::vector<WaitingCount> waiting();
  Json stations();
  // Both sides of the equation: what was accepted and taken over; what is final, was passed on, is
  // pending.
  Json accounting();
  // What waits for each other centre: how much, and since when.
  Json queues();

 private:
  bool is_as_read(Transaction& tx, const NewsReader& reader, const NewsCursor& after);
  bool has_receipt(Transaction& tx, const NewsCursor& after);
  Comeback find_comeback(const NewsReader& reader, const NewsCursor& after, bool complete);
  Json describe_news(Transaction& tx, const NewsItem& item);
  Json describe_waiting(Transaction& tx, const PackageId& id);

  Database& database_;
  Custody& custody_;
};

// Tells those concerned of one signed evidence: the sender of everything (or the centre that handed
// its package over, of what is new there), the recipient of what it may fetch and of what ended
// after it was consigned; for a recipient that is represented, who receives for it. In the
// transaction that publishes it.
// Answers whom to wake.
std::vector<NewsReader> announce(Transaction& tx, Custody& custody, const Directory& directory,
                                 const EvidenceRow& row);

}  // namespace yizhan
