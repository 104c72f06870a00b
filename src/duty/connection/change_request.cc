#include "duty/connection/change_request.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <set>

#include "ground/control/control.h"
#include "ground/keys/keys.h"

namespace yizhan {

namespace {

using Kind = ChangeRequest::Kind;

constexpr std::string_view kFormat = "yizhan-change-request-1";
constexpr std::size_t kJsonBytesMax = 16U << 10;
constexpr std::size_t kAddressesMax = 16;
constexpr std::size_t kKeysMax = 3;

constexpr std::array<std::pair<Kind, std::string_view>, 4> kKinds{{{Kind::kNew, "new"},
                                                                   {Kind::kChange, "change"},
                                                                   {Kind::kMerge, "merge"},
                                                                   {Kind::kDissolve, "dissolve"}}};

Refusal invalid(const std::string& why) { return {Reason::kFormInvalid, why}; }

// Of an agency's keys: a certificate is good for one of these.
std::optional<Purpose> find_agency_purpose(std::string_view text) {
  const auto purpose = find_purpose(text);
  const bool of_agencies = purpose == Purpose::kSign || purpose == Purpose::kEncrypt ||
                           purpose == Purpose::kTls;
  return of_agencies ? purpose : std::nullopt;
}

Result<ChangeKey> parse_key(const Json& json) {
  Members m(json, "key");
  const auto purpose = m.parsed<Purpose>("purpose", find_agency_purpose);
  const bool issued = m.has("certificate");
  Bytes der = m.base64(issued ? "certificate" : "request");
  YZ_TRY(m.check());
  if (!issued) {
    std::string public_key = YZ_TRY(requested_key(der));
    return ChangeKey{*purpose, std::nullopt, std::move(der), std::move(public_key)};
  }
  Certificate certificate = YZ_TRY(Certificate::parse(der));
  std::string public_key = certificate.public_key_pem();
  return ChangeKey{*purpose, std::move(certificate), {}, std::move(public_key)};
}

Result<std::vector<ChangeKey>> parse_keys(const Json& items) {
  std::vector<ChangeKey> keys;
  std::set<std::string> known;
  for (const Json& item : items) {
    ChangeKey key = YZ_TRY(parse_key(item));
    const bool again = std::ranges::count(keys, key.purpose, &ChangeKey::purpose) > 0;
    // 專用: one key, one purpose.
    if (again || !known.insert(key.public_key).second || keys.size() == kKeysMax) {
      return invalid("每一用途至多一把金鑰，每把金鑰限一用途");
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

// As the application compares it: the one way to write an address.
bool is_address(const std::string& text) {
  for (const int family : {AF_INET, AF_INET6}) {
    std::array<unsigned char, sizeof(in6_addr)> octets{};
    std::array<char, INET6_ADDRSTRLEN> written{};
    if (inet_pton(family, text.c_str(), octets.data()) != 1) continue;
    return inet_ntop(family, octets.data(), written.data(), written.size()) != nullptr &&
           text == written.data();
  }
  return false;
}

Result<std::vector<std::string>> parse_addresses(const Json& items) {
  std::vector<std::string> addresses;
  for (const Json& item : items) {
    const bool fits = item.is_string() && is_address(item.get<std::string>()) &&
                      std::ranges::count(addresses, item.get<std::string>()) == 0;
    if (!fits || addresses.size() == kAddressesMax) {
      return invalid("IP 位址須為單一之固定位址、不重複，至多 16 個");
    }
    addresses.push_back(item.get<std::string>());
  }
  return addresses;
}

struct TextLimit {
  const char* title;
  const std::string* text;
  std::size_t bytes_min;
  std::size_t bytes_max;
};

Result<void> check_texts(const ChangeRequest& request) {
  const std::string none = "-";
  const std::array<TextLimit, 6> limits{
      {{"異動原因", &request.reason, 1, 2'000},
       {"申請人", &request.person, 1, 200},
       {"電話", &request.phone, 1, 60},
       {"備註", &request.remark, 0, 2'000},
       {"機關名稱", request.name ? &*request.name : &none, 1, 200},
       {"機關地址", request.postal_address ? &*request.postal_address : &none, 1, 400}}};
  for (const TextLimit& limit : limits) {
    if (limit.text->size() >= limit.bytes_min && limit.text->size() <= limit.bytes_max) continue;
    return invalid(std::string(limit.title) + "須載明，不逾 " + std::to_string(limit.bytes_max) +
                   " 位元組");
  }
  return {};
}

bool has_all_keys(const ChangeRequest& request) { return request.keys.size() == kKeysMax; }

bool changes_anything(const ChangeRequest& request) {
  return request.code || request.name || !request.addresses.empty() || !request.keys.empty() ||
         request.postal_address || request.supervisor;
}

Result<void> check_new(const ChangeRequest& request) {
  if (request.code || request.successor) return invalid("新申請不得載新代碼或承受機關");
  if (request.supervisor == request.agency) return invalid("上級機關不得為本機關");
  if (!request.centre || !request.name || request.addresses.empty()) {
    return invalid("新申請須載明所屬交換中心、機關名稱及 IP 位址");
  }
  if (!has_all_keys(request)) return invalid("新申請須附簽署、加密及連線之金鑰各一");
  return {};
}

Result<void> check_altered(const ChangeRequest& request) {
  if (request.centre || request.successor) return invalid("資訊異動不得載交換中心或承受機關");
  if (!changes_anything(request)) return invalid("須至少載明一項異動");
  const bool own = request.supervisor == request.agency || request.supervisor == request.code;
  if (request.supervisor && own) return invalid("上級機關不得為本機關");
  if (!request.code) return {};
  if (*request.code == request.agency) return invalid("新機關代碼與原代碼相同");
  // A certificate names the code, and an unread one must still be opened with the old key.
  if (!has_all_keys(request)) return invalid("機關代碼異動須附新代碼之簽署、加密及連線金鑰各一");
  return {};
}

Result<void> check_end(const ChangeRequest& request) {
  if (request.centre || changes_anything(request)) return invalid("整併或裁撤不得併載其他異動");
  if (request.kind == Kind::kMerge && !request.successor) return invalid("整併須載明承受機關");
  if (request.successor == request.agency) return invalid("承受機關不得為本機關");
  return {};
}

Result<void> check_kind(const ChangeRequest& request) {
  switch (request.kind) {
    case Kind::kNew:
      return check_new(request);
    case Kind::kChange:
      return check_altered(request);
    case Kind::kMerge:
    case Kind::kDissolve:
      return check_end(request);
  }
  YZ_ASSERT(false);
}

// The members that only some kinds have.
Result<void> parse_wanted(Members& m, ChangeRequest& request) {
  if (m.has("centre")) request.centre = m.parsed<CentreCode>("centre", CentreCode::parse);
  if (m.has("code")) request.code = m.parsed<OrgCode>("code", OrgCode::parse);
  if (m.has("successor")) request.successor = m.parsed<OrgCode>("successor", OrgCode::parse);
  if (m.has("supervisor")) request.supervisor = m.parsed<OrgCode>("supervisor", OrgCode::parse);
  request.name = m.optional_text("name");
  request.postal_address = m.optional_text("postal_address");
  const Json none = Json::array();
  const Json& addresses = m.has("addresses") ? m.array("addresses") : none;
  const Json& keys = m.has("keys") ? m.array("keys") : none;
  YZ_TRY(m.check());
  request.addresses = YZ_TRY(parse_addresses(addresses));
  request.keys = YZ_TRY(parse_keys(keys));
  return {};
}

Json describe(const std::vector<ChangeKey>& keys) {
  Json items = Json::array();
  for (const ChangeKey& key : keys) {
    Json item = {{"purpose", text_of(key.purpose)}};
    if (key.certificate) item["certificate"] = to_base64(key.certificate->der());
    if (!key.certificate) item["request"] = to_base64(key.request);
    items.push_back(std::move(item));
  }
  return items;
}

Result<void> check_newcomer(const SignedChangeRequest& change, const Directory& directory) {
  const ChangeRequest& request = change.request;
  if (directory.find(request.agency) != nullptr) {
    return Refusal{Reason::kConflict, "此機關代碼已登錄：" + request.agency.text()};
  }
  if (change.signer.public_key_pem() == request.find_key(Purpose::kSign)->public_key) return {};
  return Refusal{Reason::kCertificateUnregistered, "申請非由所申請登錄之簽署金鑰簽署"};
}

Result<void> check_signer(const SignedChangeRequest& change, const Directory& directory) {
  const ChangeRequest& request = change.request;
  if (request.kind == Kind::kNew) return check_newcomer(change, directory);
  const Agency* agency = directory.find(request.agency);
  if (agency == nullptr) return Refusal{Reason::kUnknownAgency, request.agency.text()};
  if (agency->standing == Standing::kClosed) return Refusal{Reason::kAgencyClosed, agency->name};
  YZ_TRY(find_registered(agency->certificates, Purpose::kSign, change.signer.sha256(),
                         request.time));
  return {};
}

}  // namespace

std::string_view text_of(ChangeRequest::Kind kind) {
  return std::ranges::find(kKinds, kind, &decltype(kKinds)::value_type::first)->second;
}

std::optional<ChangeRequest::Kind> find_change_kind(std::string_view text) {
  for (const auto& [kind, word] : kKinds) {
    if (word == text) return kind;
  }
  return std::nullopt;
}

Result<ChangeRequest> ChangeRequest::parse(ByteView bytes) {
  const Json json = YZ_TRY(parse_json(bytes, {.bytes_max = kJsonBytesMax, .depth_max = 3}));
  Members m(json, "change_request");
  const std::string format = m.text("format");
  const auto agency = m.parsed<OrgCode>("agency", OrgCode::parse);
  const auto kind = m.parsed<Kind>("kind", find_change_kind);
  const auto effective = m.parsed<Day>("effective", find_day);
  const std::string reason = m.text("reason"), person = m.text("person"), phone = m.text("phone"),
                    remark = m.text("remark");
  const Time time = m.time("time");
  if (!agency || !kind || !effective) {
    YZ_TRY(m.check());
    return Reason::kMalformed;
  }
  ChangeRequest request{*agency, *kind, *effective, reason, person, phone, remark, time};
  YZ_TRY(parse_wanted(m, request));
  if (format != kFormat) return Refusal{Reason::kUnknownFormat, "連線異動申請之格式：" + format};
  YZ_TRY(check_texts(request));
  YZ_TRY(check_kind(request));
  return request;
}

Bytes ChangeRequest::json() const {
  Json all = {{"format", kFormat},
              {"agency", agency.text()},
              {"kind", text_of(kind)},
              {"effective", yizhan::text_of(effective)},
              {"reason", reason},
              {"person", person},
              {"phone", phone},
              {"remark", remark},
              {"time", time.text()}};
  if (centre) all["centre"] = centre->text();
  if (code) all["code"] = code->text();
  if (name) all["name"] = *name;
  if (!addresses.empty()) all["addresses"] = addresses;
  if (!keys.empty()) all["keys"] = describe(keys);
  if (postal_address) all["postal_address"] = *postal_address;
  if (successor) all["successor"] = successor->text();
  if (supervisor) all["supervisor"] = supervisor->text();
  return canonical_json(all);
}

const ChangeKey* ChangeRequest::find_key(Purpose purpose) const {
  const auto found = std::ranges::find(keys, purpose, &ChangeKey::purpose);
  return found == keys.end() ? nullptr : &*found;
}

bool ChangeRequest::ends_code() const {
  return kind == Kind::kMerge || kind == Kind::kDissolve || code.has_value();
}

Result<SignedChangeRequest> sign_change(const ChangeRequest& request, SigningKey& key) {
  return open_change(YZ_TRY(cms_sign(request.json(), key, KeyUse::kDocument, request.time)));
}

Result<SignedChangeRequest> open_change(ByteView cms) {
  const SignedContent opened = YZ_TRY(cms_verify(cms, SignedChangeRequest::kBytesMax));
  ChangeRequest request = YZ_TRY(ChangeRequest::parse(opened.content));
  return SignedChangeRequest{copy_of(cms), std::move(request), opened.signer};
}

Result<void> check_requester(const SignedChangeRequest& change, const Directory& directory) {
  return upheld("change_requester", check_signer(change, directory));
}

}  // namespace yizhan
