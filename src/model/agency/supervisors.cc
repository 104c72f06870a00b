#include "model/agency/supervisors.h"

#include <algorithm>
#include <functional>

namespace yizhan {

namespace {

using Above = std::function<std::optional<OrgCode>(const Agency&)>;

std::optional<OrgCode> named_above(const Agency& agency) { return agency.supervisor; }

// Longer than there are agencies, a line goes round.
bool goes_round(const Agency& agency, const Directory& directory, const Above& above) {
  std::size_t steps = 0;
  for (const Agency* at = &agency; at != nullptr;) {
    if (++steps > directory.agencies().size()) return true;
    const std::optional<OrgCode> next = above(*at);
    at = next ? directory.find(*next) : nullptr;
  }
  return false;
}

}  // namespace

std::vector<OrgCode> line_from(const OrgCode& agency, const Directory& directory) {
  std::vector<OrgCode> line{agency};
  for (const Agency* at = directory.find(agency); at != nullptr && at->supervisor;) {
    // What was not parsed may go round.
    if (std::ranges::find(line, *at->supervisor) != line.end()) break;
    line.push_back(*at->supervisor);
    at = directory.find(*at->supervisor);
  }
  return line;
}

// 五(五): 終端層機關使用共用中心或他機關自管中心，其所隸之中央部會或直轄市政府、縣（市）政府
// 應盡管理及督導之責. Not so at a self-built centre: whoever built it has management's part there.
std::optional<OrgCode> supervisor_of(const Agency& agency, const Directory& directory) {
  const Centre* centre = directory.find(agency.home_centre);
  const bool built = centre != nullptr && centre->kind == CentreKind::kSelfBuilt && centre->run_by;
  if (!built) return agency.supervisor;
  const std::vector<OrgCode> over_builder = line_from(*centre->run_by, directory);
  const bool own = std::ranges::find(over_builder, agency.code) != over_builder.end();
  return own ? agency.supervisor : centre->run_by;
}

std::optional<OrgCode> supervisor_of(const Centre& centre) { return centre.run_by; }

Result<void> check_supervisors(const Directory& directory) {
  for (const auto& [code, centre] : directory.centres()) {
    if (!centre.run_by || directory.find(*centre.run_by) != nullptr) continue;
    return Refusal{Reason::kMalformed,
                   centre.name + " 之主管機關不在目錄中：" + centre.run_by->text()};
  }
  for (const auto& [code, agency] : directory.agencies()) {
    if (!agency.supervisor || directory.find(*agency.supervisor) != nullptr) continue;
    return Refusal{Reason::kMalformed,
                   agency.name + " 之上級機關不在目錄中：" + agency.supervisor->text()};
  }
  for (const auto& [code, agency] : directory.agencies()) {
    if (!goes_round(agency, directory, named_above)) continue;
    return Refusal{Reason::kMalformed, "機關不得為其上級機關之上級：" + agency.name};
  }
  const Above answering = [&](const Agency& agency) { return supervisor_of(agency, directory); };
  for (const auto& [code, agency] : directory.agencies()) {
    if (!goes_round(agency, directory, answering)) continue;
    return Refusal{Reason::kMalformed, "自建中心之主管機關互為督導，請更正：" + agency.name};
  }
  return {};
}

}  // namespace yizhan
