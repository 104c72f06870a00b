#pragma once

#include "duty/certificate/certificate.h"
#include "duty/connection/connection.h"
#include "duty/incident/incident.h"
#include "duty/notice/notice.h"
#include "ground/monitor/monitor.h"
#include "role/management/issuing.h"
#include "role/management/report_book.h"

namespace yizhan {

// What watches management from outside: docs/monitoring.md.
struct ManagementMonitor {
  Database& database;
  const Issuing& issuing;
  const ReportBook& reports;
  const NoticeBook& notices;
  const CertificateBook& certificates;
  const ChangeBook& changes;
  const IncidentBook& incidents;
  const DirectorySource& directory;
  std::shared_ptr<SigningKey> online;  // shared_ptr: as the keyholder's client hands it out
  const Clock& clock;
};

std::vector<Metric> metrics_of(const ManagementMonitor& monitor);

// Writes a row, signs with the online key, and asks whether what is served may still be relied on.
std::vector<Readiness::Check> checks_of(const ManagementMonitor& monitor);

}  // namespace yizhan
