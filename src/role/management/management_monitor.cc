#include "role/management/management_monitor.h"

namespace yizhan {

namespace {

double seconds_of(Time time) { return static_cast<double>(time.ms()) / 1000; }

}  // namespace

std::vector<Metric> metrics_of(const ManagementMonitor& monitor) {
  std::vector<Metric> all = monitor.reports.metrics();
  for (Metric& metric : monitor.notices.metrics()) all.push_back(std::move(metric));
  for (Metric& metric : monitor.certificates.metrics()) all.push_back(std::move(metric));
  for (Metric& metric : monitor.changes.metrics()) all.push_back(std::move(metric));
  for (Metric& metric : monitor.incidents.metrics()) all.push_back(std::move(metric));
  monitor.issuing.add_metrics(all);
  const auto directory = monitor.directory.current();
  all.push_back(Metric::single("yizhan_directory_version", "version of the signed directory",
                               static_cast<double>(directory->version())));
  all.push_back(Metric::single("yizhan_directory_expires_timestamp_seconds",
                               "when it expires; nothing is admitted after that",
                               seconds_of(directory->expires())));
  return all;
}

std::vector<Readiness::Check> checks_of(const ManagementMonitor& monitor) {
  return {store_check(monitor.database, monitor.clock),
          sign_check(monitor.online, KeyUse::kDirectory, monitor.clock),
          {"distribution", [&issuing = monitor.issuing] { return issuing.check(); }}};
}

}  // namespace yizhan
