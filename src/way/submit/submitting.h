#pragma once

#include <functional>

#include "ground/files/files.h"
#include "ground/journal/journal.h"
#include "model/line/line.h"
#include "model/mailbox/mailbox.h"

// submit: sealed packages go to the home centre, group by group, and go on where they stopped.
// The message id is the application_id, so nothing is submitted twice.

namespace yizhan {

class Submitting {
 public:
  struct Parts {
    Database& database;
    ObjectStore& objects;
    CentreLines centres;
    Journal& journal;
    const Clock& clock;
    std::string centre_name;             // for the journal
    std::function<void()> wake_sealing;  // what waited too long is sealed anew
  };

  explicit Submitting(Parts parts);

  // Submits the next package that is due, or asks again for one whose A.1 does not come. false when
  // none is. One thread only.
  bool work();
  // Removes sealed bodies that no centre may ask for any more. How many.
  int clear_bodies();

 private:
  std::optional<OutgoingPackage> claim();
  Result<SubmissionAnswer> submit(const OutgoingPackage& package);
  Result<SubmissionAnswer> begin(const OutgoingPackage& package);
  Result<SubmissionAnswer> upload(const OutgoingPackage& package, SubmissionAnswer answer);
  void keep_submission(const OutgoingPackage& package, const std::string& submission);
  void settle(const MessageId& id, const Result<SubmissionAnswer>& answer);
  void enter(Transaction& tx, OutgoingPackage& package, const SubmissionAnswer& answer);
  void try_again(Transaction& tx, OutgoingPackage& package, const Refusal& why);
  void await_acceptance(Transaction& tx, OutgoingPackage& package);

  Parts parts_;
  OutboxStore outbox_;
};

}  // namespace yizhan
