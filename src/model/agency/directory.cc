#include "model/agency/directory.h"

#include <algorithm>

#include "ground/control/control.h"
#include "model/agency/supervisors.h"

namespace yizhan {

namespace {

constexpr std::string_view kFormat = "yizhan-directory-1";

constexpr std::array<std::pair<Purpose, std::string_view>, 7> kPurposes = {{
    {Purpose::kSign, "sign"},
    {Purpose::kEncrypt, "encrypt"},
    {Purpose::kTls, "tls"},
    {Purpose::kScanner, "scanner"},
    {Purpose::kEvidence, "evidence"},
    {Purpose::kLog, "log"},
    {Purpose::kOfficer, "officer"},
}};

constexpr std::array<std::pair<Standing, std::string_view>, 3> kStandings = {{
    {Standing::kActive, "active"},
    {Standing::kSuspended, "suspended"},
    {Standing::kClosed, "closed"},
}};

constexpr std::array<std::pair<CentreKind, std::string_view>, 3> kCentreKinds = {{
    {CentreKind::kShared, "shared"},
    {CentreKind::kSelfManaged, "self_managed"},
    {CentreKind::kSelfBuilt, "self_built"},
}};

Result<Standing> parse_standing(const std::string& text) {
  for (const auto& [standing, name] : kStandings) {
    if (name == text) return standing;
  }
  return Refusal{Reason::kMalformed, "不認得的狀態：" + text};
}

Result<RegisteredCertificate> parse_certificate(const Json& json) {
  Members members(json, "certificate");
  const auto purpose = find_purpose(members.text("purpose"));
  const Bytes der = members.base64("certificate");
  const Time from = members.time("from"), until = members.time("until");
  const std::string holder = members.text("holder");
  YZ_TRY(members.check());
  if (!purpose) return Refusal{Reason::kMalformed, "不認得的憑證用途"};
  const Certificate certificate = YZ_TRY(Certificate::parse(der));
  return RegisteredCertificate{*purpose, certificate, from, until, holder};
}

Result<Certificates> parse_certificates(const Json& json) {
  Certificates certificates;
  for (const Json& item : json) certificates.push_back(YZ_TRY(parse_certificate(item)));
  return certificates;
}

Result<Unit> parse_unit(const Json& json) {
  Members members(json, "unit");
  const std::string code = members.text("code"), name = members.text("name"),
                    standing = members.text("standing");
  YZ_TRY(members.check());
  const Standing known = YZ_TRY(parse_standing(standing));
  return Unit{YZ_TRY(UnitCode::parse(code)), name, known};
}

Result<std::vector<std::string>> parse_addresses(const Json& items) {
  std::vector<std::string> addresses;
  for (const Json& item : items) {
    if (!item.is_string()) return Refusal{Reason::kMalformed, "位址須為文字"};
    addresses.push_back(item.get<std::string>());
  }
  return addresses;
}

Result<FormerCentre> parse_former(const Json& json) {
  Members members(json, "former_centre");
  const std::string centre = members.text("centre");
  const Time moved = members.time("moved");
  YZ_TRY(members.check());
  return FormerCentre{YZ_TRY(CentreCode::parse(centre)), moved};
}

Result<Representative> parse_representative(const Json& json) {
  Members members(json, "representative");
  const std::string org = members.text("org_code");
  const Time from = members.time("from"), until = members.time("until");
  YZ_TRY(members.check());
  return Representative{YZ_TRY(OrgCode::parse(org)), from, until};
}

std::optional<OrgCode> optional_agency(Members& members, std::string_view name) {
  if (!members.has(name)) return std::nullopt;
  return members.parsed<OrgCode>(name, OrgCode::parse);
}

Result<Agency> parse_agency(const Json& json) {
  Members members(json, "agency");
  const std::string code = members.text("code"), name = members.text("name"),
                    standing = members.text("standing"), home = members.text("home_centre");
  const Json& unit_items = members.array("units");
  const Json& addresses = members.array("addresses");
  const Json& certificates = members.array("certificates");
  const bool has_moved = members.has("former_centre");
  const Json former = has_moved ? members.object("former_centre") : Json::object();
  const bool is_represented = members.has("representative");
  const Json by = is_represented ? members.object("representative") : Json::object();
  const std::optional<OrgCode> supervisor = optional_agency(members, "supervisor");
  YZ_TRY(members.check());
  const OrgCode org = YZ_TRY(OrgCode::parse(code));
  const Standing known = YZ_TRY(parse_standing(standing));
  const CentreCode home_centre = YZ_TRY(CentreCode::parse(home));
  Agency agency{org, name, known, home_centre, {}, {}, {}};
  agency.certificates = YZ_TRY(parse_certificates(certificates));
  for (const Json& item : unit_items) {
    agency.units.push_back(YZ_TRY(parse_unit(item)));
    const UnitCode& unit = agency.units.back().code;
    if (unit.empty() || std::ranges::count(agency.units, unit, &Unit::code) > 1) {
      return Refusal{Reason::kMalformed, "單位代碼重複或空白：" + agency.name};
    }
  }
  agency.addresses = YZ_TRY(parse_addresses(addresses));
  if (has_moved) agency.former = YZ_TRY(parse_former(former));
  if (has_moved && agency.former->centre == home_centre) {
    return Refusal{Reason::kMalformed, "原交換中心即現在之交換中心：" + agency.name};
  }
  if (is_represented) agency.representative = YZ_TRY(parse_representative(by));
  agency.supervisor = supervisor;
  return agency;
}

Result<void> check_operation(const Centre& centre) {
  const bool shared = centre.kind == CentreKind::kShared;
  if (centre.kind && !shared && !centre.run_by) {
    return Refusal{Reason::kMalformed, "自管或自建中心須載明主管機關（run_by）：" + centre.name};
  }
  if (centre.kind || !centre.run_by) return {};
  return Refusal{Reason::kMalformed, "有主管機關之中心須載明型態（kind）：" + centre.name};
}

Result<Centre> parse_centre(const Json& json) {
  Members members(json, "centre");
  const std::string code = members.text("code"), name = members.text("name"),
                    standing = members.text("standing"), host = members.text("host");
  const std::int64_t port = members.integer("terminal_port");
  const Json& certificates = members.array("certificates");
  const bool relays = members.has("centre_port");  // and then its addresses stand there too
  const std::int64_t centre_port = relays ? members.integer("centre_port", {.min = 1}) : 0;
  const bool dials = relays || members.has("addresses");  // others, or management alone
  const Json addresses = dials ? members.array("addresses") : Json::array();
  std::optional<CentreKind> kind;
  if (members.has("kind")) kind = members.parsed<CentreKind>("kind", find_centre_kind);
  const std::optional<OrgCode> run_by = optional_agency(members, "run_by");
  YZ_TRY(members.check());
  if (port < 1 || port > 65535 || centre_port > 65535) {
    return Refusal{Reason::kMalformed, "連接埠須為 1 至 65535"};
  }
  const CentreCode centre = YZ_TRY(CentreCode::parse(code));
  const Standing known = YZ_TRY(parse_standing(standing));
  std::vector<std::string> dials_from = YZ_TRY(parse_addresses(addresses));
  Certificates registered = YZ_TRY(parse_certificates(certificates));
  Centre whole{centre, name, known, host, static_cast<int>(port), std::move(registered),
               static_cast<int>(centre_port), std::move(dials_from), kind, run_by};
  YZ_TRY(check_operation(whole));
  return whole;
}

constexpr std::int64_t kCosignaturesMax = 31;  // lines that fit under a note beside the log's own

Result<WitnessPolicy> parse_witness_policy(const Json& json) {
  Members members(json, "witness_policy");
  const std::int64_t cosignatures =
      members.integer("cosignatures", {.min = 0, .max = kCosignaturesMax});
  YZ_TRY(members.check());
  return WitnessPolicy{cosignatures};
}

Json describe_certificates(const Certificates& certificates) {
  Json items = Json::array();
  for (const RegisteredCertificate& item : certificates) {
    items.push_back({{"purpose", text_of(item.purpose)},
                     {"certificate", to_base64(item.certificate.der())},
                     {"from", item.from.text()},
                     {"until", item.until.text()},
                     {"holder", item.holder}});
  }
  return items;
}

Json describe_agency(const Agency& agency) {
  Json units = Json::array();
  for (const Unit& unit : agency.units) {
    units.push_back({{"code", unit.code.text()},
                     {"name", unit.name},
                     {"standing", text_of(unit.standing)}});
  }
  Json json = {{"code", agency.code.text()},
               {"name", agency.name},
               {"standing", text_of(agency.standing)},
               {"home_centre", agency.home_centre.text()},
               {"units", std::move(units)},
               {"addresses", agency.addresses},
               {"certificates", describe_certificates(agency.certificates)}};
  if (agency.former) {
    json["former_centre"] = {{"centre", agency.former->centre.text()},
                             {"moved", agency.former->moved.text()}};
  }
  if (agency.representative) {
    json["representative"] = {{"org_code", agency.representative->org.text()},
                              {"from", agency.representative->from.text()},
                              {"until", agency.representative->until.text()}};
  }
  if (agency.supervisor) json["supervisor"] = agency.supervisor->text();
  return json;
}

Json describe_centre(const Centre& centre) {
  Json json = {{"code", centre.code.text()},
               {"name", centre.name},
               {"standing", text_of(centre.standing)},
               {"host", centre.host},
               {"terminal_port", centre.terminal_port},
               {"certificates", describe_certificates(centre.certificates)}};
  const bool relays = centre.centre_port != 0;
  if (relays) json["centre_port"] = centre.centre_port;
  if (relays || !centre.addresses.empty()) json["addresses"] = centre.addresses;
  if (centre.kind) json["kind"] = text_of(*centre.kind);
  if (centre.run_by) json["run_by"] = centre.run_by->text();
  return json;
}

// A connection is who its certificate says: with one of two agencies, or of two centres, whoever
// stands first would get the other's mail.
template <class Party>
Result<void> check_tls_owners(const std::vector<Party>& parties) {
  std::map<Sha256, std::string> owners;
  for (const Party& party : parties) {
    const std::string code = party.code.text();
    for (const RegisteredCertificate& item : party.certificates) {
      if (item.purpose != Purpose::kTls) continue;
      const auto owner = owners.emplace(item.certificate.sha256(), code).first->second;
      if (owner == code) continue;
      return Refusal{Reason::kMalformed, "連線憑證同屬兩方：" + owner + "、" + code};
    }
  }
  return {};
}

// One hop, within one centre: who represents has its own terminal there.
Result<void> check_representatives(const std::vector<Agency>& agencies) {
  std::map<OrgCode, const Agency*> by_code;
  for (const Agency& agency : agencies) by_code.emplace(agency.code, &agency);
  for (const Agency& agency : agencies) {
    if (!agency.representative) continue;
    const auto found = by_code.find(agency.representative->org);
    const bool fits = found != by_code.end() && found->second->code != agency.code &&
                      !found->second->representative &&
                      found->second->home_centre == agency.home_centre;
    if (fits) continue;
    return Refusal{Reason::kMalformed,
                   "代收機關須為同一交換中心之另一機關，且不由他機關代收：" + agency.name};
  }
  return {};
}

const Unit* find_unit(const Agency& agency, const UnitCode& code) {
  const auto found = std::find_if(agency.units.begin(), agency.units.end(),
                                  [&](const Unit& unit) { return unit.code == code; });
  return found == agency.units.end() ? nullptr : &*found;
}

}  // namespace

std::string_view text_of(Standing standing) {
  return kStandings.at(static_cast<std::size_t>(standing)).second;
}

std::string_view text_of(CentreKind kind) {
  return kCentreKinds.at(static_cast<std::size_t>(kind)).second;
}

std::optional<CentreKind> find_centre_kind(std::string_view text) {
  for (const auto& [kind, name] : kCentreKinds) {
    if (name == text) return kind;
  }
  return std::nullopt;
}

std::string_view text_of(Purpose purpose) {
  return kPurposes.at(static_cast<std::size_t>(purpose)).second;
}

std::optional<Purpose> find_purpose(std::string_view text) {
  for (const auto& [purpose, name] : kPurposes) {
    if (name == text) return purpose;
  }
  return std::nullopt;
}

const Agency& Directory::receiver_of(const Agency& agency, Time at) const {
  const bool represented = agency.representative && agency.representative->in_force(at);
  const Agency* by = represented ? find(agency.representative->org) : nullptr;
  return by == nullptr ? agency : *by;
}

bool Directory::receives_for(const OrgCode& org, const OrgCode& recipient, Time at) const {
  if (org == recipient) return true;
  const Agency* agency = find(recipient);
  return agency != nullptr && receiver_of(*agency, at).code == org;
}

bool Agency::is_served_by(const CentreCode& centre, Time at) const {
  if (centre == home_centre) return true;
  return former && former->centre == centre && at < former->moved + kFormerCentreServes;
}

Directory::Directory(const DirectoryEdition& edition, std::vector<Centre> centres,
                     std::vector<Agency> agencies, WitnessPolicy witnesses)
    : edition_(edition), witnesses_(witnesses) {
  for (Centre& centre : centres) {
    const CentreCode code = centre.code;
    centres_.emplace(code, std::move(centre));
  }
  for (Agency& agency : agencies) {
    for (const RegisteredCertificate& item : agency.certificates) {
      if (item.purpose == Purpose::kTls) by_tls_.emplace(item.certificate.sha256(), agency.code);
    }
    const OrgCode code = agency.code;
    agencies_.emplace(code, std::move(agency));
  }
}

Result<Directory> Directory::parse(ByteView bytes) {
  constexpr JsonLimits kLimits{.bytes_max = 512u << 20, .depth_max = 8};
  const Json json = YZ_TRY(parse_json(bytes, kLimits));
  Members members(json, "directory");
  const std::string format = members.text("format");
  const std::int64_t version = members.integer("version");
  const Time issued = members.time("issued"), expires = members.time("expires");
  const Json& centre_items = members.array("centres");
  const Json& agency_items = members.array("agencies");
  const Json* policy = members.has("witness_policy") ? &members.object("witness_policy") : nullptr;
  YZ_TRY(members.check());
  if (format != kFormat) return Refusal{Reason::kUnknownFormat, "目錄格式：" + format};
  std::vector<Centre> centres;
  for (const Json& item : centre_items) centres.push_back(YZ_TRY(parse_centre(item)));
  std::vector<Agency> agencies;
  for (const Json& item : agency_items) agencies.push_back(YZ_TRY(parse_agency(item)));
  YZ_TRY(check_tls_owners(agencies));
  YZ_TRY(check_tls_owners(centres));
  YZ_TRY(check_representatives(agencies));
  WitnessPolicy witnesses;
  if (policy != nullptr) witnesses = YZ_TRY(parse_witness_policy(*policy));
  const std::size_t centre_count = centres.size(), agency_count = agencies.size();
  Directory directory({version, issued, expires}, std::move(centres), std::move(agencies),
                      witnesses);
  if (directory.centres_.size() != centre_count || directory.agencies_.size() != agency_count) {
    return Refusal{Reason::kMalformed, "目錄中有重複之代碼"};
  }
  YZ_TRY(check_supervisors(directory));
  return directory;
}

const Agency* Directory::find(const OrgCode& code) const {
  const auto found = agencies_.find(code);
  return found == agencies_.end() ? nullptr : &found->second;
}

const Centre* Directory::find(const CentreCode& code) const {
  const auto found = centres_.find(code);
  return found == centres_.end() ? nullptr : &found->second;
}

const Centre* Directory::find_centre_by_tls(const Sha256& certificate, Time at) const {
  for (const auto& [code, centre] : centres_) {
    if (find_registered(centre.certificates, Purpose::kTls, certificate, at)) return &centre;
  }
  return nullptr;
}

const Agency* Directory::find_agency_by_tls(const Sha256& certificate, Time at) const {
  const auto found = by_tls_.find(certificate);
  if (found == by_tls_.end()) return nullptr;
  const Agency* agency = find(found->second);
  const auto registered = find_registered(agency->certificates, Purpose::kTls, certificate, at);
  return registered ? agency : nullptr;
}

std::vector<const Centre*> Directory::witnesses_of(const CentreCode& own) const {
  std::vector<const Centre*> witnesses;
  for (const auto& [code, centre] : centres_) {
    const bool has_log = std::ranges::any_of(centre.certificates, [](const auto& registered) {
      return registered.purpose == Purpose::kLog;
    });
    if (code != own && centre.standing != Standing::kClosed && has_log) {
      witnesses.push_back(&centre);
    }
  }
  return witnesses;
}

std::int64_t Directory::cosignatures_required(const CentreCode& own) const {
  constexpr std::int64_t kUsual = 2;
  const auto there_are = static_cast<std::int64_t>(witnesses_of(own).size());
  return witnesses_.cosignatures.value_or(std::min(kUsual, there_are));
}

Result<const Agency*> Directory::find_recipient(const Addressee& addressee) const {
  const Agency* agency = find(addressee.org);
  if (agency == nullptr) return Refusal{Reason::kUnknownAgency, addressee.org.text()};
  if (agency->standing == Standing::kClosed) {
    return Refusal{Reason::kAgencyClosed, agency->name};
  }
  if (addressee.unit.empty()) return agency;
  const Unit* unit = find_unit(*agency, addressee.unit);
  if (unit == nullptr) return Refusal{Reason::kUnknownUnit, addressee.text()};
  if (unit->standing == Standing::kClosed) return Refusal{Reason::kAgencyClosed, unit->name};
  return agency;
}

std::optional<std::string> Directory::name_of(const Addressee& addressee) const {
  const Agency* agency = find(addressee.org);
  if (agency == nullptr) return std::nullopt;
  if (addressee.unit.empty()) return agency->name;
  const Unit* unit = find_unit(*agency, addressee.unit);
  return unit == nullptr ? std::nullopt : std::optional(unit->name);
}

Time Directory::superseded(std::int64_t version) const {
  const auto next = earlier_.upper_bound(version);
  return next == earlier_.end() || next->first >= edition_.version ? edition_.issued
                                                                   : next->second;
}

Json Directory::describe() const {
  Json centres = Json::array(), agencies = Json::array();
  for (const auto& [code, centre] : centres_) centres.push_back(describe_centre(centre));
  for (const auto& [code, agency] : agencies_) agencies.push_back(describe_agency(agency));
  Json json = {{"format", kFormat},
               {"version", edition_.version},
               {"issued", edition_.issued.text()},
               {"expires", edition_.expires.text()},
               {"centres", std::move(centres)},
               {"agencies", std::move(agencies)}};
  if (witnesses_.cosignatures) {
    json["witness_policy"] = {{"cosignatures", *witnesses_.cosignatures}};
  }
  return json;
}

Result<Certificate> find_registered(const Certificates& certificates, Purpose purpose,
                                    const Sha256& sha256, Time at) {
  bool other_purpose = false;
  for (const RegisteredCertificate& item : certificates) {
    if (item.certificate.sha256() != sha256) continue;
    const bool fits = upheld("certificate_purpose", item.purpose == purpose);
    if (fits && upheld("registration_period", item.in_force(at))) return item.certificate;
    other_purpose = other_purpose || item.purpose != purpose;
  }
  if (other_purpose) return Reason::kCertificatePurpose;
  return Reason::kCertificateUnregistered;
}

std::vector<Certificate> certificates_for(const Certificates& certificates, Purpose purpose,
                                          Time at) {
  std::vector<Certificate> found;
  for (const RegisteredCertificate& item : certificates) {
    if (item.purpose == purpose && item.in_force(at)) found.push_back(item.certificate);
  }
  std::sort(found.begin(), found.end(), [](const Certificate& a, const Certificate& b) {
    return a.sha256() < b.sha256();
  });
  return found;
}

}  // namespace yizhan
