#include "model/mailbox/rejection.h"

namespace yizhan {

bool is_fresh(const OutgoingPackage& package, Time now) {
  return now - package.sealed < kSealFresh;
}

void reject(Transaction& tx, OutgoingPackage& package, const Refusal& why, Time now) {
  if (why.reason == Reason::kClockSkew && !is_fresh(package, now)) {
    return discard(tx, package, now);
  }
  OutboxStore outbox;
  package.state = PackageState::kRejected;
  package.why = why;
  outbox.save(tx, package);
  for (OutgoingRecipient& recipient : outbox.recipients_of(tx, package.id)) {
    recipient.state = RecipientState::kRejected;
    recipient.why = why;
    recipient.since = now;
    outbox.save(tx, recipient);
  }
}

void discard(Transaction& tx, OutgoingPackage& package, Time now) {
  OutboxStore outbox;
  package.state = PackageState::kDiscarded;
  package.why = Refusal{Reason::kClockSkew, "未及於簽章時限內送達中心，已重新封裝"};
  outbox.save(tx, package);
  auto sending = outbox.find(tx, package.document);
  sending->state = SendingState::kDrafted;
  sending->due = now;
  outbox.save(tx, *sending);
}

}  // namespace yizhan
