#include "model/mailbox/paper_recipient.h"

#include "model/mailbox/state_text.h"

namespace yizhan {

namespace {

using enum PaperCause;

constexpr auto kCauses = std::to_array<StateText<PaperCause>>({
    {kUnlisted, "unlisted", "公文列名而不在交換表單"},
    {kChosen, "chosen", "發文者指定改寄紙本"},
    {kUnknown, "unknown", "不在地址簿"},
    {kClosed, "closed", "已裁撤或停止交換"},
    {kCannotReceive, "cannot_receive", "沒有有效之加密憑證"},
    {kWithdrawn, "withdrawn", "撤回後改寄紙本"},
    {kUnconfirmed, "unconfirmed", "交換後未獲確認"},
});

}  // namespace

std::string_view text_of(PaperCause cause) { return row_of(kCauses, cause).text; }
std::string_view title_of(PaperCause cause) { return row_of(kCauses, cause).title; }
std::string_view mark_of(PaperCause cause) {
  // Of what was withdrawn everybody knows that it never arrived.
  return cause == kUnconfirmed ? "已電子交換未確認" : "";
}
std::optional<PaperCause> find_paper_cause(std::string_view text) {
  return find_in(kCauses, text);
}

Json PaperChoice::describe() const {
  Json json = Json::object();
  for (const Addressee& each : chosen) {
    json["recipients"].push_back(
        {{"org_code", each.org.text()}, {"unit_code", each.unit.text()}});
  }
  if (unreachable) json["unreachable"] = true;
  return json;
}

Result<PaperChoice> PaperChoice::parse(const Json& json) {
  Members members(json, "paper");
  PaperChoice choice;
  static const Json kNobody = Json::array();
  const Json& recipients =
      members.has("recipients") ? members.array("recipients") : kNobody;
  choice.unreachable = members.has("unreachable") && members.flag("unreachable");
  YZ_TRY(members.check());
  for (const Json& item : recipients) {
    Members m(item, "paper.recipients");
    const std::string org = m.text("org_code");
    const std::string unit = m.optional_text("unit_code").value_or("");
    YZ_TRY(m.check());
    const OrgCode agency = YZ_TRY(OrgCode::parse(org));
    const UnitCode part = YZ_TRY(UnitCode::parse(unit));
    choice.chosen.push_back({agency, part});
  }
  return choice;
}

Json PaperRecipient::describe() const {
  return {{"org_code", org_code},
          {"unit_code", unit_code},
          {"name", name},
          {"copy_kind", text_of(copy_kind)},
          {"cause", text_of(cause)},
          {"cause_title", title_of(cause)}};
}

}  // namespace yizhan
