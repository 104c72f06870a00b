#pragma once

#include "duty/baseline/baseline.h"
#include "duty/distribution/distribution.h"
#include "duty/release/release.h"
#include "ground/config/config.h"
#include "ground/loop/loop.h"
#include "model/line/line.h"

namespace yizhan {

// A terminal follows its centre's mirror of what management hands down; what it takes it verifies
// itself, from its own first root.
class CentreDistribution {
 public:
  struct Parts {
    Database& database;
    const Journal& journal;
    DirectorySource& directory;
    Endpoint centre;
    std::filesystem::path data;
    OrgCode node;
    std::shared_ptr<SigningKey> sign;  // shared_ptr: as the keyholder's client hands it out
    const Clock& clock;
    std::vector<Following::Applied> applied = {};
  };

  static bool is_configured(const Config& config);
  // Throws FileError (no root file), and as Following does.
  CentreDistribution(const Config& config, const Parts& parts);

  void start(LoopPlan plan, std::function<void()> on_news);
  void wake() { loop_->wake(); }
  void stop();
  // What management hands down has expired: documents stay where they are.
  [[nodiscard]] Result<void> check_open() const { return following_.check_open(); }
  // With `release`: what runs, and what is handed down; and `host`: how this one stands.
  [[nodiscard]] Json describe() const;
  [[nodiscard]] std::vector<Metric> metrics() const;

 private:
  [[nodiscard]] std::vector<Following::Applied> with_releases(
      std::vector<Following::Applied> applied);
  bool work(const std::function<void()>& on_news);
  void report();
  Result<void> hand_over_report();

  const Clock& clock_;
  const Milliseconds interval_;
  FollowJournal alarm_;
  DistributionLine line_;
  ReceivedReleases releases_;
  HostWatch host_;
  Following following_;
  OwnReport report_;
  std::optional<Reason> report_waits_;  // why, as it was logged last
  std::unique_ptr<Loop> loop_;
};

}  // namespace yizhan
