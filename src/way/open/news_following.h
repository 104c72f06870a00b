#pragma once

#include <atomic>
#include <functional>

#include "ground/journal/journal.h"
#include "model/line/line.h"
#include "model/mailbox/mailbox.h"

namespace yizhan {

// Takes the centre's news in: every evidence is verified, kept, and moves what it speaks of. What
// can not be verified moves nothing, is kept out, and stands in the journal.
class NewsFollowing {
 public:
  struct Parts {
    Database& database;
    CentreLine& centre;
    const TerminalIdentity& terminal;
    const DirectorySource& directory;
    const CryptoPolicy& policy;
    Journal& journal;
    const Clock& clock;
    std::function<void()> wake_fetching;
    std::function<void()> wake_sealing;  // what was rejected for its age is sealed anew
    std::string centre_code = {};
    std::function<void()> wake_telling = [] {};
  };

  explicit NewsFollowing(Parts parts);

  // One question to the centre, which may hold its answer for `wait`. How many items came.
  // Refuses what CentreLine::news refuses; kDirectoryNewer when an item is signed with a
  // certificate that this directory does not know: fetch the directory and ask again. If it still
  // does not know, the item is passed over. One thread only.
  Result<int> work(std::chrono::seconds wait);

  // True once all news of before has been read: the replay register is complete, fetching may
  // begin.
  [[nodiscard]] bool caught_up() const { return caught_up_; }

 private:
  Result<void> take(const NewsEntry& entry);
  Result<void> take_statement(const NewsEntry& entry);
  Result<void> take_verdict(const NewsEntry& entry);
  Result<void> move_outbox(Transaction& tx, const SignedStatement& evidence);
  void move_inbox(Transaction& tx, const NewsEntry& entry, const SignedStatement& evidence);
  void consign(Transaction& tx, const NewsEntry& entry, const Statement& statement);
  void pass_over(const NewsEntry& entry, const Refusal& why);
  void note_comeback(const Comeback& comeback);
  void begin_anew();

  Parts parts_;
  OutboxStore outbox_;
  InboxStore inbox_;
  std::atomic<bool> caught_up_ = false;
  std::int64_t stopped_at_ = 0;  // the item that waited for a newer directory
};

}  // namespace yizhan
