#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <set>

#include "duty/notice/update_notice.h"
#include "duty/notice/notice_answer.h"
#include "ground/trust/trust.h"

namespace yizhan {

// What must be known about notices; in the thread of take() or answer().
class NoticeAlarm {
 public:
  virtual ~NoticeAlarm() = default;
  virtual void received(const UpdateNotice& notice, const Sha256& sha256) = 0;
  virtual void answered(const NoticeAnswer& answer) = 0;
  // A target in the folder of notices that is none; each content once.
  virtual void refused(const std::string& path, const Refusal& why) = 0;
};

// Of a centre to one notice.
enum class NoticeState { kUnplanned, kLate, kPlanned, kOverdue, kDone };
std::string_view text_of(NoticeState state);  // "unplanned", "late", "planned", "overdue", "done"

// How it stands on that day, by its last word (none: it has said nothing).
NoticeState state_on(Day today, Day plan_by, const NoticeAnswer* last);

// The update notices that came to a centre, and what it has answered; kept over restarts.
class ReceivedNotices {
 public:
  struct Parts {
    std::filesystem::path file;
    CentreCode centre;
    std::shared_ptr<SigningKey> key;  // shared_ptr: as the keyholder's client hands it out
    WorkingCalendar calendar;
    const Clock& clock;
  };

  // Throws std::runtime_error when the file is damaged.
  explicit ReceivedNotices(Parts parts);

  // What the client's metadata lists, after its refresh(). Refuses what the source refuses; what
  // is no notice is told and left out. One that is not listed any more needs no answer.
  Result<void> take(TrustClient& client, NoticeAlarm& alarm);

  struct Wish {
    NoticeAnswer::Kind kind;
    Day day;
    std::string person;
    std::string note;
  };
  // Signs and keeps it. Refuses kNotFound (no such notice), kBadRequest (a day that is past for a
  // plan, or to come for what is done), kMalformed, and what the key refuses.
  Result<Json> answer(std::int64_t number, const Wish& wish, NoticeAlarm& alarm);

  // Hands each last word that management has not taken since the start to `hand`, oldest notice
  // first. How many were taken. Refuses what `hand` refuses as kUnavailable: the rest goes next
  // time; what is refused otherwise is not offered again before the next start.
  Result<int> hand_up(const std::function<Result<void>(ByteView cms)>& hand);

  // Any thread. {items: [{number, title, …, state, plan_by}]}, the newest first.
  [[nodiscard]] Json describe() const;
  [[nodiscard]] std::map<NoticeState, int> counts() const;

 private:
  struct Kept {
    UpdateNotice notice;
    Sha256 sha256;  // of its content
    Bytes content;
    Time received;
    std::optional<SignedNoticeAnswer> last = {};
  };

  void load();
  void save() const;
  // By number: paths and digests that the metadata in force lists.
  using Listed = std::map<std::int64_t, std::pair<std::string, TargetFile>>;
  Result<Listed> listed(TrustClient& client, NoticeAlarm& alarm);
  void refuse(const std::string& path, const Sha256& sha256, const Refusal& why,
              NoticeAlarm& alarm);
  [[nodiscard]] bool is_known(std::int64_t number, const Sha256& sha256) const;
  [[nodiscard]] Day plan_by(const Kept& kept) const;
  [[nodiscard]] NoticeState state_of(const Kept& kept) const;
  [[nodiscard]] Json describe(const Kept& kept) const;

  const Parts parts_;
  const ObligationKind plan_;
  mutable std::mutex mutex_;
  std::map<std::int64_t, Kept> kept_;
  std::set<Sha256> handed_;   // answers, since the start
  std::set<std::pair<std::string, Sha256>> refused_;  // that were told: path and content
};

}  // namespace yizhan
