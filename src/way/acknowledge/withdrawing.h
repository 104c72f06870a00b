#pragma once

#include "ground/files/files.h"
#include "ground/journal/journal.h"
#include "model/line/line.h"
#include "model/mailbox/mailbox.h"

namespace yizhan {

struct WithdrawalWish {
  std::optional<Addressee> recipient;  // none: all that can still be stopped
  WithdrawalKind kind;
  std::string reason;  // must say something
  std::string person;
};

// What became of a wish about one package of a document.
struct PackageWithdrawal {
  MessageId message;
  Result<std::vector<RecipientStanding>> standings;
};

// The sender's signed wish to stop what nobody has fetched yet, or to send it on paper instead.
// The same wish again has the same answer; another way of ending what has ended is kConflict.
class Withdrawing {
 public:
  struct Parts {
    Database& database;
    ObjectStore& objects;
    CentreLines centres;
    const TerminalIdentity& terminal;
    SigningKey& key;
    Journal& journal;
    const Clock& clock;
  };

  explicit Withdrawing(Parts parts);

  // What is not sealed yet is cancelled; each package concerned answers for itself, so that one
  // that can not be stopped hides nothing. Empty: nothing of it was sealed.
  // Refuses kNotFound, kBadRequest, kStepNotAllowed (one recipient of what is not sealed yet).
  Result<std::vector<PackageWithdrawal>> withdraw(const DocumentId& document,
                                                  const WithdrawalWish& wish);

  // Where each recipient concerned stands now; the evidence (D.2) follows by the news.
  // Refuses kNotFound, kBadRequest, kConflict, kStepNotAllowed, what the key and what the centre
  // refuse.
  Result<std::vector<RecipientStanding>> withdraw(const MessageId& message,
                                                  const WithdrawalWish& wish);

 private:
  using Standings = std::vector<RecipientStanding>;
  Result<void> stop_sealing(const DocumentId& document, const WithdrawalWish& wish);
  Result<std::vector<MessageId>> packages_with(const DocumentId& document,
                                               const std::optional<Addressee>& recipient);
  Result<std::optional<Standings>> withdraw_here(const MessageId& message,
                                                 const WithdrawalWish& wish);
  Standings end_here(Transaction& tx, OutgoingPackage package, const WithdrawalWish& wish);
  void record(Transaction& tx, const MessageId& message, const WithdrawalWish& wish);

  Parts parts_;
  OutboxStore outbox_;
};

}  // namespace yizhan
