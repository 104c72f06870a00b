#pragma once

#include "ground/config/config.h"
#include "ground/daemon/daemon.h"
#include "ground/files/files.h"
#include "ground/keys/keys.h"
#include "role/management/centre_desk.h"
#include "role/management/management_monitor.h"
#include "role/management/people_routes.h"

namespace yizhan {

// The keys of management, behind its keyholder. No officer's is here.
struct ManagementKeys {
  // shared_ptr: the keyholder's client hands them out so; TLS contexts hold one too.
  std::shared_ptr<SigningKey> tls;
  std::shared_ptr<SigningKey> online;
};

class ManagementRole final : public Running {
 public:
  explicit ManagementRole(const Config& config);
  ~ManagementRole() override;

  void tend() override;
  void reload() override;

 private:
  ServerTls server_tls(bool with_certificate);
  ListenerConfig centre_listener(const Config& config);
  Result<void> admit_centre(const Peer& peer);
  [[nodiscard]] PeopleDesk people_desk();
  void start_operators(const Config& config);
  void start_people(const Config& config, const ServerConfig& server);
  void follow_trust();
  void tend_obligations();
  void tend_decisions();

  SystemClock clock_;
  FolderLock lock_;
  Database database_;
  Journal journal_;
  DirectorySource directory_;
  Keyholder keyholder_;
  const ManagementKeys keys_;
  TrustSource trust_;
  RefusedConnections refused_;
  const ProcessRecord process_;
  const ObligationKinds kinds_;
  const WorkingCalendar calendar_;
  const Obligations obligations_;
  NoticeBook notices_;
  CertificateBook certificates_;
  ChangeBook changes_;
  const Decisions decisions_;
  IncidentBook incidents_;
  const SupervisionBook supervision_;
  Issuing issuing_;
  ReportBook reports_;
  Accounts accounts_;
  Sessions sessions_;
  Attempts attempts_;
  Router centre_router_;
  Router people_router_;
  Router operator_router_;
  Router monitor_router_;
  std::unique_ptr<Readiness> readiness_;
  std::unique_ptr<Server> centres_;
  std::unique_ptr<Server> people_;  // none: over the operators' socket only
  std::unique_ptr<Server> operators_;
  std::unique_ptr<Server> monitors_;  // none: over the operators' socket only
  Time tended_;
};

}  // namespace yizhan
