#include "role/load/plan.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace yizhan {

namespace {

constexpr std::uint64_t kKilobyte = 1024;
constexpr std::uint64_t kMegabyte = 1024 * kKilobyte;
// Multiples of these fill the unit interval evenly, whatever stretch one looks at.
constexpr std::array<double, 2> kSteps = {0.6180339887498949, 0.4142135623730951};
// Who receives next: far from the last one, and everybody as often as the others.
constexpr std::size_t kStride = 7919;

Refusal wrong(const std::string& what) { return {Reason::kBadRequest, what}; }

Result<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || number == 0) return wrong("須為正整數：" + std::string(text));
  return number;
}

Result<Mix::Share> parse_share(std::string_view text) {
  const auto colon = text.find(':');
  const std::uint64_t value = YZ_TRY(number_in(text.substr(0, colon)));
  if (colon == std::string_view::npos) return Mix::Share{value, 1};
  const std::uint64_t weight = YZ_TRY(number_in(text.substr(colon + 1)));
  return Mix::Share{value, weight};
}

}  // namespace

Mix::Mix(std::vector<Share> shares) : shares_(std::move(shares)) {
  for (const Share& share : shares_) total_ += share.weight;
  YZ_ASSERT(total_ > 0);
}

Result<Mix> Mix::parse(std::string_view text) {
  std::vector<Share> shares;
  while (true) {
    const auto comma = text.find(',');
    shares.push_back(YZ_TRY(parse_share(text.substr(0, comma))));
    if (comma == std::string_view::npos) return Mix(std::move(shares));
    text.remove_prefix(comma + 1);
  }
}

std::uint64_t Mix::at(std::int64_t number, int salt) const {
  const double step = kSteps.at(static_cast<std::size_t>(salt));
  const double turned = std::fmod(static_cast<double>(number) * step + 0.5, 1.0);
  auto place = static_cast<std::uint64_t>(turned * static_cast<double>(total_));
  for (const Share& share : shares_) {
    if (place < share.weight) return share.value;
    place -= share.weight;
  }
  return shares_.back().value;
}

std::uint64_t Mix::largest() const {
  return std::ranges::max_element(shares_, {}, &Share::value)->value;
}

Mix realistic_sizes() {
  return Mix({{10 * kKilobyte, 60}, {100 * kKilobyte, 30}, {kMegabyte, 9}, {10 * kMegabyte, 1}});
}

PlannedDocument plan_document(const LoadPlan& plan, std::int64_t number) {
  const auto index = static_cast<std::size_t>(number);
  PlannedDocument document{number, plan.sizes.at(number, 0), index % plan.senders, {}};
  const auto count = static_cast<std::size_t>(plan.fan_outs.at(number, 1));
  const std::size_t first = index * kStride % plan.receivers;
  for (std::size_t i = 0; i < count; ++i) {
    document.receivers.push_back(plan.senders + (first + i) % plan.receivers);
  }
  return document;
}

Result<void> check_plan(const LoadPlan& plan, std::size_t agencies) {
  if (plan.senders + plan.receivers > agencies) {
    return wrong("模擬機關只有 " + std::to_string(agencies) + " 個，少於發文加收文機關數");
  }
  if (plan.fan_outs.largest() > plan.receivers) {
    return wrong("受文者數大於收文機關數：請增加 --receivers");
  }
  return {};
}

}  // namespace yizhan
