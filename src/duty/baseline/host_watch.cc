#include "duty/baseline/host_watch.h"

#include <algorithm>
#include <array>

#include "ground/control/control.h"
#include "ground/daemon/daemon.h"
#include "ground/files/files.h"

namespace yizhan {

namespace {

constexpr std::array<std::pair<HostStanding, std::string_view>, 3> kStandings{
    {{HostStanding::kUnchecked, "unchecked"},
     {HostStanding::kKept, "kept"},
     {HostStanding::kDeviates, "deviates"}}};

constexpr std::chrono::days kSilenceMax{2};

}  // namespace

std::string_view text_of(HostStanding standing) {
  return std::ranges::find(kStandings, standing, &decltype(kStandings)::value_type::first)->second;
}

HostStanding standing_of(Day checked, bool deviates, Day today) {
  // Of tomorrow: whoever wrote it does not know what day it is.
  const bool fresh = checked <= today && today - checked <= kSilenceMax;
  if (!upheld("host_check_age", fresh)) return HostStanding::kUnchecked;
  return deviates ? HostStanding::kDeviates : HostStanding::kKept;
}

void HostWatch::note(const HostFindings& findings) {
  const std::string count = std::to_string(findings.deviations.size());
  parts_.database.transact([&](Transaction& tx) {
    parts_.journal.record(tx, Event::kHostChecked,
                          {{"edition", std::to_string(findings.edition)},
                           {"checked", text_of(findings.checked)},
                           {"deviations", count},
                           {"excepted", std::to_string(findings.excepted.size())}},
                          parts_.clock.now());
  });
  for (const Deviation& one : findings.deviations) {
    log(LogLevel::kWarning, "host_deviates", {{"deviation", one.text}, {"detail", one.detail}});
  }
}

void HostWatch::look() {
  if (parts_.file.empty()) return;
  std::optional<HostFindings> found;
  if (const auto bytes = find_file(parts_.file, HostFindings::kBytesMax)) {
    Result<HostFindings> read = HostFindings::parse(*bytes);
    if (read && read->node == parts_.node) found = std::move(*read);
  }
  const auto before = findings();
  const bool fresh = found && (!before || found->json() != before->json());
  if (fresh) note(*found);
  const std::lock_guard lock(mutex_);
  findings_ = std::move(found);
}

std::optional<HostFindings> HostWatch::findings() const {
  const std::lock_guard lock(mutex_);
  return findings_;
}

HostStanding HostWatch::standing() const {
  const auto found = findings();
  if (!found) return HostStanding::kUnchecked;
  return standing_of(found->checked, !found->deviations.empty(), day_of(parts_.clock.now()));
}

HostWord HostWatch::word() const {
  const auto found = findings();
  if (!found) return {};
  HostWord word{found->edition, text_of(found->checked),
                static_cast<std::int64_t>(found->deviations.size())};
  for (const Deviation& one : found->deviations) {
    if (word.which.size() < HostWord::kNamedMax) word.which.push_back(one.text);
  }
  return word;
}

Json HostWatch::describe() const {
  Json all = {{"standing", text_of(standing())}};
  if (const auto found = findings()) all["findings"] = found->describe();
  return all;
}

std::vector<Metric> HostWatch::metrics() const {
  const HostStanding now = standing();
  Metric metric{"yizhan_host_standing", "1 for how the host stands to its standard configuration",
                {}};
  for (const auto& [standing, text] : kStandings) {
    metric.samples.push_back({{{"standing", std::string(text)}}, standing == now ? 1.0 : 0.0});
  }
  return {std::move(metric)};
}

}  // namespace yizhan
