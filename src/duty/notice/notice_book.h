#pragma once

#include <functional>
#include <map>
#include <mutex>

#include "duty/notice/received_notices.h"
#include "ground/journal/journal.h"
#include "ground/monitor/monitor.h"
#include "ground/store/store.h"

namespace yizhan {

// Management's book of update notices: which are in force, who has to plan by when, and what the
// centres have answered, each word a fact with its signed bytes. Any thread, but for take().
class NoticeBook {
 public:
  struct Parts {
    Database& database;
    const Journal& journal;
    const DirectorySource& directory;
    const ObligationKinds& kinds;
    const WorkingCalendar& calendar;
    const Obligations& obligations;
    const Clock& clock;
  };

  explicit NoticeBook(Parts parts) : parts_(parts), facts_(parts.journal) {}

  // What the client's metadata lists, after its refresh(): every centre owes a plan. One thread.
  // Refuses what the source refuses. What is no notice is left out: centres tell of it.
  Result<void> take(TrustClient& client);

  // Handed in by that centre, of its own. The same again changes nothing; an earlier word than the
  // last is kept and does not count. Refuses kForbidden (somebody else's), kNotFound (no such
  // notice is in force), kConflict (it had another content), kClockSkew, and as open_answer() and
  // check_answerer().
  Result<void> take_answer(ByteView cms, const CentreCode& from);

  // {items: [{number, title, …, plan_by, centres: [{node, name, state, planned?, done?}]}]}
  using Covers = std::function<bool(const Centre& centre)>;
  [[nodiscard]] Json describe(const Covers& covers) const;
  [[nodiscard]] std::vector<Metric> metrics() const;

 private:
  struct InForce {
    UpdateNotice notice;
    Sha256 sha256;
  };
  using Notices = std::map<std::int64_t, InForce>;

  [[nodiscard]] Notices in_force() const;
  void open_obligations(const Notices& notices);
  Obligation open_plan(Transaction& tx, const UpdateNotice& notice, const CentreCode& centre) const;
  [[nodiscard]] Day plan_by(const UpdateNotice& notice) const;
  [[nodiscard]] Json line_of(Transaction& tx, const InForce& notice, const Centre& centre) const;

  const Parts parts_;
  const Facts facts_;
  mutable std::mutex mutex_;
  Notices notices_;
};

}  // namespace yizhan
