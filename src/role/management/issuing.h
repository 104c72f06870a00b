#pragma once

#include <functional>

#include "duty/distribution/distribution.h"
#include "ground/loop/loop.h"

namespace yizhan {

// What management hands down: published here, and followed here as everybody follows it. So what it
// serves was verified by a client of its own, and the directory that says who may come for it is
// the one that two officers have signed.
class Issuing {
 public:
  struct Times {
    Milliseconds look = std::chrono::seconds{5};
    Milliseconds freshen = std::chrono::minutes{5};
    Milliseconds stale_after = std::chrono::minutes{15};
  };
  struct Parts {
    Database& database;
    const Journal& journal;
    DirectorySource& directory;
    std::shared_ptr<SigningKey> online;  // shared_ptr: as the keyholder's client hands it out
    std::filesystem::path repository;
    std::filesystem::path data;
    const Clock& clock;
    Times times;
    std::vector<Following::Applied> applied = {};
  };

  // Throws as Following does.
  explicit Issuing(const Parts& parts);
  ~Issuing() { stop(); }

  using PlanLoop = std::function<LoopPlan(std::string name, std::function<bool()> work)>;
  void start(const PlanLoop& plan, std::function<void()> on_news);
  void wake();  // something was signed
  void stop();

  [[nodiscard]] const Publishing& publishing() const { return publishing_; }
  [[nodiscard]] PublishJournal& record() { return record_; }
  // Before anything was published: version 0.
  [[nodiscard]] FollowStanding standing() const;
  // A file for those below. Refuses kNotFound, kUnavailable (nothing is published yet).
  [[nodiscard]] Result<Bytes> file(const std::string& location) const;
  // Refuses kUnavailable (nothing is published yet), kMetadataExpired.
  [[nodiscard]] Result<void> check() const;
  [[nodiscard]] Json describe() const;
  void add_metrics(std::vector<Metric>& all) const;

 private:
  bool work(const std::function<void()>& on_news);
  void begin_following();
  [[nodiscard]] Following* following() const;

  const Parts parts_;
  PublishJournal record_;
  FollowJournal alarm_;
  Publishing publishing_;
  FolderSource source_;
  mutable std::mutex mutex_;
  std::unique_ptr<Following> following_;  // none: nothing is published yet; then it stays
  std::unique_ptr<Loop> loop_;
};

}  // namespace yizhan
