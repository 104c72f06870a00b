#include "duty/addresses/address_list.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "ground/control/control.h"

namespace yizhan {

namespace {

constexpr std::string_view kFormat = "yizhan-addresses-1";
constexpr std::size_t kTextMax = 200;
constexpr std::array<std::pair<PeerKind, std::string_view>, 2> kKinds{
    {{PeerKind::kTerminal, "terminal"}, {PeerKind::kCentre, "centre"}}};

std::optional<PeerKind> find_kind(std::string_view text) {
  const auto found = std::ranges::find(kKinds, text, &decltype(kKinds)::value_type::second);
  if (found == kKinds.end()) return std::nullopt;
  return found->first;
}

bool is_short(const std::string& text) { return !text.empty() && text.size() <= kTextMax; }

Result<AddressException> parse_exception(const Json& json) {
  Members members(json, "exception");
  AddressException exception{members.text("case"), members.text("ground"), members.time("until")};
  YZ_TRY(members.check());
  if (!is_short(exception.case_id) || !is_short(exception.ground)) {
    return Refusal{Reason::kMalformed, "例外須載明核准案號（case）及事由（ground），各不逾 200 位元組"};
  }
  return exception;
}

Result<AddressEntry> parse_entry(const Json& json) {
  Members members(json, "entry");
  const auto network = members.parsed<Network>("address", Network::parse);
  const auto kind = members.parsed<PeerKind>("kind", find_kind);
  const std::string code = members.text("code"), name = members.text("name");
  const bool excepted = members.has("exception");
  const Json exception = excepted ? members.object("exception") : Json::object();
  YZ_TRY(members.check());
  AddressEntry entry{*network, *kind, code, name};
  if (excepted) entry.exception = YZ_TRY(parse_exception(exception));
  const bool known = entry.kind == PeerKind::kTerminal ? OrgCode::parse(code).ok()
                                                       : CentreCode::parse(code).ok();
  if (!known || !is_short(name)) {
    return Refusal{Reason::kMalformed, "代碼不合格式，或名稱空白或過長：" + code};
  }
  return entry;
}

Json describe(const AddressEntry& entry) {
  Json json = {{"address", entry.network.text()},
               {"kind", text_of(entry.kind)},
               {"code", entry.code},
               {"name", entry.name}};
  if (entry.exception) {
    json["exception"] = {{"case", entry.exception->case_id},
                         {"ground", entry.exception->ground},
                         {"until", entry.exception->until.text()}};
  }
  return json;
}

Refusal broken(const AddressEntry& entry, const std::string& why) {
  return {Reason::kConflict, entry.network.text() + "（" + entry.name + " " + entry.code + "）" +
                                 why + "；請更正，或經核准後載明例外（exception）"};
}

std::string line_of(const AddressEntry& entry) {
  const auto& exception = entry.exception;
  return entry.network.text() + " " + std::string(text_of(entry.kind)) + " " + entry.code + " " +
         entry.name +
         (exception ? " 例外 " + exception->case_id + " 至 " + exception->until.text() : "");
}

}  // namespace

std::string_view text_of(PeerKind kind) {
  return std::ranges::find(kKinds, kind, &decltype(kKinds)::value_type::first)->second;
}

std::string address_target(const CentreCode& centre) {
  return "addresses/" + centre.text() + ".json";
}

Result<AddressList> AddressList::parse(ByteView bytes) {
  const Json json = YZ_TRY(parse_json(bytes, {.bytes_max = kBytesMax}));
  Members members(json, "addresses");
  const std::string format = members.text("format");
  const auto centre = members.parsed<CentreCode>("centre", CentreCode::parse);
  const Time effective = members.time("effective");
  const Json& items = members.array("entries");
  YZ_TRY(members.check());
  if (format != kFormat) return Refusal{Reason::kMalformed, "格式須為 yizhan-addresses-1"};
  std::vector<AddressEntry> entries;
  for (const Json& item : items) entries.push_back(YZ_TRY(parse_entry(item)));
  return make(*centre, effective, std::move(entries));
}

Result<AddressList> AddressList::make(CentreCode centre, Time effective,
                                      std::vector<AddressEntry> entries) {
  std::ranges::sort(entries, {}, [](const AddressEntry& entry) {
    return std::tuple(entry.network, entry.kind, entry.code);
  });
  AddressList list(std::move(centre), effective, std::move(entries));
  YZ_TRY(list.check());
  return list;
}

// 五(二)4: 以一對一固定 IP 位址為原則；確有一對多或非固定 IP 位址之需求者，須向交換層機關申請核備.
Result<void> AddressList::check() const {
  if (entries_.empty()) return Refusal{Reason::kMalformed, "位址清單不得為空"};
  if (entries_.size() > kEntriesMax) return Reason::kTooLarge;
  std::set<std::pair<PeerKind, std::string>> addressed;
  std::map<Network, const AddressEntry*> owners;
  for (const AddressEntry& entry : entries_) {
    if (entry.exception) continue;
    const bool fixed = !entry.network.is_range();
    if (!upheld("fixed_address", fixed)) return broken(entry, "為網段，非固定位址");
    const bool first = addressed.emplace(entry.kind, entry.code).second;
    if (!upheld("one_address", first)) return broken(entry, "已另有位址");
    const auto [owner, alone] = owners.emplace(entry.network, &entry);
    if (!upheld("one_owner", alone)) return broken(entry, "已屬 " + owner->second->name);
  }
  const auto twice = std::ranges::adjacent_find(entries_, [](const auto& a, const auto& b) {
    return a.network == b.network && a.kind == b.kind && a.code == b.code;
  });
  if (twice != entries_.end()) return broken(*twice, "重複");
  return {};
}

bool AddressList::allows(PeerKind kind, std::string_view code, std::string_view address,
                         Time at) const {
  const Result<Network> from = Network::parse(address);
  return from && std::ranges::any_of(entries_, [&](const AddressEntry& entry) {
           return entry.kind == kind && entry.code == code && entry.in_force(at) &&
                  entry.network.contains(*from);
         });
}

std::vector<std::string> AddressList::changes_since(const AddressList& from) const {
  const auto lines_of = [](const AddressList& list) {
    std::set<std::string> lines;
    for (const AddressEntry& entry : list.entries_) lines.insert(line_of(entry));
    return lines;
  };
  const std::set<std::string> here = lines_of(*this), there = lines_of(from);
  std::vector<std::string> changes;
  for (const std::string& line : here) {
    if (!there.contains(line)) changes.push_back("+ " + line);
  }
  for (const std::string& line : there) {
    if (!here.contains(line)) changes.push_back("- " + line);
  }
  return changes;
}

Bytes AddressList::json() const {
  Json entries = Json::array();
  for (const AddressEntry& entry : entries_) entries.push_back(describe(entry));
  return canonical_json({{"format", kFormat},
                         {"centre", centre_.text()},
                         {"effective", effective_.text()},
                         {"entries", std::move(entries)}});
}

}  // namespace yizhan
