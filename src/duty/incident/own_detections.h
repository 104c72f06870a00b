#pragma once

#include <functional>

#include "duty/incident/detection.h"
#include "ground/journal/journal.h"
#include "ground/store/store.h"
#include "model/record/record.h"

namespace yizhan {

// What this terminal found in documents that it was about to send: cases in its own store, each
// told to its centre until that has taken it. Any thread; tell() from one.
class OwnDetections {
 public:
  struct Parts {
    Database& database;
    const Journal& journal;
    OrgCode agency;
    std::string terminal;
    SigningKey& key;  // that signs the agency's documents
    const Clock& clock;
    std::function<void()> on_news;  // there is something to tell
  };

  explicit OwnDetections(Parts parts);

  // In the caller's transaction, so that a document is not refused without it. One for a document:
  // again it changes nothing. Longer words of others are cut.
  void note(Transaction& tx, const DocumentId& document, const std::string& found) const;

  // Hands up those that are not told. false: there is none. Refuses what the key or `hand` refused
  // of all of them: they are told again.
  using Hand = std::function<Result<void>(ByteView cms)>;
  Result<bool> tell(const Hand& hand) const;

 private:
  Result<void> tell(const Case& one, const Hand& hand) const;

  const Parts parts_;
  const CaseKinds case_kinds_;
  const Decisions decisions_;
  const Cases cases_;
};

}  // namespace yizhan
