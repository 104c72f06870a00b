#include "role/terminal/centre_distribution.h"

#include "ground/daemon/daemon.h"
#include "ground/files/files.h"

namespace yizhan {

namespace {

constexpr std::size_t kRootBytesMax = 512'000;

}  // namespace

bool CentreDistribution::is_configured(const Config& config) {
  return !config.path("distribution.root").empty();
}

CentreDistribution::CentreDistribution(const Config& config, const Parts& parts)
    : clock_(parts.clock),
      interval_(config.duration("distribution.interval")),
      alarm_({parts.database, parts.journal, parts.directory, parts.clock}),
      line_(parts.centre, "/v1/distribution"),
      releases_({Layer::kTerminal, ReleaseVersion::parse(YIZHAN_VERSION).value(), parts.database,
                 parts.journal, parts.clock}),
      host_({config.path("host_findings"), parts.node.text(), parts.database, parts.journal,
             parts.clock}),
      following_({parts.data / "distribution",
                  read_file(config.path("distribution.root"), kRootBytesMax), line_,
                  parts.directory, alarm_, parts.clock,
                  config.duration("distribution.stale_after"),
                  with_releases(parts.applied)}),
      report_({parts.node, parts.sign, parts.directory, parts.data / "distribution" / "report.p7m",
               parts.clock,
               [this] {
                 host_.look();
                 return OwnReport::Program{releases_.running().text(), releases_.verified(),
                                           host_.word()};
               }}) {}

std::vector<Following::Applied> CentreDistribution::with_releases(
    std::vector<Following::Applied> applied) {
  applied.emplace_back([this](TrustClient& client) { return releases_.take(client); });
  return applied;
}

// Asks at once after news; else the centre holds the question, and where it does not answer we look
// all the same, which is how it shows.
bool CentreDistribution::work(const std::function<void()>& on_news) {
  const std::int64_t version = following_.standing().version;
  if (version > 0) static_cast<void>(line_.wait_for_news(version).ok());
  const bool fresh = following_.work();
  report();
  if (fresh) on_news();
  return fresh;
}

Result<void> CentreDistribution::hand_over_report() {
  const auto due = YZ_TRY(report_.due(following_.standing()));
  if (!due) return {};
  YZ_TRY(line_.report(*due));
  report_.handed_over();
  return {};
}

void CentreDistribution::report() {
  const Result<void> told = hand_over_report();
  if (told) {
    report_waits_.reset();
  } else if (report_waits_ != told.reason()) {
    report_waits_ = told.reason();
    log(LogLevel::kWarning, "report_waits",
        {{"reason", std::string(code_of(told.reason()))}, {"detail", told.refusal().detail}});
  }
}

void CentreDistribution::start(LoopPlan plan, std::function<void()> on_news) {
  plan.work = [this, on_news = std::move(on_news)] { return work(on_news); };
  plan.look_again = interval_;
  loop_ = std::make_unique<Loop>(std::move(plan));
}

void CentreDistribution::stop() {
  line_.stop();
  if (loop_) loop_->stop();
}

Json CentreDistribution::describe() const {
  Json all = following_.standing().describe(clock_.now());
  all["release"] = releases_.describe();
  all["host"] = host_.describe();
  return all;
}

std::vector<Metric> CentreDistribution::metrics() const {
  std::vector<Metric> all = metrics_of(following_.standing(), clock_.now());
  for (Metric& metric : releases_.metrics()) all.push_back(std::move(metric));
  for (Metric& metric : host_.metrics()) all.push_back(std::move(metric));
  return all;
}

}  // namespace yizhan
