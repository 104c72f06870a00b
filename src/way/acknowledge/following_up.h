#pragma once

#include "ground/journal/journal.h"
#include "model/mailbox/mailbox.h"

namespace yizhan {

struct FollowUpWish {
  Addressee recipient;
  FollowUpKind kind;  // not kResent: a resend notes itself
  std::string person;
  std::string note;
};

// The sender notes what was done about a recipient who has not confirmed.
class FollowingUp {
 public:
  struct Parts {
    Database& database;
    Journal& journal;
    const Clock& clock;
  };

  explicit FollowingUp(Parts parts) : parts_(parts) {}

  // In each package of the document that has this recipient. The last note said again is the same
  // note. Refuses kNotFound (the document, or the recipient in it), kBadRequest (kResent; a note
  // over 1,000 bytes), kStepNotAllowed (it has confirmed: there is nothing to follow up).
  Result<std::vector<FollowUp>> note(const DocumentId& document, const FollowUpWish& wish);

 private:
  FollowUp note(Transaction& tx, const OutgoingRecipient& recipient, const FollowUpWish& wish);

  Parts parts_;
};

}  // namespace yizhan
