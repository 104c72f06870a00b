#pragma once

#include "ground/journal/journal.h"
#include "model/line/line.h"
#include "model/mailbox/mailbox.h"

namespace yizhan {

struct WithdrawalWish {
  MessageId message;
  std::optional<Addressee> recipient;  // none: all that can still be stopped
  WithdrawalKind kind;
  std::string reason;  // must say something
  std::string person;
};

// The sender's signed wish to stop what nobody has fetched yet, or to send it on paper instead.
class Withdrawing {
 public:
  struct Parts {
    Database& database;
    CentreLine& centre;
    const TerminalIdentity& terminal;
    SigningKey& key;
    Journal& journal;
    const Clock& clock;
  };

  explicit Withdrawing(Parts parts);

  // Where each recipient concerned stands now; the evidence (D.2) follows by the news.
  // Refuses kNotFound, kBadRequest, what the key and what the centre refuse.
  Result<std::vector<RecipientStanding>> withdraw(const WithdrawalWish& wish);

 private:
  Result<std::optional<std::vector<RecipientStanding>>> withdraw_here(const WithdrawalWish& wish,
                                                                      Time now);
  void record(Transaction& tx, const WithdrawalWish& wish, Time now);

  Parts parts_;
  OutboxStore outbox_;
};

}  // namespace yizhan
