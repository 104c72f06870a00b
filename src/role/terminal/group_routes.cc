#include <algorithm>
#include <set>

#include "model/document/document.h"
#include "role/terminal/address_row.h"
#include "role/terminal/desk.h"
#include "role/terminal/requests.h"

namespace yizhan {

namespace {

constexpr RouteLimits kManyMembers{.body_bytes_max = 1U << 20};
constexpr std::size_t kNameBytesMax = 120;
constexpr std::size_t kOrgBytes = 10;
constexpr std::size_t kFaultsShown = 10;

Result<Addressee> member_in(const std::string& code) {
  const auto org = OrgCode::parse(code.substr(0, kOrgBytes));
  const auto unit = UnitCode::parse(code.size() > kOrgBytes ? code.substr(kOrgBytes) : "");
  if (!org) return Refusal{Reason::kUnknownAgency, "不是機關代碼"};
  if (!unit) return Refusal{Reason::kUnknownUnit, "不是單位代碼"};
  return Addressee{*org, *unit};
}

// What is wrong with many members, told at once: the clerk mends the list once.
class Faults {
 public:
  void add(const std::string& code, const Refusal& why) {
    if (!first_) first_ = why.reason;
    if (++count_ > kFaultsShown) return;
    if (!detail_.empty()) detail_ += "；";
    detail_ += code + "：";
    detail_ += why.detail.empty() ? describe(why.reason).title : why.detail;
  }
  [[nodiscard]] Result<void> check() const {
    if (!first_) return {};
    const bool more = count_ > kFaultsShown;
    return Refusal{*first_, detail_ + (more ? "；…共 " + std::to_string(count_) + " 筆" : "")};
  }

 private:
  std::optional<Reason> first_;
  std::string detail_;
  std::size_t count_ = 0;
};

Result<GroupName> group_name(std::string owner, std::string name) {
  const auto is_plain = [](const std::string& text) {
    return text.size() <= kNameBytesMax &&
           std::ranges::none_of(text, [](char c) { return c >= 0 && c < ' '; });
  };
  if (name.empty() || !is_plain(name) || !is_plain(owner)) {
    return Refusal{Reason::kBadRequest, "群組名稱須為 1 至 120 位元組之文字"};
  }
  return GroupName{std::move(owner), std::move(name)};
}

Result<GroupName> name_in(const Request& request) {
  return group_name(query_text(request, "owner"), request.parameters.at("name"));
}

Json describe(const RecipientGroup& group) {
  return {{"name", group.name.name},
          {"owner", group.name.owner},
          {"version", group.version},
          {"person", group.person},
          {"made", group.made.text()},
          {"count", group.members.size()}};
}

Json describe_member(const Directory& directory, const Addressee& member, Time now) {
  if (const auto row = AddressRow::find(directory, member)) return row->describe(now);
  return {{"org_code", member.org.text()}, {"unit_code", member.unit.text()},
          {"name", ""},                    {"standing", "unknown"},
          {"can_receive", false},          {"home_centre", ""},
          {"supervisor", ""}};
}

Result<RecipientGroup> group_in(const TerminalDesk& desk, const Request& request) {
  const GroupName name = YZ_TRY(name_in(request));
  const std::int64_t version = YZ_TRY(query_number(
      request, {.name = "version", .standard = 0, .min = 0, .max = kJsonIntegerMax}));
  auto group = desk.database.read(
      [&](Transaction& tx) { return RecipientGroupStore().find(tx, name, version); });
  if (!group) return Refusal{Reason::kNotFound, "沒有此群組：" + name.name};
  return std::move(*group);
}

Response list(const TerminalDesk& desk, const Request& request) {
  Json items = Json::array();
  for (const RecipientGroup& group : desk.database.read([&](Transaction& tx) {
         return RecipientGroupStore().list(tx, query_text(request, "owner"));
       })) {
    items.push_back(describe(group));
  }
  return Response::json(200, {{"items", std::move(items)}});
}

Result<Response> find(const TerminalDesk& desk, const Request& request) {
  const RecipientGroup group = YZ_TRY(group_in(desk, request));
  const auto directory = desk.directory.current();
  Json members = Json::array();
  for (const Addressee& member : group.members) {
    members.push_back(describe_member(*directory, member, desk.clock.now()));
  }
  if (query_text(request, "format") == "csv") {
    return csv_response(members, kAddressColumns, "group.csv");
  }
  Json json = describe(group);
  json["members"] = std::move(members);
  return Response::json(200, json);
}

// Each stands in the address book, once.
Result<std::vector<Addressee>> members_in(const Json& codes, const Directory& directory) {
  std::vector<Addressee> members;
  std::set<Addressee> seen;
  Faults faults;
  for (const Json& item : codes) {
    const std::string code = item.is_string() ? item.get<std::string>() : item.dump();
    const Result<Addressee> member = member_in(code);
    const Result<const Agency*> agency =
        member ? directory.find_recipient(*member) : member.refusal();
    if (!agency) faults.add(code, agency.refusal());
    else if (!seen.insert(*member).second) faults.add(code, {Reason::kDuplicateRecipient, {}});
    else members.push_back(*member);
  }
  YZ_TRY(faults.check());
  if (members.empty() || members.size() > kPackageLimits.recipients_max) {
    return Refusal{Reason::kBadRequest, "群組須有 1 至 " +
                                            std::to_string(kPackageLimits.recipients_max) +
                                            " 個受文者"};
  }
  return members;
}

Result<Response> save(const TerminalDesk& desk, const Request& request) {
  const Json json = YZ_TRY(body_in(request, kManyMembers.body_bytes_max));
  Members fields(json, "group");
  const std::string name = fields.text("name");
  const std::string owner = fields.optional_text("owner").value_or("");
  const std::int64_t after = fields.integer("version", {.min = 0});
  const Json codes = fields.array("members");
  const std::string person = YZ_TRY(person_in(fields, desk.person));
  YZ_TRY(fields.check());
  const GroupName named = YZ_TRY(group_name(owner, name));
  std::vector<Addressee> members = YZ_TRY(members_in(codes, *desk.directory.current()));
  RecipientGroup group{named, 0, person, desk.clock.now(), std::move(members)};
  YZ_TRY(desk.database.transact(
      [&](Transaction& tx) { return RecipientGroupStore().add(tx, group, after); }));
  return Response::json(200, describe(group));
}

Result<Response> remove(const TerminalDesk& desk, const Request& request) {
  RecipientGroup group = YZ_TRY(group_in(desk, request));
  const std::string person = query_text(request, "person");
  group.person = person.empty() ? desk.person : person;
  if (group.person.empty()) return Refusal{Reason::kBadRequest, "請載明承辦人員（person）"};
  group.made = desk.clock.now();
  group.members.clear();
  const std::int64_t last = group.version;
  YZ_TRY(desk.database.transact(
      [&](Transaction& tx) { return RecipientGroupStore().add(tx, group, last); }));
  return Response{.status = 204};
}

std::set<std::string> excepted_in(const Request& request) {
  std::set<std::string> codes;
  std::string code;
  for (const char c : query_text(request, "except") + ",") {
    if (c != ',') code += c;
    else codes.insert(std::exchange(code, {}));
  }
  codes.erase("");
  return codes;
}

Result<Bytes> roster_of(const RecipientGroup& group, CopyForm form,
                        std::set<std::string> excepted, const TerminalDesk& desk) {
  const auto directory = desk.directory.current();
  Roster roster;
  Faults faults;
  for (const Addressee& member : group.members) {
    if (excepted.erase(member.text()) != 0) continue;
    const auto row = AddressRow::find(*directory, member);
    if (!row || !row->can_receive(desk.clock.now())) {
      faults.add(member.text(), {Reason::kUnknownAgency, "目前無法以電子交換收文，請除外並改寄紙本"});
      continue;
    }
    roster.entries.push_back({.kind = row->unit == nullptr ? PartyKind::kAgency : PartyKind::kUnit,
                              .name = row->unit == nullptr ? row->agency->name : row->unit->name,
                              .org_code = member.org.text(),
                              .unit_code = member.unit.text(),
                              .copy_kind = form});
  }
  for (const std::string& code : excepted) {
    faults.add(code, {Reason::kBadRequest, "不在此群組，無從除外"});
  }
  YZ_TRY(faults.check());
  if (roster.entries.empty()) return Refusal{Reason::kBadRequest, "全部除外，沒有受文者"};
  return write_roster(roster);
}

// The expansion, with the names of today: it travels with the document and is kept with it. Nobody
// is left out in silence.
Result<Response> write_roster(const TerminalDesk& desk, const Request& request) {
  const RecipientGroup group = YZ_TRY(group_in(desk, request));
  const std::string copy = query_text(request, "copy");
  if (!copy.empty() && copy != "original" && copy != "copy") {
    return Refusal{Reason::kBadRequest, "copy 須為 original（正本）或 copy（副本）"};
  }
  const CopyForm form = copy == "copy" ? CopyForm::kCopy : CopyForm::kOriginal;
  Response response;
  response.content_type = "application/xml";
  response.headers.emplace_back("Content-Disposition", "attachment; filename=\"group.sw\"");
  response.body = YZ_TRY(roster_of(group, form, excepted_in(request), desk));
  return response;
}

}  // namespace

void add_group_routes(Router& router, const TerminalDesk& desk) {
  router.add(Method::kGet, "/api/v1/groups", kSmall,
             [desk](const Request& request) { return list(desk, request); });
  router.add(Method::kPost, "/api/v1/groups", kManyMembers,
             handle([desk](const Request& request) { return save(desk, request); }));
  router.add(Method::kGet, "/api/v1/groups/{name}", kSmall,
             handle([desk](const Request& request) { return find(desk, request); }));
  router.add(Method::kDelete, "/api/v1/groups/{name}", kSmall,
             handle([desk](const Request& request) { return remove(desk, request); }));
  router.add(Method::kGet, "/api/v1/groups/{name}/roster", kSmall,
             handle([desk](const Request& request) { return write_roster(desk, request); }));
}

}  // namespace yizhan
