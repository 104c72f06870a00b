#pragma once

#include <atomic>

#include "ground/loop/loop.h"
#include "model/line/line.h"
#include "way/open/open.h"
#include "way/retell/retell.h"

namespace yizhan {

// The centre from which this agency has moved: for a while what lies there is fetched, opened and
// receipted beside what comes to the home centre, and its news is read. Nothing is sent to it but
// what was sealed for it.
class FormerCentreWork {
 public:
  struct Parts {
    CentreCode code;
    Endpoint endpoint;
    Database& database;
    ObjectStore& objects;
    const TerminalIdentity& identity;
    const DirectorySource& directory;
    const CryptoPolicy& policy;
    Checking checking;
    Journal& journal;
    const Clock& clock;
    std::function<void()> wake_sealing;
    std::function<void()> wake_signing;
    std::function<void()> wake_submitting;
  };
  using Plan = std::function<LoopPlan(std::string name, std::function<bool()> work)>;

  explicit FormerCentreWork(Parts parts);
  ~FormerCentreWork() { stop(); }
  FormerCentreWork(const FormerCentreWork&) = delete;
  FormerCentreWork& operator=(const FormerCentreWork&) = delete;

  [[nodiscard]] const CentreCode& code() const { return code_; }
  [[nodiscard]] CentreLine& line() { return line_; }
  // `plan`: as the terminal's other loops are made.
  void start(const Plan& plan, std::chrono::seconds wait_for_news);
  void wake();
  void stop();

 private:
  bool follow(std::chrono::seconds wait);

  const CentreCode code_;
  CentreLine line_;
  NewsFollowing news_;
  Opening opening_;
  HandingIn handing_in_;
  AgencyHoldings holdings_;
  Retelling retelling_;
  std::atomic<bool> started_ = false;
  std::vector<std::unique_ptr<Loop>> loops_;
};

}  // namespace yizhan
