#include "duty/baseline/findings.h"

#include <algorithm>

#include "ground/control/control.h"

namespace yizhan {

namespace {

constexpr std::string_view kFormat = "yizhan-host-findings-1";

const BaselineException* find_exception(const Baseline& baseline, const std::string& node,
                                        const std::string& deviation, Day today) {
  const auto found = std::ranges::find_if(baseline.exceptions, [&](const BaselineException& one) {
    return one.node == node && one.deviation == deviation &&
           upheld("baseline_exception_expiry", today <= one.until);
  });
  return found == baseline.exceptions.end() ? nullptr : &*found;
}

Result<std::vector<Deviation>> parse_deviations(const Json& items) {
  std::vector<Deviation> deviations;
  for (const Json& item : items) {
    Members m(item, "deviation");
    Deviation one{m.text("deviation"), m.text("detail")};
    YZ_TRY(m.check());
    deviations.push_back(std::move(one));
  }
  return deviations;
}

Result<std::vector<BaselineException>> parse_excepted(const Json& items, const std::string& node) {
  std::vector<BaselineException> excepted;
  for (const Json& item : items) {
    Members m(item, "exception");
    BaselineException one{node, m.text("deviation"), m.text("reason"), {}};
    const auto until = m.parsed<Day>("until", find_day);
    YZ_TRY(m.check());
    one.until = *until;
    excepted.push_back(std::move(one));
  }
  return excepted;
}

}  // namespace

HostFindings judge(const Baseline& baseline, const HostState& host, const std::string& node,
                   Day today) {
  HostFindings findings{node, baseline.edition, today};
  for (Deviation& one : find_deviations(baseline, host)) {
    const BaselineException* approved = find_exception(baseline, node, one.text, today);
    if (approved != nullptr) {
      findings.excepted.push_back(*approved);
    } else {
      findings.deviations.push_back(std::move(one));
    }
  }
  return findings;
}

Result<HostFindings> HostFindings::parse(ByteView bytes) {
  const Json json = YZ_TRY(parse_json(bytes, {.bytes_max = kBytesMax, .depth_max = 4}));
  Members m(json, "findings");
  const std::string format = m.text("format");
  std::string node = m.text("node");
  const std::int64_t edition = m.integer("edition", {.min = 1});
  const auto checked = m.parsed<Day>("checked", find_day);
  const Json &deviations = m.array("deviations"), &excepted = m.array("excepted");
  YZ_TRY(m.check());
  if (format != kFormat) return Refusal{Reason::kUnknownFormat, format};
  HostFindings findings{std::move(node), edition, *checked};
  findings.deviations = YZ_TRY(parse_deviations(deviations));
  findings.excepted = YZ_TRY(parse_excepted(excepted, findings.node));
  return findings;
}

Json HostFindings::describe() const {
  Json found = Json::array(), approved = Json::array();
  for (const Deviation& one : deviations) {
    found.push_back({{"deviation", one.text}, {"detail", one.detail}});
  }
  for (const BaselineException& one : excepted) {
    approved.push_back({{"deviation", one.deviation},
                        {"reason", one.reason},
                        {"until", text_of(one.until)}});
  }
  return {{"node", node},
          {"edition", edition},
          {"checked", text_of(checked)},
          {"deviations", std::move(found)},
          {"excepted", std::move(approved)}};
}

Bytes HostFindings::json() const {
  Json all = describe();
  all["format"] = kFormat;
  return canonical_json(all);
}

}  // namespace yizhan
