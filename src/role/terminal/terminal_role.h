#pragma once

#include <atomic>

#include "duty/incident/incident.h"
#include "duty/suspension/suspension.h"
#include "ground/daemon/daemon.h"
#include "ground/loop/loop.h"
#include "model/line/line.h"
#include "role/terminal/api_access.h"
#include "role/terminal/centre_distribution.h"
#include "role/terminal/desk.h"
#include "role/terminal/former_centre.h"
#include "role/terminal/inspection.h"
#include "role/terminal/terminal_monitor.h"
#include "role/terminal/terminal_parts.h"
#include "way/attest/attest.h"
#include "way/open/open.h"
#include "way/retell/retell.h"
#include "way/seal/seal.h"
#include "way/submit/submit.h"

namespace yizhan {

struct TerminalKeyPlan {
  OrgCode own;
  std::string sign;  // names of keys
  std::string tls;
  std::string api;       // empty: that of tls
  Milliseconds warning;  // how long before a certificate ends
};

// The keys of an agency, behind its keyholder.
struct TerminalKeys {
  // shared_ptr: the keyholder's client hands them out so; TLS contexts hold one too.
  std::shared_ptr<SigningKey> sign;
  std::shared_ptr<SigningKey> tls;
  std::shared_ptr<SigningKey> api;

  bool operator==(const TerminalKeys& other) const;
};

class TerminalRole final : public Running {
 public:
  explicit TerminalRole(const Config& config);
  ~TerminalRole() override;

  void tend() override;
  void reload() override;

 private:
  EvidenceDesk::Parts desk_parts(const Config& config);
  ProofAwaiting::Parts proof_parts(Milliseconds within);
  Sealing::Parts sealing_parts(const Config& config);
  NewsFollowing::Parts news_parts();
  Retelling::Parts retelling_parts();
  void add_monitor();
  void start_loops(const Config& config);
  LoopPlan plan(std::string name, std::function<bool()> work);
  void wake(std::unique_ptr<Loop>& loop);
  void start_server(const Config& config);
  ListenerConfig local_listener(const Config& config);
  ListenerConfig remote_listener(const Config& config);

  bool sign();
  bool tell_detections();
  void publish(Transaction& tx, const EvidenceRow& row);
  bool follow_news(std::chrono::seconds wait);
  bool follow_directory();
  void journal_directory(const Result<bool>& newer);
  void start_distribution(const Config& config);
  // What management hands down has expired: documents stay where they are.
  [[nodiscard]] bool holds() const { return distribution_ && !distribution_->check_open(); }
  [[nodiscard]] bool follows_directory_alone() const;
  void log_left_out();
  void follow_certificates();
  void begin_record(const Config& config);
  Checking checking(const Config& config);
  std::unique_ptr<FormerCentreWork> former_work(const Config& config);
  [[nodiscard]] CentreLines lines();
  Result<LogProof> prove(const Sha256& evidence);

  Nursery nursery_;  // first: it is started before there is any thread
  SystemClock clock_;
  FolderLock lock_;
  Database database_;
  LocalObjectStore objects_;
  DirectorySource directory_;
  StandingOrders orders_;  // over the directory before anybody reads it
  Keyholder keyholder_;
  const TerminalKeyPlan key_plan_;
  const TerminalKeys keys_;
  TerminalIdentity identity_;
  Journal journal_;
  TrustSource trust_;
  const CentreAddress address_;
  const std::optional<CentreAddress> former_address_;
  CentreLine centre_;
  OrderJournal order_alarm_{{database_, journal_, clock_}};
  std::unique_ptr<CentreDistribution> distribution_;  // none: the directory by itself
  CentreStanding standing_;
  Router router_;
  Bell bell_;

  Inspector inspector_;
  ConfinedJudge judge_;
  Clamd clamd_;
  EngineWatch engine_;
  EngineScanner scanner_;
  std::unique_ptr<FormerCentreWork> former_;  // none: the agency has not moved of late

  OwnDetections detections_{{database_, journal_, identity_.org, identity_.terminal, *keys_.sign,
                             clock_, [this] { wake(detection_loop_); }}};
  Drafting drafting_;
  Sealing sealing_;
  Submitting submitting_;
  NewsFollowing news_;
  Opening opening_;
  HandingIn handing_in_;
  AgencyHoldings holdings_;
  Retelling retelling_;
  ProofAwaiting proofs_;
  Acknowledgement acknowledgement_;
  Withdrawing withdrawing_;
  FollowingUp following_up_{{database_, journal_, clock_}};
  EvidenceDesk desk_;
  DocumentCheck check_;
  ExportDesk exports_;
  StatusDesk status_;
  std::unique_ptr<Readiness> readiness_;
  ApiAccess access_;

  std::atomic<bool> loops_started_ = false;  // before, nobody is woken: everybody looks first
  std::unique_ptr<Loop> sealing_loop_;
  std::unique_ptr<Loop> submitting_loop_;
  std::unique_ptr<Loop> news_loop_;
  std::unique_ptr<Loop> opening_loop_;
  std::unique_ptr<Loop> signing_loop_;
  std::unique_ptr<Loop> handing_in_loop_;
  std::unique_ptr<Loop> retelling_loop_;
  std::unique_ptr<Loop> proof_loop_;
  std::unique_ptr<Loop> detection_loop_;
  std::unique_ptr<Loop> directory_loop_;
  std::unique_ptr<Loop> orders_loop_;
  std::unique_ptr<Loop> cleaning_loop_;
  std::unique_ptr<Server> server_;
  std::optional<ProcessRecord> process_;
  Time reloaded_;
  Time warned_;  // of certificates that end soon
};

}  // namespace yizhan
