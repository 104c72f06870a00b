#include "duty/connection/change_of_directory.h"

#include <algorithm>
#include <map>
#include <set>

namespace yizhan {

namespace {

using Kind = ChangeRequest::Kind;
using Agencies = std::map<OrgCode, Agency>;

void end_at(Certificates& certificates, std::optional<Purpose> purpose, Time end) {
  for (RegisteredCertificate& item : certificates) {
    if (!purpose || item.purpose == *purpose) item.until = std::min(item.until, end);
  }
}

// Keys and the certificates that go with them, at the time of one request.
class Registering {
 public:
  Registering(const ChangeRequest& request, std::span<const Certificate> issued)
      : request_(request), issued_(issued) {}

  Result<void> add_to(Certificates& certificates) const {
    const Time from = effective_time(request_);
    for (const ChangeKey& key : request_.keys) {
      const Certificate certificate = YZ_TRY(certificate_of(key));
      const bool known = std::ranges::any_of(certificates, [&](const auto& item) {
        return item.purpose == key.purpose && item.certificate == certificate;
      });
      if (known) continue;
      end_at(certificates, key.purpose, from + kWindingUp);
      certificates.push_back({key.purpose, certificate, from, certificate.not_after(), ""});
    }
    return {};
  }

 private:
  Result<Certificate> certificate_of(const ChangeKey& key) const {
    if (key.certificate) return *key.certificate;
    for (const Certificate& certificate : issued_) {
      if (certificate.public_key_pem() == key.public_key) return certificate;
    }
    return Refusal{Reason::kCertificateUnregistered, request_.agency.text() + " 之 " +
                                                         std::string(text_of(key.purpose)) +
                                                         " 金鑰尚無憑證機關核發之憑證"};
  }

  const ChangeRequest& request_;
  std::span<const Certificate> issued_;
};

// Whether an agency that stands there already is the one that the request has made: its keys are.
Result<void> check_made(const Agency& agency, const ChangeRequest& request) {
  const bool made = std::ranges::all_of(request.keys, [&](const ChangeKey& key) {
    return std::ranges::any_of(agency.certificates, [&](const auto& item) {
      return item.purpose == key.purpose && item.certificate.public_key_pem() == key.public_key;
    });
  });
  if (made) return {};
  return Refusal{Reason::kConflict, "機關代碼 " + agency.code.text() + " 已登錄，金鑰與申請者不同"};
}

Result<void> make_new(Agencies& agencies, const ChangeRequest& request,
                      const Registering& registering) {
  const auto [place, fresh] =
      agencies.try_emplace(request.agency, Agency{request.agency, *request.name, Standing::kActive,
                                                  *request.centre, {}, {}, {}});
  Agency& agency = place->second;
  // Once it stands there, later requests may have changed it.
  if (!fresh) return check_made(agency, request);
  agency.addresses = request.addresses;
  agency.supervisor = request.supervisor;
  return registering.add_to(agency.certificates);
}

// 裁撤、整併、更換代碼: nothing more is sealed to its key, and what was is still fetched with it.
void wind_up(Agency& agency, const ChangeRequest& request, Time at) {
  end_at(agency.certificates, Purpose::kEncrypt, effective_time(request));
  end_at(agency.certificates, std::nullopt, closing_time(request));
  if (at >= closing_time(request)) agency.standing = Standing::kClosed;
}

void hand_to(Agency& agency, const OrgCode& successor, const ChangeRequest& request) {
  agency.representative = Representative{successor, effective_time(request), closing_time(request)};
}

bool is_represented(const Agency& agency, Time at) {
  return agency.representative && agency.representative->in_force(at);
}

// The same agency under its new code, with its new keys.
Result<Agency> recoded(const Agency& old, const ChangeRequest& request,
                       const Registering& registering) {
  Agency fresh = old;
  fresh.code = *request.code;
  fresh.certificates.clear();
  if (!is_represented(old, effective_time(request))) fresh.representative.reset();
  if (request.name) fresh.name = *request.name;
  if (request.supervisor) fresh.supervisor = *request.supervisor;
  if (!request.addresses.empty()) fresh.addresses = request.addresses;
  YZ_TRY(registering.add_to(fresh.certificates));
  return fresh;
}

Result<void> rename_code(Agencies& agencies, const ChangeRequest& request,
                         const Registering& registering) {
  Agency& old = agencies.at(request.agency);
  const auto there = agencies.find(*request.code);
  if (there != agencies.end()) YZ_TRY(check_made(there->second, request));
  if (there == agencies.end()) {
    Agency fresh = YZ_TRY(recoded(old, request, registering));
    agencies.emplace(*request.code, std::move(fresh));
  }
  const Agency& made = agencies.at(*request.code);
  // 一對一: an address is one agency's. At its own it may still come by its own certificate.
  std::erase_if(old.addresses, [&](const std::string& address) {
    return std::ranges::count(made.addresses, address) > 0;
  });
  // One hop: who receives for the new code receives for the old one too.
  const bool represented = is_represented(made, effective_time(request));
  hand_to(old, represented ? made.representative->org : made.code, request);
  return {};
}

Result<void> alter(Agencies& agencies, const ChangeRequest& request,
                   const Registering& registering) {
  if (request.code) return rename_code(agencies, request, registering);
  Agency& agency = agencies.at(request.agency);
  if (request.name) agency.name = *request.name;
  if (request.supervisor) agency.supervisor = *request.supervisor;
  if (!request.addresses.empty()) agency.addresses = request.addresses;
  return registering.add_to(agency.certificates);
}

void give_over(Agencies& agencies, const ChangeRequest& request) {
  if (!request.successor) return;
  Agency& agency = agencies.at(request.agency);
  const Agency& successor = agencies.at(*request.successor);
  if (agency.home_centre != successor.home_centre) {
    agency.former = FormerCentre{agency.home_centre, effective_time(request)};
    agency.home_centre = successor.home_centre;
  }
  hand_to(agency, successor.code, request);
}

// One hop: who is represented represents nobody. Of the closed ones, whose time is over, earlier
// editions tell.
void release_closed(Agencies& agencies, const OrgCode& gone) {
  if (!agencies.at(gone).representative) return;
  for (auto& [code, agency] : agencies) {
    const bool through = agency.representative && agency.representative->org == gone;
    if (through && agency.standing == Standing::kClosed) agency.representative.reset();
  }
}

std::optional<OrgCode> heir_of(const ChangeRequest& request) {
  return request.code ? request.code : request.successor;
}

// Whom the agency supervised is its heir's; who is above the heir, and all where there is none, is
// below whoever was above the agency.
void pass_on(Agencies& agencies, const ChangeRequest& request) {
  const std::optional<OrgCode> heir = heir_of(request);
  const std::optional<OrgCode> above = agencies.at(request.agency).supervisor;
  std::set<OrgCode> over_heir;
  for (std::optional<OrgCode> at = heir; at && over_heir.insert(*at).second;) {
    const auto found = agencies.find(*at);
    at = found == agencies.end() ? std::nullopt : found->second.supervisor;
  }
  for (auto& [code, agency] : agencies) {
    if (agency.supervisor != request.agency) continue;
    agency.supervisor = heir && !over_heir.contains(code) ? heir : above;
  }
}

void pass_on_centres(Json& centres, const ChangeRequest& request) {
  const std::optional<OrgCode> heir = heir_of(request);
  for (Json& centre : centres) {
    if (!heir || centre.value("run_by", "") != request.agency.text()) continue;
    centre["run_by"] = heir->text();
  }
}

Result<void> apply(Agencies& agencies, const ChangeRequest& request,
                   std::span<const Certificate> issued, Time at) {
  if (at < effective_time(request)) {
    return Refusal{Reason::kStepNotAllowed, request.agency.text() + " 之異動自 " +
                                                text_of(request.effective) + " 起生效"};
  }
  const Registering registering(request, issued);
  switch (request.kind) {
    case Kind::kNew:
      return make_new(agencies, request, registering);
    case Kind::kChange:
      YZ_TRY(alter(agencies, request, registering));
      break;
    case Kind::kMerge:
    case Kind::kDissolve:
      give_over(agencies, request);
      break;
  }
  if (!request.ends_code()) return {};
  wind_up(agencies.at(request.agency), request, at);
  release_closed(agencies, request.agency);
  pass_on(agencies, request);
  return {};
}

// Whose entry it touches or looks at.
std::set<OrgCode> parties_of(const ChangeRequest& request) {
  std::set<OrgCode> parties{request.agency};
  if (request.code) parties.insert(*request.code);
  if (request.successor) parties.insert(*request.successor);
  return parties;
}

Result<void> check_successor(const ChangeRequest& request, const Directory& directory) {
  if (!request.successor) return {};
  const Agency* successor = directory.find(*request.successor);
  if (successor == nullptr) return Refusal{Reason::kUnknownAgency, request.successor->text()};
  if (successor->standing == Standing::kClosed) {
    return Refusal{Reason::kAgencyClosed, successor->name};
  }
  if (!successor->representative) return {};
  return Refusal{Reason::kConflict, "承受機關由他機關代收，不得再承受：" + successor->name};
}

// One hop: whoever receives through it would be left with nobody.
Result<void> check_represented(const ChangeRequest& request, const Directory& directory) {
  for (const auto& [code, agency] : directory.agencies()) {
    if (!agency.representative || agency.representative->org != request.agency) continue;
    if (agency.standing == Standing::kClosed) continue;
    return Refusal{Reason::kConflict, agency.name + " 由本機關代收，請先異動其代收機關"};
  }
  return {};
}

Result<void> check_newcomer(const ChangeRequest& request, const Directory& directory) {
  const Centre* centre = directory.find(*request.centre);
  if (centre == nullptr) return Refusal{Reason::kUnknownCentre, request.centre->text()};
  if (centre->standing == Standing::kClosed) return Refusal{Reason::kAgencyClosed, centre->name};
  if (directory.find(request.agency) == nullptr) return {};
  return Refusal{Reason::kConflict, "此機關代碼已登錄：" + request.agency.text()};
}

Result<void> check_supervisor(const ChangeRequest& request, const Directory& directory) {
  if (!request.supervisor) return {};
  const Agency* supervisor = directory.find(*request.supervisor);
  if (supervisor == nullptr) return Refusal{Reason::kUnknownAgency, request.supervisor->text()};
  if (supervisor->standing == Standing::kClosed) {
    return Refusal{Reason::kAgencyClosed, supervisor->name};
  }
  const std::vector<OrgCode> line = line_from(supervisor->code, directory);
  if (std::ranges::find(line, request.agency) == line.end()) return {};
  return Refusal{Reason::kConflict, "上級機關現為本機關所屬，請先異動其上級機關：" + supervisor->name};
}

Json json_of(const Agencies& agencies) {
  std::vector<Agency> all;
  for (const auto& [code, agency] : agencies) all.push_back(agency);
  return Directory({}, {}, std::move(all)).describe().at("agencies");
}

// Which members are another; of one that came, all of them.
std::string line_of(const Json& before, const Json& after) {
  std::string what;
  const auto add = [&](const std::string& name) { what += (what.empty() ? "" : "、") + name; };
  for (const auto& [name, value] : after.items()) {
    if (before.value(name, Json()) != value) add(name);
  }
  for (const auto& [name, value] : before.items()) {
    if (!after.contains(name)) add(name);
  }
  return after.at("code").get<std::string>() + " " + after.at("name").get<std::string>() + "：" +
         what;
}

}  // namespace

Time effective_time(const ChangeRequest& request) { return begin_of(request.effective); }

Time closing_time(const ChangeRequest& request) { return effective_time(request) + kWindingUp; }

Result<void> check_change(const ChangeRequest& request, const Directory& directory) {
  YZ_TRY(check_supervisor(request, directory));
  if (request.kind == Kind::kNew) return check_newcomer(request, directory);
  const Agency* agency = directory.find(request.agency);
  if (agency == nullptr) return Refusal{Reason::kUnknownAgency, request.agency.text()};
  if (agency->standing == Standing::kClosed) return Refusal{Reason::kAgencyClosed, agency->name};
  if (request.code && directory.find(*request.code) != nullptr) {
    return Refusal{Reason::kConflict, "新機關代碼已登錄：" + request.code->text()};
  }
  YZ_TRY(check_successor(request, directory));
  return request.ends_code() ? check_represented(request, directory) : Result<void>();
}

Result<Directory> changed_directory(const Directory& directory, const DirectoryChange& change) {
  std::vector<ChangeRequest> due = change.requests;
  std::ranges::stable_sort(due, {}, [](const ChangeRequest& request) {
    return std::pair(request.effective, request.time);
  });
  Agencies agencies = directory.agencies();
  const Time at = change.edition.issued;
  for (const ChangeRequest& request : due) {
    if (request.kind != Kind::kNew && !agencies.contains(request.agency)) {
      return Refusal{Reason::kUnknownAgency, request.agency.text()};
    }
    if (request.successor && !agencies.contains(*request.successor)) {
      return Refusal{Reason::kUnknownAgency, request.successor->text()};
    }
    YZ_TRY(apply(agencies, request, change.issued, at));
  }
  // What is not an agency's stays as it was signed.
  Json json = directory.describe();
  json["version"] = change.edition.version;
  json["issued"] = at.text();
  json["expires"] = change.edition.expires.text();
  json["agencies"] = json_of(agencies);
  for (const ChangeRequest& request : due) {
    if (request.ends_code()) pass_on_centres(json["centres"], request);
  }
  return Directory::parse(canonical_json(json));
}

bool is_in_effect(const ChangeRequest& request, const Directory& directory, Time at) {
  Agencies before;
  std::vector<Certificate> issued;
  for (const OrgCode& code : parties_of(request)) {
    const Agency* agency = directory.find(code);
    if (agency == nullptr) return false;
    for (const auto& item : agency->certificates) issued.push_back(item.certificate);
    before.emplace(code, *agency);
  }
  Agencies after = before;
  return apply(after, request, issued, at).ok() && json_of(after) == json_of(before);
}

std::vector<std::string> changes_between(const Directory& before, const Directory& after) {
  const Json then = before.describe(), now = after.describe();
  std::vector<std::string> lines;
  for (const char* parties : {"centres", "agencies"}) {
    std::map<std::string, Json> known;
    for (const Json& party : then.at(parties)) known.emplace(party.at("code"), party);
    for (const Json& party : now.at(parties)) {
      const auto found = known.find(party.at("code").get<std::string>());
      const Json& earlier = found == known.end() ? Json::object() : found->second;
      if (earlier != party) lines.push_back(line_of(earlier, party));
    }
  }
  return lines;
}

}  // namespace yizhan
