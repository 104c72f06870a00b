#include "role/management/issuing.h"

#include "ground/files/files.h"

namespace yizhan {

namespace {

constexpr std::size_t kRootBytesMax = 512'000;
constexpr std::size_t kServedBytesMax = 512U << 20;

Refusal nothing_yet() { return {Reason::kUnavailable, "尚未公布任何派送；請承辦人員簽署第一版"}; }

}  // namespace

Issuing::Issuing(const Parts& parts)
    : parts_(parts),
      record_({parts.database, parts.journal, parts.clock}),
      alarm_({parts.database, parts.journal, parts.directory, parts.clock}),
      publishing_(
          {Repository(parts.repository), parts.online, record_, parts.clock, parts.times.freshen}),
      source_(parts.repository) {
  begin_following();
}

// The first root is that of the folder: whoever can write it here is believed when this repository
// begins, and never after. Every other node compares its own first root by other means.
void Issuing::begin_following() {
  if (following() != nullptr) return;
  auto first = find_file(parts_.repository / metadata_location(kRootRole, 1), kRootBytesMax);
  if (!first) return;
  auto following = std::make_unique<Following>(
      Following::Parts{parts_.data / "distribution", *std::move(first), source_, parts_.directory,
                       alarm_, parts_.clock, parts_.times.stale_after, parts_.applied});
  const std::lock_guard lock(mutex_);
  following_ = std::move(following);
}

Following* Issuing::following() const {
  const std::lock_guard lock(mutex_);
  return following_.get();
}

bool Issuing::work(const std::function<void()>& on_news) {
  const bool published = publishing_.work();
  begin_following();
  Following* own = following();
  if (own != nullptr && own->work()) on_news();
  return published;
}

void Issuing::start(const PlanLoop& plan, std::function<void()> on_news) {
  LoopPlan loop =
      plan("distribution", [this, on_news = std::move(on_news)] { return work(on_news); });
  loop.look_again = parts_.times.look;
  loop_ = std::make_unique<Loop>(std::move(loop));
}

void Issuing::wake() {
  if (loop_) loop_->wake();
}

void Issuing::stop() {
  if (loop_) loop_->stop();
}

FollowStanding Issuing::standing() const {
  const Following* own = following();
  return own == nullptr ? FollowStanding{} : own->standing();
}

Result<Bytes> Issuing::file(const std::string& location) const {
  const Following* own = following();
  if (own == nullptr || own->standing().version == 0) return nothing_yet();
  return FolderSource(own->mirror()).fetch(location, kServedBytesMax);
}

Result<void> Issuing::check() const {
  const Following* own = following();
  if (own == nullptr || own->standing().version == 0) return nothing_yet();
  return own->check_open();
}

Json Issuing::describe() const {
  return {{"published", publishing_.standing().describe()},
          {"served", standing().describe(parts_.clock.now())}};
}

void Issuing::add_metrics(std::vector<Metric>& all) const {
  for (Metric& metric : metrics_of(publishing_.standing())) all.push_back(std::move(metric));
  for (Metric& metric : metrics_of(standing(), parts_.clock.now())) {
    all.push_back(std::move(metric));
  }
}

}  // namespace yizhan
