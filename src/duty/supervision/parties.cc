#include "duty/supervision/parties.h"

namespace yizhan {

namespace {

// 四(一): 管理層：指由國家發展委員會檔案管理局主管之 G2B2C 公文交換中心.
const std::string kManagement = "management";

// 四(二): 交換層. 五(四) of a self-built one: it has management's part too.
std::set<Layer> layers_of(const Centre& centre) {
  if (centre.kind == CentreKind::kSelfBuilt) return {Layer::kManagement, Layer::kExchange};
  return {Layer::kExchange};
}

// 四(三): 終端層：指由各機關及單位使用本系統進行公文電子交換之終端用戶.
std::set<Layer> layers_of(const Agency& agency, const Directory& directory) {
  std::set<Layer> layers{Layer::kTerminal};
  for (const auto& [code, centre] : directory.centres()) {
    if (centre.run_by == agency.code) layers.merge(layers_of(centre));
  }
  return layers;
}

const Agency* find_agency(std::string_view code, const Directory& directory) {
  const auto parsed = OrgCode::parse(code);
  return parsed ? directory.find(*parsed) : nullptr;
}

const Centre* find_centre(std::string_view code, const Directory& directory) {
  const auto parsed = CentreCode::parse(code);
  return parsed ? directory.find(*parsed) : nullptr;
}

}  // namespace

Result<std::string> find_party(const std::string& code, const Directory& directory) {
  if (const Agency* agency = find_agency(code, directory)) return party_of(agency->code);
  if (const Centre* centre = find_centre(code, directory)) return party_of(centre->code);
  return Refusal{Reason::kNotFound, "目錄中沒有此機關或中心：" + code};
}

// 四: 本系統架構，區分為三個層級.
PartyText describe_party(const std::string& party, const Directory& directory) {
  const std::string code = party.substr(party.find('/') + 1);
  if (party == kManagement) return {code, "管理層", "", {Layer::kManagement}};
  if (party.starts_with(kAgencyParty)) {
    const Agency* agency = find_agency(code, directory);
    if (agency == nullptr) return {code, "", "", {}};
    return {code, agency->name, agency->home_centre.text(), layers_of(*agency, directory)};
  }
  const Centre* centre = find_centre(code, directory);
  if (centre == nullptr) return {code, "", "", {}};
  return {code, centre->name, code, layers_of(*centre)};
}

Supervision supervision_of(const Directory& directory) {
  std::map<std::string, std::string> above;
  for (const auto& [code, agency] : directory.agencies()) {
    const auto supervisor = supervisor_of(agency, directory);
    if (supervisor) above.emplace(party_of(code), party_of(*supervisor));
  }
  for (const auto& [code, centre] : directory.centres()) {
    const auto supervisor = supervisor_of(centre);
    const bool bureau = centre.kind == CentreKind::kShared;
    if (supervisor) above.emplace(party_of(code), party_of(*supervisor));
    if (!supervisor && bureau) above.emplace(party_of(code), kManagement);
  }
  // What was parsed does not go round.
  return Supervision::make(std::move(above)).value();
}

}  // namespace yizhan
