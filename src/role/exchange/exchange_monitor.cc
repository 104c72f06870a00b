#include "role/exchange/exchange_monitor.h"


namespace yizhan {

namespace {

double seconds_of(Milliseconds time) { return static_cast<double>(time.count()) / 1000; }
double seconds_of(Time time) { return static_cast<double>(time.ms()) / 1000; }

Metric by_label(std::string name, std::string help) {
  return {std::move(name), std::move(help), {}};
}

void add_stations(std::vector<Metric>& all, const ExchangeMonitor& monitor) {
  const Json stations = monitor.desk.reading.stations();
  const Time now = monitor.clock.now();
  Metric packages = by_label("yizhan_packages", "packages, by the station where they are");
  for (const auto& [station, count] : stations.at("packages").items()) {
    packages.samples.push_back({{{"station", station}}, count.get<double>()});
  }
  Metric recipients = by_label("yizhan_recipients", "recipients, by their state");
  Metric oldest = by_label("yizhan_recipient_oldest_seconds",
                           "how long the oldest recipient has been in its state");
  for (const auto& [state, row] : stations.at("recipients").items()) {
    const auto since = Time::parse(row.at("oldest").get<std::string>()).value_or(now);
    recipients.samples.push_back({{{"state", state}}, row.at("count").get<double>()});
    oldest.samples.push_back({{{"state", state}}, seconds_of(now - since)});
  }
  all.insert(all.end(), {std::move(packages), std::move(recipients), std::move(oldest)});
  all.push_back(Metric::single("yizhan_evidence_unpublished",
                               "statements that wait for signature or log",
                               stations.at("unpublished_evidence").get<double>()));
}

// Of what waits for a reason: how much, and how long the first has waited.
void add_waiting(std::vector<Metric>& all, const ExchangeMonitor& monitor) {
  Metric waiting = by_label("yizhan_waiting_packages", "packages that wait, by reason");
  Metric oldest = by_label("yizhan_waiting_oldest_seconds",
                           "how long ago the oldest of them was accepted, by reason");
  const Time now = monitor.clock.now();
  for (const WaitingCount& count : monitor.desk.reading.waiting()) {
    const std::vector<std::pair<std::string, std::string>> labels = {
        {"reason", std::string(code_of(count.reason))}};
    waiting.samples.push_back({labels, static_cast<double>(count.count)});
    oldest.samples.push_back({labels, seconds_of(now - count.oldest)});
  }
  all.insert(all.end(), {std::move(waiting), std::move(oldest)});
}

// Of what waits for other centres: how much, how long, and for how long none was reached.
void add_queues(std::vector<Metric>& all, const ExchangeMonitor& monitor) {
  Metric waiting = by_label("yizhan_relay_queue", "packages that wait for another centre");
  Metric oldest = by_label("yizhan_relay_queue_oldest_seconds",
                           "how long the oldest of them has waited, by centre");
  Metric silent = by_label("yizhan_centre_unreachable_seconds",
                           "for how long no attempt has reached that centre");
  const Time now = monitor.clock.now();
  const auto age = [&](const Json& time) {
    return seconds_of(now - Time::parse(time.get<std::string>()).value_or(now));
  };
  for (const Json& queue : monitor.desk.centres.describe(monitor.desk.reading.queues())) {
    const std::vector<std::pair<std::string, std::string>> labels = {
        {"centre", queue.at("centre").get<std::string>()}};
    waiting.samples.push_back({labels, queue.at("count").get<double>()});
    oldest.samples.push_back({labels, age(queue.at("oldest"))});
    if (!queue.contains("unreachable_since")) continue;
    silent.samples.push_back({labels, age(queue.at("unreachable_since"))});
  }
  all.insert(all.end(), {std::move(waiting), std::move(oldest), std::move(silent)});
}

void add_accounting(std::vector<Metric>& all, const ExchangeMonitor& monitor) {
  const Json books = monitor.desk.gauge.read();
  all.push_back(Metric::single("yizhan_accepted_recipients_total",
                               "recipients of all documents accepted",
                               books.at("accepted").get<double>()));
  all.push_back(Metric::single("yizhan_taken_over_recipients_total",
                               "recipients of all documents taken over from other centres",
                               books.at("taken_over").get<double>()));
  all.push_back(Metric::single("yizhan_passed_on_recipients_total",
                               "recipients that other centres have taken over",
                               books.at("passed_on").get<double>()));
  all.push_back(Metric::single("yizhan_final_recipients_total",
                               "recipients that have their final evidence here",
                               books.at("finals").get<double>()));
  all.push_back(Metric::single("yizhan_pending_recipients", "recipients still owed a final",
                               books.at("pending").get<double>()));
  all.push_back(Metric::single("yizhan_accounting_balanced",
                               "1 when accepted + taken over = finals + passed on + pending; "
                               "anything else is an incident",
                               books.at("balanced").get<bool>() ? 1 : 0));
}

void add_terms(std::vector<Metric>& all, const ExchangeMonitor& monitor) {
  const auto directory = monitor.desk.directory.current();
  all.push_back(Metric::single("yizhan_directory_version", "version of the signed directory",
                               static_cast<double>(directory->version())));
  all.push_back(Metric::single("yizhan_directory_expires_timestamp_seconds",
                               "when it expires; nothing is admitted after that",
                               seconds_of(directory->expires())));
  Metric certificates = by_label("yizhan_certificate_expires_timestamp_seconds",
                                 "when the centre's last certificate for a use ends");
  for (const Coverage& one : coverage_of(monitor.desk.registered())) {
    if (one.purpose == Purpose::kOfficer) continue;  // no person is named here
    certificates.samples.push_back(
        {{{"use", std::string(text_of(one.purpose))}}, seconds_of(one.until)});
  }
  all.push_back(std::move(certificates));
  all.push_back(Metric::single("yizhan_log_entries_total", "entries of the evidence log",
                               static_cast<double>(monitor.desk.attesting.log_size())));
  monitor.desk.attesting.add_metrics(all);
  if (monitor.desk.distributing != nullptr) monitor.desk.distributing->add_metrics(all);
  if (monitor.desk.incidents != nullptr) {
    for (Metric& metric : monitor.desk.incidents->metrics()) all.push_back(std::move(metric));
  }
  if (monitor.desk.orders != nullptr) {
    for (Metric& metric : metrics_of(monitor.desk.orders->counts())) {
      all.push_back(std::move(metric));
    }
  }
  const std::set<OrgCode> waiting = monitor.desk.quota.waiting(monitor.clock.now());
  all.push_back(Metric::single("yizhan_quota_reached_agencies",
                               "agencies whose documents wait for their quota",
                               static_cast<double>(waiting.size())));
  all.push_back(Metric::single("yizhan_maintenance", "1 while new documents are refused",
                               monitor.desk.maintenance.current() ? 1 : 0));
}

}  // namespace

std::vector<Metric> metrics_of(const ExchangeMonitor& monitor) {
  std::vector<Metric> all;
  add_stations(all, monitor);
  add_waiting(all, monitor);
  add_queues(all, monitor);
  add_accounting(all, monitor);
  add_terms(all, monitor);
  return all;
}

std::vector<Readiness::Check> checks_of(const ExchangeMonitor& monitor,
                                        std::function<Result<void>()> scan) {
  std::vector<Readiness::Check> checks = {
      store_check(monitor.database, monitor.clock), objects_check(monitor.objects)};
  for (const auto& [use, key] : monitor.keys) {
    if (use != "evidence") continue;
    checks.push_back(sign_check(key, KeyUse::kEvidence, monitor.clock));
  }
  checks.push_back({"scan", std::move(scan)});
  if (monitor.desk.distributing != nullptr) {
    checks.push_back({"distribution", [&distributing = *monitor.desk.distributing] {
                        return distributing.check_open();
                      }});
  }
  return checks;
}

}  // namespace yizhan
