#include "role/terminal/terminal_monitor.h"

#include "model/renewal/renewal.h"

namespace yizhan {

namespace {

double seconds_of(Time time) { return static_cast<double>(time.ms()) / 1000; }

Metric counts(std::string name, std::string help, const Json& rows) {
  Metric metric{std::move(name), std::move(help), {}};
  for (const Json& row : rows) {
    metric.samples.push_back(
        {{{"state", row.at("state").get<std::string>()}}, row.at("count").get<double>()});
  }
  return metric;
}

Result<void> check_engine(EngineWatch& engine) {
  YZ_TRY(engine.ready());
  return {};
}

}  // namespace

std::vector<Metric> metrics_of(const TerminalMonitor& monitor) {
  const Json boxes = monitor.status.boxes();
  const Time now = monitor.clock.now();
  const auto oldest = Time::parse(boxes.value("oldest_waiting", "")).value_or(now);
  const Json proofs = monitor.status.proofs();
  const auto directory = monitor.directory.current();
  Metric certificates{"yizhan_certificate_expires_timestamp_seconds",
                      "when the agency's last certificate for a use ends",
                      {}};
  const Agency* own = directory->find(monitor.own);
  for (const Coverage& one : coverage_of(own == nullptr ? Certificates{} : own->certificates)) {
    certificates.samples.push_back(
        {{{"use", std::string(text_of(one.purpose))}}, seconds_of(one.until)});
  }
  return {counts("yizhan_sendings", "documents of the outbox, by state", boxes.at("outbox")),
          counts("yizhan_outgoing_packages", "packages made of them, by state",
                 boxes.at("packages")),
          counts("yizhan_mails", "documents of the inbox, by state", boxes.at("inbox")),
          Metric::single("yizhan_oldest_waiting_seconds",
                         "how long the oldest has waited for this terminal or its people",
                         seconds_of(now) - seconds_of(oldest)),
          Metric::single("yizhan_proofs_awaited",
                         "evidence whose place in the centre's log is not shown yet",
                         proofs.at("awaited").get<double>()),
          Metric::single("yizhan_proofs_overdue",
                         "of these, what the centre owed ten minutes ago; an incident",
                         proofs.at("overdue").get<double>()),
          Metric::single("yizhan_directory_version", "version of the signed directory",
                         static_cast<double>(directory->version())),
          Metric::single("yizhan_directory_expires_timestamp_seconds",
                         "when it expires; nothing is sealed after that",
                         seconds_of(directory->expires())),
          std::move(certificates)};
}

std::vector<Readiness::Check> checks_of(const TerminalMonitor& monitor) {
  return {store_check(monitor.database, monitor.clock), objects_check(monitor.objects),
          {"keys", [&keyholder = monitor.keyholder] { return check_modules(keyholder); }},
          {"scan", [&engine = monitor.engine] { return check_engine(engine); }},
          {"centre", [&centre = monitor.centre] { return centre.check(); }}};
}

}  // namespace yizhan
