#pragma once

#include <functional>

#include "ground/journal/journal.h"
#include "model/agency/agency.h"
#include "model/journey/journey.h"
#include "model/line/line.h"

namespace yizhan {

// What another centre and its agencies state about documents that were handed over to it, by that
// centre's news: B.1 ends the custody of this centre, B.2 ends the hand-over, the rest is kept,
// logged here and shown to the sender. Each item is entered with the cursor in one transaction.
class EvidenceFollowing {
 public:
  struct Parts {
    CentreCode centre;
    RelayLine& line;
    Database& database;
    Custody& custody;
    const DirectorySource& directory;
    const CryptoPolicy& policy;
    const Journal& journal;
    std::function<void()> wake_signing;
    std::function<void()> wake_telling;
    // As Delivering's, of an agency that the other centre serves.
    FoundAtRecipient on_malware = {};
  };

  explicit EvidenceFollowing(Parts parts);

  // The next page. How many items; refuses what the line refuses, and kDirectoryNewer: an item that
  // only a newer directory can judge is waited with for ten minutes before it is passed over.
  Result<int> work(std::chrono::seconds wait);

 private:
  struct About;

  Result<void> take(const NewsEntry& entry);
  Result<About> find_about(Transaction& tx, const MessageKey& message, const Sha256& header);
  Result<void> take_statement(const NewsEntry& entry);
  Result<void> take_verdict(const NewsEntry& entry);
  Result<void> enter(Transaction& tx, const About& about, const SignedStatement& given);
  Result<void> end_custody(Transaction& tx, const About& about, const SignedStatement& given);
  Result<void> end_handover(Transaction& tx, const About& about, const SignedStatement& given);
  void pass_over(const NewsEntry& entry, const Refusal& why);

  bool waits_for_directory(const NewsEntry& entry);
  bool is_shared(Transaction& tx, const MessageKey& message);
  void note_comeback(const Comeback& comeback);
  void begin_anew();

  Parts parts_;
  // The item that only a newer directory can judge, and since when it waits.
  std::optional<std::pair<std::int64_t, Time>> stopped_at_;
};

}  // namespace yizhan
