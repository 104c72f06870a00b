#include "model/host/host_word.h"

#include "model/calendar/calendar.h"

namespace yizhan {

namespace {

constexpr std::size_t kDeviationBytesMax = 128;

}  // namespace

Result<HostWord> HostWord::parse(const Json& json) {
  Members m(json, "host");
  HostWord host;
  host.edition = m.integer("edition", {.min = 1});
  const auto checked = m.parsed<Day>("checked", find_day);
  host.deviations = m.integer("deviations", {.min = 0});
  const Json& which = m.array("which");
  YZ_TRY(m.check());
  host.checked = text_of(*checked);
  for (const Json& item : which) {
    const bool fits = item.is_string() && host.which.size() < kNamedMax &&
                      item.get_ref<const std::string&>().size() <= kDeviationBytesMax;
    if (!fits) return Refusal{Reason::kMalformed, "host.which"};
    host.which.push_back(item.get<std::string>());
  }
  return host;
}

Json HostWord::describe() const {
  Json named = Json::array();
  for (const std::string& one : which) {
    if (named.size() < kNamedMax) named.push_back(one.substr(0, kDeviationBytesMax));
  }
  return {{"edition", edition},
          {"checked", checked},
          {"deviations", deviations},
          {"which", std::move(named)}};
}

}  // namespace yizhan
