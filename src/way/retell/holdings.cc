#include "way/retell/holdings.h"

namespace yizhan {

namespace {

Retold gather_signed(Transaction& tx, const MessageKey& message) {
  Retold retold{message, {}, {}};
  for (EvidenceRow& row : EvidenceStore().of_message(tx, message)) {
    if (row.cms) retold.evidence.push_back(std::move(*row.cms));
  }
  return retold;
}

}  // namespace

Retold AgencyHoldings::gather(Transaction& tx, const MessageKey& message) {
  Retold retold = gather_signed(tx, message);
  const auto package = outbox_.find(tx, message.message);
  if (package) retold.header = Envelope::parse(package->envelope).value().header;
  else add_consigned(tx, retold);
  return retold;
}

// What came beside the body when it was fetched: the acceptance, and verdicts.
void AgencyHoldings::add_consigned(Transaction& tx, Retold& retold) {
  for (const Mail& mail : inbox_.of_message(tx, retold.message)) {
    if (!mail.consignment) continue;
    const Result<Consignment> consignment = Consignment::parse(
        parts_.objects.read(*mail.consignment, 0, kConsignmentBytesMax));
    if (!consignment) continue;
    retold.header = consignment->header;
    retold.evidence.insert(retold.evidence.begin(), consignment->evidence.begin(),
                           consignment->evidence.end());
  }
}

bool AgencyHoldings::hand_over_again(Transaction& tx, const MessageKey& message, Time now) {
  auto package = outbox_.find(tx, message.message);
  if (!package) return inbox_.of_message(tx, message).empty();
  const bool given = package->state == PackageState::kSubmitted ||
                     package->state == PackageState::kAccepted;
  // Told of again until it is there: that it was taken once more leaves no evidence, so nothing
  // else would show that a copy without it came back meanwhile.
  if (package->state == PackageState::kSubmitting) return false;
  if (!given) return true;
  package->state = PackageState::kSubmitting;
  package->submission.clear();
  package->attempts = 0;
  package->due = now;
  outbox_.save(tx, *package);
  tx.after_commit(parts_.wake_submitting);
  return false;
}

Retold RelayedHoldings::gather(Transaction& tx, const MessageKey& message) {
  Retold retold = gather_signed(tx, message);
  const auto package = parts_.custody.journeys().find(tx, message);
  if (package) retold.header = package->header;
  return retold;
}

bool RelayedHoldings::hand_over_again(Transaction& tx, const MessageKey& message, Time now) {
  const auto package = parts_.custody.journeys().find(tx, message);
  if (!package) return true;
  RelayStore& relays = parts_.custody.relays();
  const auto relay = relays.find(tx, package->id, parts_.centre);
  if (!relay || relay->state == RelayState::kWaiting) return true;
  // What is offered asks on by itself; its B.1 may come from another who was told of it.
  if (relays.hand_over_again(tx, package->id, parts_.centre, now)) {
    tx.after_commit(parts_.wake_relaying);
  }
  return false;  // as an agency: told of again until it is there
}

}  // namespace yizhan
