#pragma once

#include <vector>

#include "ground/store/store.h"
#include "model/mailbox/follow_up.h"
#include "model/mailbox/sending.h"

namespace yizhan {

class FollowUpStore {
 public:
  void add(Transaction& tx, const FollowUp& follow_up);
  // The oldest first.
  std::vector<FollowUp> list(Transaction& tx, const MessageId& message);

  struct Waiting {
    DocumentId document;
    std::string subject;
    std::string number;
    Time sealed;
    Time expires;
    OutgoingRecipient recipient;
  };
  // Sent before that, neither confirmed nor ended. The oldest first, as below.
  std::vector<Waiting> unconfirmed(Transaction& tx, Time before, std::int64_t count_max);
  // Sent before that, neither confirmed nor ended by the sender, and nothing done about it that
  // settles it; phoned is settled from `before` on. The oldest first.
  std::vector<Waiting> waiting(Transaction& tx, Time before, std::int64_t count_max);
  // Those that were withdrawn for paper, or noted as posted, since then; the oldest first.
  std::vector<Waiting> on_paper(Transaction& tx, Time since, std::int64_t count_max);
};

}  // namespace yizhan
