#include "role/exchange/distributing.h"

#include <chrono>

#include "ground/control/control.h"
#include "ground/daemon/daemon.h"
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

// A release that does not hold is an incident: somebody may have changed it.
ReceivedReleases::Refused opening_in(FoundIncidents* incidents) {
  if (incidents == nullptr) return {};
  return [incidents](Transaction& tx, const std::string& path, const Refusal& why) {
    const std::string detail = std::string(code_of(why.reason)) + "：" + why.detail;
    incidents->open(tx, {IncidentCause::kRelease, path, detail});
  };
}

}  // namespace

WorkingCalendar working_days_of(const Config& config) {
  Result<WorkingCalendar> calendar = WorkingCalendar::load(config.path("working_days"));
  if (!calendar) throw ConfigError({"working_days：" + calendar.refusal().detail});
  return std::move(*calendar);
}

bool Distributing::is_configured(const Config& config) {
  return !config.path("distribution.root").empty();
}

Distributing::Distributing(const Config& config, const Parts& parts)
    : clock_(parts.clock),
      directory_(parts.directory),
      centre_(CentreCode::parse(config.text("centre")).value()),
      interval_(config.duration("distribution.interval")),
      incidents_(parts.incidents),
      alarm_({parts.database, parts.journal, parts.directory, parts.clock}),
      source_(make_source(config, parts)),
      notice_alarm_({parts.database, parts.journal, parts.clock}),
      notices_({parts.data / "notices.json", centre_, parts.evidence_key,
                working_days_of(config), parts.clock}),
      releases_({Layer::kExchange, ReleaseVersion::parse(YIZHAN_VERSION).value(), parts.database,
                 parts.journal, parts.clock, opening_in(parts.incidents)}),
      host_({config.path("host_findings"), centre_.text(), parts.database, parts.journal,
             parts.clock}),
      following_({parts.data / "distribution",
                  read_file(config.path("distribution.root"), kRootBytesMax), *source_,
                  parts.directory, alarm_, parts.clock,
                  config.duration("distribution.stale_after"),
                  with_own(parts.applied)}),
      reports_(parts.data / "distribution" / "reports"),
      own_report_({ReportingNode(centre_), parts.evidence_key, parts.directory,
                   parts.data / "distribution" / "report.p7m", parts.clock,
                   [this] {
                     host_.look();
                     return OwnReport::Program{releases_.running().text(), releases_.verified(),
                                               host_.word()};
                   }}),
      line_(dynamic_cast<DistributionLine*>(source_.get())) {
  if (line_ != nullptr) handing_up_ = std::make_unique<HandingUp>(*line_, own_report_, reports_);
}

void Distributing::start(const PlanLoop& plan, std::function<void()> on_news) {
  LoopPlan following = plan("distribution", [this, on_news = std::move(on_news)] {
    return look(on_news);
  });
  following.look_again = interval_;
  loop_ = std::make_unique<Loop>(std::move(following));
  if (!handing_up_) return;
  LoopPlan reporting = plan("reports", [this] { return hand_up(); });
  reporting.look_again = interval_;
  reporting_loop_ = std::make_unique<Loop>(std::move(reporting));
}

// Told of news that then is none, we do not ask again at once: a folder that any server of files
// hands out may be read in the middle of a change, or hold what we refuse.
bool Distributing::look(const std::function<void()>& on_news) {
  const bool fresh = following_.work();
  if (fresh) on_news();
  const bool in_vain = std::exchange(told_, false) && !fresh;
  return !in_vain && wait_for_news();
}

// Management holds the question while there is nothing new; where it does not, we look again after
// the interval.
bool Distributing::wait_for_news() {
  constexpr std::chrono::seconds kHeld{1};
  if (line_ == nullptr) return false;
  const auto asked = std::chrono::steady_clock::now();
  const Result<bool> news = line_->wait_for_news(following_.standing().version);
  told_ = news && *news;
  return told_ || (news && std::chrono::steady_clock::now() - asked >= kHeld);
}

std::vector<Following::Applied> Distributing::with_own(std::vector<Following::Applied> applied) {
  applied.emplace_back(
      [this](TrustClient& client) { return notices_.take(client, notice_alarm_); });
  applied.emplace_back([this](TrustClient& client) { return releases_.take(client); });
  return applied;
}

Result<Json> Distributing::answer_notice(std::int64_t number, const ReceivedNotices::Wish& wish) {
  Json then = YZ_TRY(notices_.answer(number, wish, notice_alarm_));
  wake_reports();
  return then;
}

void Distributing::wake_reports() {
  if (reporting_loop_) reporting_loop_->wake();
}

Result<void> Distributing::hand_up_incidents() {
  if (incidents_ == nullptr) return {};
  YZ_TRY(incidents_->hand_up([this](ByteView cms) {
    Result<Json> taken = line_->report_incident(cms);
    if (!taken && taken.reason() != Reason::kUnavailable) {
      log(LogLevel::kAct, "incident_report_refused",
          {{"reason", std::string(code_of(taken.reason()))}, {"detail", taken.refusal().detail}});
    }
    return taken;
  }));
  return {};
}

// Incidents first: an hour counts, and the reports of many terminals take a while.
Result<void> Distributing::hand_up_all() {
  YZ_TRY(hand_up_incidents());
  YZ_TRY(handing_up_->work(following_.standing()));
  YZ_TRY(notices_.hand_up([this](ByteView cms) {
    const Result<void> taken = line_->answer_notice(cms);
    if (!taken && taken.reason() != Reason::kUnavailable) {
      log(LogLevel::kWarning, "notice_answer_refused",
          {{"reason", std::string(code_of(taken.reason()))}, {"detail", taken.refusal().detail}});
    }
    return taken;
  }));
  return {};
}

bool Distributing::hand_up() {
  const Result<void> done = hand_up_all();
  for (const auto& [whose, why] : handing_up_->take_refused()) {
    log(LogLevel::kWarning, "report_refused",
        {{"agency", whose}, {"reason", std::string(code_of(why.reason))}, {"detail", why.detail}});
  }
  if (done) {
    report_waits_.reset();
  } else if (report_waits_ != done.reason()) {
    report_waits_ = done.reason();
    log(LogLevel::kWarning, "report_waits",
        {{"reason", std::string(code_of(done.reason()))}, {"detail", done.refusal().detail}});
  }
  return false;
}

void Distributing::stop() {
  if (line_ != nullptr) line_->stop();
  if (loop_) loop_->stop();
  if (reporting_loop_) reporting_loop_->stop();
}

Result<void> Distributing::check_open() const {
  YZ_TRY(following_.check_open());
  const auto directory = directory_.current();
  for (const auto& [code, centre] : directory->centres()) {
    const bool suspended = code == centre_ && centre.standing == Standing::kSuspended;
    if (upheld("own_centre_suspended", !suspended)) continue;
    return Refusal{Reason::kAgencySuspended, centre.suspended_text()};
  }
  return {};
}

Result<Bytes> Distributing::file(const std::string& location) const {
  return FolderSource(following_.mirror()).fetch(location, kServedBytesMax);
}

Json Distributing::describe() const {
  Json all = standing().describe(clock_.now());
  all["release"] = releases_.describe();
  all["host"] = host_.describe();
  return all;
}

Json Distributing::describe_reports() const {
  const auto directory = directory_.current();
  std::map<OrgCode, SignedReport> told;
  for (SignedReport& report : reports_.all()) {
    const OrgCode* agency = report.report.node.agency();
    if (agency != nullptr) told.emplace(*agency, std::move(report));
  }
  Json items = Json::array();
  for (const auto& [code, agency] : directory->agencies()) {
    if (agency.home_centre != centre_ || agency.standing != Standing::kActive) continue;
    const auto report = told.find(code);
    Json item = report == told.end() ? Json{{"node", code.text()}} : report->second.describe();
    item["late"] = report == told.end() || report->second.report.directory < directory->version();
    items.push_back(std::move(item));
  }
  return {{"directory", directory->version()}, {"items", std::move(items)}};
}

void Distributing::add_metrics(std::vector<Metric>& all) const {
  for (Metric& metric : metrics_of(notices_.counts())) all.push_back(std::move(metric));
  for (Metric& metric : releases_.metrics()) all.push_back(std::move(metric));
  for (Metric& metric : host_.metrics()) all.push_back(std::move(metric));
  for (Metric& metric : metrics_of(standing(), clock_.now())) all.push_back(std::move(metric));
}

}  // namespace yizhan
