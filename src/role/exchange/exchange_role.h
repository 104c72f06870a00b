#pragma once

#include "duty/suspension/suspension.h"
#include "ground/daemon/daemon.h"
#include "ground/keys/keys.h"
#include "ground/loop/loop.h"
#include "ground/net/net.h"
#include "model/agency/agency.h"
#include "model/evidence/evidence.h"
#include "model/journey/journey.h"
#include "role/exchange/attesting.h"
#include "role/exchange/centre_links.h"
#include "role/exchange/distributing.h"
#include "role/exchange/exchange_monitor.h"
#include "role/exchange/maintenance.h"
#include "role/exchange/screening_journal.h"
#include "way/admit/admit.h"
#include "way/deliver/deliver.h"
#include "way/hold/hold.h"
#include "way/route/route.h"
#include "way/screen/screen.h"

namespace yizhan {

struct CentreKeyPlan {
  CentreCode centre;
  std::string tls;  // names of keys
  std::string evidence;
  std::string log;
  Milliseconds warning;  // how long before a certificate ends
};

// The keys of a centre, behind its keyholder.
struct CentreKeys {
  // shared_ptr: the keyholder's client hands them out so; TLS contexts hold one too.
  std::shared_ptr<SigningKey> tls;
  std::shared_ptr<SigningKey> evidence;
  std::shared_ptr<SigningKey> log;

  // The certificates are the same.
  bool operator==(const CentreKeys& other) const;
};

class ExchangeRole final : public Running {
 public:
  explicit ExchangeRole(const Config& config);
  ~ExchangeRole() override;

  void tend() override;
  void reload() override;

 private:
  void follow_directory();
  void follow_certificates();
  void warn_of_ends(const Certificates& registered);

  ListenerConfig terminal_listener(const Config& config);
  ListenerConfig centre_listener(const Config& config);
  ServerTls server_tls();
  Result<void> admit_peer(const Peer& peer);
  Result<void> admit_centre(const Peer& peer);
  Refusal note_refused(const Peer& peer, const Refusal& why);
  void begin_record(const Config& config);
  FoundIncidents::Parts incident_parts(const Config& config);
  void start_distribution(const Config& config);
  // What management hands down has expired: documents stay where they are.
  [[nodiscard]] bool holds() const;
  void start_centres(const Config& config, const ServerConfig& server);
  void start_operators(const Config& config);
  void start_loops(const Config& config);
  LoopPlan plan(std::string name, std::function<bool()> work);
  void screen(StoredPackage package);
  bool sign_and_publish();
  void publish(Transaction& tx, const EvidenceRow& row);

  // What admits hands on; the loops are there before anything is admitted.
  const std::function<void(StoredPackage)> screen_ = [this](StoredPackage package) {
    screen(std::move(package));
  };
  const std::function<void()> wake_signing_ = [this] { signing_loop_->wake(); };
  const FoundAtRecipient on_malware_ = [this](Transaction& tx, const StoredPackage& package,
                                              const Statement& failure) {
    alarm_.malware_met(tx, package, failure);
  };
  SystemClock clock_;
  FolderLock lock_;
  Database database_;
  SegmentedObjectStore objects_;
  Journal journal_;
  DirectorySource directory_;
  StandingOrders orders_;  // over the directory before anybody reads it
  Keyholder keyholder_;
  const CentreKeyPlan key_plan_;
  const CentreKeys keys_;
  TrustSource trust_;
  OrderJournal order_alarm_{{database_, journal_, clock_}};
  FoundIncidents incidents_;
  std::unique_ptr<Distributing> distributing_;  // none: the directory file alone
  Custody custody_;
  EvidenceLog log_;
  ScreeningJournal alarm_;
  RefusedConnections refused_;
  ScannerLine scanner_;
  Router terminal_router_;
  Router centre_router_;
  Router operator_router_;
  Router monitor_router_;
  EvidenceDesk desk_;
  JournalSealing journal_sealing_;
  SendingQuota quota_;
  Admission admission_;
  TakingOver taking_over_;
  Recollecting recollecting_;
  Screening screening_;
  Routing routing_;
  Holding holding_;
  Relaying relaying_;
  CentreLinks centre_links_;
  Delivering delivering_{{database_, custody_, objects_, directory_, trust_.policy(), wake_signing_,
                          on_malware_}};
  Reading reading_;
  MaintenanceDesk maintenance_;
  AccountingGauge gauge_;
  Attesting attesting_;
  std::unique_ptr<Server> terminals_;
  std::unique_ptr<Server> centres_;  // none: it takes nothing over
  std::unique_ptr<Server> operators_;
  std::unique_ptr<Readiness> readiness_;
  std::unique_ptr<Server> monitors_;  // none: over the operators' socket only
  std::vector<std::unique_ptr<Loop>> screening_loops_;
  std::unique_ptr<Loop> routing_loop_;
  std::unique_ptr<Loop> signing_loop_;
  std::unique_ptr<Loop> holding_loop_;
  std::unique_ptr<Loop> orders_loop_;
  std::optional<ProcessRecord> process_;
  Time cleaned_;
  Time keys_looked_at_;
  std::int64_t keys_looked_up_in_ = 0;  // the directory's version
  Time warned_;  // of certificates that end soon
  Time log_shown_;  // the signing loop's
};

}  // namespace yizhan
