#include "model/mailbox/recipient_group_store.h"

#include "model/mailbox/columns.h"

namespace yizhan {

namespace {

using Text = std::string;
using Number = std::int64_t;

std::string text_of(const std::vector<Addressee>& members) {
  std::string text;
  for (const Addressee& member : members) {
    if (!text.empty()) text += ' ';
    text += member.text();
  }
  return text;
}

std::vector<Addressee> members_in(const std::string& text) {
  constexpr std::size_t kOrgBytes = 10;
  std::vector<Addressee> members;
  for (std::size_t at = 0; at < text.size();) {
    const std::string code = text.substr(at, text.find(' ', at) - at);
    at += code.size() + 1;
    members.push_back({required(OrgCode::parse(code.substr(0, kOrgBytes)), "members"),
                       required(UnitCode::parse(code.substr(kOrgBytes)), "members")});
  }
  return members;
}

}  // namespace

std::vector<RecipientGroup> RecipientGroupStore::list(Transaction& tx, const std::string& owner) {
  std::vector<RecipientGroup> groups;
  for (const auto& [whose, name, version, person, made, members] :
       tx.query<Text, Text, Number, Text, Time, Text>(R"sql(
           SELECT owner, name, version, person, made_ms, members FROM recipient_groups g
           WHERE owner IN ('', :owner) AND members <> '' AND version =
             (SELECT max(version) FROM recipient_groups l
              WHERE l.owner = g.owner AND l.name = g.name)
           ORDER BY name, owner)sql",
                                                      {{"owner", owner}})) {
    groups.push_back({{whose, name}, version, person, made, members_in(members)});
  }
  return groups;
}

std::optional<RecipientGroup> RecipientGroupStore::find(Transaction& tx, const GroupName& name,
                                                        std::int64_t version) {
  const auto rows = tx.query<Number, Text, Time, Text>(R"sql(
      SELECT version, person, made_ms, members FROM recipient_groups
      WHERE owner = :owner AND name = :name AND (:version = 0 OR version = :version)
      ORDER BY version DESC LIMIT 1)sql",
                                                       {{"owner", name.owner},
                                                        {"name", name.name},
                                                        {"version", version}});
  if (rows.empty()) return std::nullopt;
  const auto& [number, person, made, members] = rows[0];
  if (members.empty()) return std::nullopt;
  return RecipientGroup{name, number, person, made, members_in(members)};
}

Result<void> RecipientGroupStore::add(Transaction& tx, RecipientGroup& group, std::int64_t after) {
  const auto last = tx.query<std::optional<Number>>(
      "SELECT max(version) FROM recipient_groups WHERE owner = :owner AND name = :name",
      {{"owner", group.name.owner}, {"name", group.name.name}});
  const std::int64_t newest = std::get<0>(last[0]).value_or(0);
  // Who makes a removed group anew need not know how often there was one.
  const bool exists = find(tx, group.name).has_value();
  if (after != (exists ? newest : 0)) {
    return Refusal{Reason::kConflict,
                   exists ? "群組現為第 " + std::to_string(newest) + " 版，請先查詢再修改"
                          : "沒有此群組，新增時 version 請填 0"};
  }
  group.version = newest + 1;
  tx.run(R"sql(
      INSERT INTO recipient_groups (owner, name, version, person, made_ms, members)
      VALUES (:owner, :name, :version, :person, :made_ms, :members))sql",
         {{"owner", group.name.owner},
          {"name", group.name.name},
          {"version", group.version},
          {"person", group.person},
          {"made_ms", group.made},
          {"members", text_of(group.members)}});
  return {};
}

}  // namespace yizhan
