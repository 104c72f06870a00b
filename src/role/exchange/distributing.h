#pragma once

#include "duty/baseline/baseline.h"
#include "duty/distribution/distribution.h"
#include "duty/incident/incident.h"
#include "duty/notice/notice.h"
#include "duty/release/release.h"
#include "ground/config/config.h"
#include "ground/loop/loop.h"
#include "model/line/line.h"

namespace yizhan {

// A centre follows management, from a folder or over HTTP, and is what its terminals follow. What
// management asks of it it answers.
class Distributing {
 public:
  struct Parts {
    Database& database;
    const Journal& journal;
    DirectorySource& directory;
    const TrustSource& trust;
    // shared_ptr: TLS contexts hold one too, the keyholder's client hands both out so
    std::shared_ptr<SigningKey> tls_key;
    std::shared_ptr<SigningKey> evidence_key;  // signs this centre's own reports
    std::filesystem::path data;
    const Clock& clock;
    std::vector<Following::Applied> applied = {};
    FoundIncidents* incidents = nullptr;  // none: a centre that reports none
  };

  // Throws ConfigError (no way to it is named), FileError (no root file), std::invalid_argument (an
  // address that can not be dialled), and as Following does.
  Distributing(const Config& config, const Parts& parts);

  static bool is_configured(const Config& config);

  // Once there is a router whose waiting requests are to be woken. `plan` makes the loops.
  using PlanLoop = std::function<LoopPlan(std::string name, std::function<bool()> work)>;
  void start(const PlanLoop& plan, std::function<void()> on_news);
  void stop();
  // There is something to hand up.
  void wake_reports();

  [[nodiscard]] FollowStanding standing() const { return following_.standing(); }
  // With `release`: what runs, and what is handed down; and `host`: how this one stands.
  [[nodiscard]] Json describe() const;
  // A file of the mirror. Refuses kNotFound, kUnavailable.
  [[nodiscard]] Result<Bytes> file(const std::string& location) const;
  // Of an agency below. Refuses as ReportShelf.
  [[nodiscard]] Result<void> take_report(ByteView cms, const OrgCode& from) const {
    return reports_.take(cms, from, *directory_.current());
  }
  // Who of this centre's agencies runs which directory, and who is late.
  [[nodiscard]] Json describe_reports() const;
  // As Following; and kAgencySuspended: this centre itself is suspended, and serves nobody.
  [[nodiscard]] Result<void> check_open() const;
  void add_metrics(std::vector<Metric>& all) const;

  // Update notices and what this centre has answered.
  [[nodiscard]] Json describe_notices() const { return notices_.describe(); }
  // Refuses as ReceivedNotices::answer().
  Result<Json> answer_notice(std::int64_t number, const ReceivedNotices::Wish& wish);

 private:
  [[nodiscard]] std::vector<Following::Applied> with_own(
      std::vector<Following::Applied> applied);
  bool look(const std::function<void()>& on_news);
  bool wait_for_news();
  bool hand_up();
  Result<void> hand_up_incidents();
  Result<void> hand_up_all();

  const Clock& clock_;
  const DirectorySource& directory_;
  const CentreCode centre_;
  const Milliseconds interval_;
  FoundIncidents* const incidents_;
  FollowJournal alarm_;
  std::unique_ptr<RepositorySource> source_;
  NoticeJournal notice_alarm_;
  ReceivedNotices notices_;
  ReceivedReleases releases_;
  HostWatch host_;
  Following following_;
  ReportShelf reports_;
  OwnReport own_report_;
  DistributionLine* const line_;  // none: a folder, from which nothing goes up
  std::unique_ptr<HandingUp> handing_up_;
  bool told_ = false;                   // of news; the following loop's
  std::optional<Reason> report_waits_;  // why, as it was logged last; the reporting loop's
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<Loop> reporting_loop_;
};

// Throws ConfigError: a table there is none.
WorkingCalendar working_days_of(const Config& config);

// As Distributing::check_open(); who goes by the directory file alone (none) waits for nothing.
inline Result<void> check_distribution(const Distributing* distributing) {
  return distributing == nullptr ? Result<void>() : distributing->check_open();
}

}  // namespace yizhan
