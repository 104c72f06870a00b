#include "role/exchange/distributing.h"

#include "ground/control/control.h"
#include "ground/files/files.h"

namespace yizhan {

namespace {

constexpr std::size_t kRootBytesMax = 512'000;
constexpr std::size_t kServedBytesMax = 512u << 20;

// Management by TLS, or a folder that somebody fills.
std::unique_ptr<RepositorySource> make_source(const Config& config,
                                              const Distributing::Parts& parts) {
  const bool dials = !config.text("distribution.address").empty();
  const bool reachable = dials ? !config.path("distribution.tls_anchors").empty()
                               : !config.path("distribution.folder").empty();
  if (!reachable) {
    throw ConfigError({"[distribution] 須設定 folder，或 address 及 tls_anchors；請補上。"});
  }
  if (!dials) {
    return std::make_unique<FolderSource>(config.path("distribution.folder"));
  }
  Endpoint endpoint;
  endpoint.host = config.text("distribution.address");
  endpoint.port = static_cast<std::uint16_t>(config.integer("distribution.port"));
  endpoint.identity = tls_identity(parts.tls_key, *parts.trust.current());
  endpoint.anchors = read_certificates(config.path("distribution.tls_anchors"));
  return std::make_unique<DistributionLine>(std::move(endpoint), config.text("distribution.path"));
}

}  // namespace

bool Distributing::is_configured(const Config& config) {
  return !config.path("distribution.root").empty();
}

Distributing::Distributing(const Config& config, const Parts& parts)
    : clock_(parts.clock),
      directory_(parts.directory),
      centre_(config.text("centre")),
      interval_(config.duration("distribution.interval")),
      alarm_({parts.database, parts.journal, parts.directory, parts.clock}),
      source_(make_source(config, parts)),
      following_({parts.data / "distribution",
                  read_file(config.path("distribution.root"), kRootBytesMax), *source_,
                  parts.directory, alarm_, parts.clock,
                  config.duration("distribution.stale_after"), parts.applied}),
      reports_(parts.data / "distribution" / "reports") {}

void Distributing::start(LoopPlan plan, std::function<void()> on_news) {
  plan.work = [this, on_news = std::move(on_news)] {
    if (following_.work()) on_news();
    return false;  // what is new now was taken now; the next look is due after the interval
  };
  plan.look_again = interval_;
  loop_ = std::make_unique<Loop>(std::move(plan));
}

void Distributing::stop() {
  if (auto* line = dynamic_cast<DistributionLine*>(source_.get())) line->stop();
  if (loop_) loop_->stop();
}

Result<void> Distributing::check_open() const {
  YZ_TRY(following_.check_open());
  const auto directory = directory_.current();
  for (const auto& [code, centre] : directory->centres()) {
    const bool suspended = code.text() == centre_ && centre.standing == Standing::kSuspended;
    if (upheld("own_centre_suspended", !suspended)) continue;
    return Refusal{Reason::kAgencySuspended, centre.suspended_text()};
  }
  return {};
}

Result<Bytes> Distributing::file(const std::string& location) const {
  return FolderSource(following_.mirror()).fetch(location, kServedBytesMax);
}

Json Distributing::describe_reports() const {
  const auto directory = directory_.current();
  std::map<OrgCode, SignedReport> told;
  for (SignedReport& report : reports_.all()) {
    const OrgCode node = report.report.node;
    told.emplace(node, std::move(report));
  }
  Json items = Json::array();
  for (const auto& [code, agency] : directory->agencies()) {
    if (agency.home_centre.text() != centre_ || agency.standing != Standing::kActive) continue;
    const auto report = told.find(code);
    Json item = report == told.end() ? Json{{"node", code.text()}} : report->second.describe();
    item["late"] = report == told.end() || report->second.report.directory < directory->version();
    items.push_back(std::move(item));
  }
  return {{"directory", directory->version()}, {"items", std::move(items)}};
}

void Distributing::add_metrics(std::vector<Metric>& all) const {
  for (Metric& metric : metrics_of(standing(), clock_.now())) all.push_back(std::move(metric));
}

}  // namespace yizhan
