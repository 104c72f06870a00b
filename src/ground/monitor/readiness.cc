#include "ground/monitor/readiness.h"

#include <algorithm>

namespace yizhan {

namespace {

Result<void> perform_safely(const Readiness::Check& check) {
  try {
    return check.perform();
  } catch (const std::exception& accident) {
    return Refusal{Reason::kInternal, accident.what()};
  }
}

}  // namespace

Readiness::Readiness(std::vector<Check> checks, const Clock& clock)
    : checks_(std::move(checks)), clock_(clock) {}

std::vector<Readiness::Finding> Readiness::look() {
  const std::lock_guard lock(mutex_);
  const Time now = clock_.now();
  // A clock that was set back makes no finding fresh.
  if (looked_ && now >= *looked_ && now - *looked_ < kFresh) return findings_;
  findings_.clear();
  for (const Check& check : checks_) findings_.push_back(perform(check));
  looked_ = clock_.now();
  return findings_;
}

Readiness::Finding Readiness::perform(const Check& check) {
  const auto begun = std::chrono::steady_clock::now();
  const Result<void> done = perform_safely(check);
  const auto taken = std::chrono::steady_clock::now() - begun;
  return {check.name, done ? std::optional<Refusal>() : done.refusal(),
          std::chrono::duration_cast<Milliseconds>(taken)};
}

bool is_ready(const std::vector<Readiness::Finding>& findings) {
  return std::ranges::none_of(
      findings, [](const Readiness::Finding& finding) { return finding.why.has_value(); });
}

Json describe(const std::vector<Readiness::Finding>& findings) {
  Json checks = Json::array();
  for (const Readiness::Finding& finding : findings) {
    Json json = {{"name", finding.name},
                 {"ready", !finding.why.has_value()},
                 {"taken_ms", finding.taken.count()}};
    if (finding.why) {
      const ReasonText& text = describe(finding.why->reason);
      json["reason"] = {{"code", text.code},
                        {"title", text.title},
                        {"detail", finding.why->detail},
                        {"remedy", text.remedy}};
    }
    checks.push_back(std::move(json));
  }
  return {{"ready", is_ready(findings)}, {"checks", std::move(checks)}};
}

}  // namespace yizhan
