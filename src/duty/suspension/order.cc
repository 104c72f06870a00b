#include "duty/suspension/order.h"

#include <algorithm>
#include <array>
#include <set>

#include "ground/control/control.h"

namespace yizhan {

namespace {

constexpr std::string_view kOrderFormat = "yizhan-order-1";
constexpr std::size_t kReasonMax = 2'000;  // octets
constexpr std::size_t kSupersededMax = 16;

constexpr std::array<std::pair<OrderKind, std::string_view>, 3> kKinds{
    {{OrderKind::kSuspend, "suspend"},
     {OrderKind::kResume, "resume"},
     {OrderKind::kRevoke, "revoke"}}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kGrounds{{
    {"十三(一)", "發生國家資通安全通報應變作業綱要所列第三級至第四級資安事件"},
    {"十三(二)", "電子憑證 IC 卡效期過期或遺失或軟/硬體加解密模組或設備遺失"},
    {"十三(三)", "機關未將本系統納入機關內部或參採所隸上級機關之資訊安全管理系統(ISMS)管理"},
    {"十三(四)", "交換層機關未將本系統納入 ISMS 第三方認證範圍與資安監控中心(SOC)監控範圍防護"},
    {"十三(五)", "未依規定辦理公文電子交換系統資訊安全自評或未對所屬終端層機關(單位)進行定期稽核"},
    {"十三(六)", "拒絕接受管理層或交換層機關稽核或拒絕依稽核結果限期改善"},
    {"十三(七)", "發送廣告性質電子公文經交換層機關警告後仍未改善"},
    {"十三(八)", "未即時改善不符合事項且無正當理由者"},
    {"十三(九)", "其他未依本規範規定執行工作權責且情節重大"},
}};

std::optional<OrderKind> find_kind(std::string_view text) {
  const auto found = std::ranges::find(kKinds, text, &decltype(kKinds)::value_type::second);
  return found == kKinds.end() ? std::nullopt : std::optional(found->first);
}

Result<OrderSubject> parse_subject(const Json& json) {
  Members members(json, "subject");
  std::optional<OrderSubject> subject;
  if (members.has("agency")) {
    const auto org = members.parsed<OrgCode>("agency", OrgCode::parse);
    if (org) subject = *org;
  } else if (members.has("centre")) {
    const auto centre = members.parsed<CentreCode>("centre", CentreCode::parse);
    if (centre) subject = *centre;
  } else {
    subject = members.sha256("certificate");
  }
  // A second member is one that nobody asked for.
  YZ_TRY(members.check());
  return *subject;
}

Result<std::vector<OrderName>> parse_names(const Json& items) {
  std::vector<OrderName> names;
  for (const Json& item : items) {
    if (!item.is_string()) return Refusal{Reason::kMalformed, "supersedes 須為命令之路徑"};
    names.push_back(YZ_TRY(OrderName::parse(item.get<std::string>())));
  }
  return names;
}

Json describe(const OrderSubject& subject) {
  const std::string text = text_of(subject);
  if (std::holds_alternative<OrgCode>(subject)) return {{"agency", text}};
  if (std::holds_alternative<CentreCode>(subject)) return {{"centre", text}};
  return {{"certificate", text}};
}

Refusal malformed(const std::string& what) { return {Reason::kMalformed, what}; }

}  // namespace

std::string_view text_of(OrderKind kind) {
  return std::ranges::find(kKinds, kind, &decltype(kKinds)::value_type::first)->second;
}

std::optional<Ground> Ground::find(std::string_view printed) {
  for (std::size_t i = 0; i < kGrounds.size(); ++i) {
    if (kGrounds.at(i).first == printed) return Ground(i);
  }
  return std::nullopt;
}

std::string_view Ground::printed() const { return kGrounds.at(index_).first; }

std::string_view Ground::words() const { return kGrounds.at(index_).second; }

std::string text_of(const OrderSubject& subject) {
  if (const auto* org = std::get_if<OrgCode>(&subject)) return org->text();
  if (const auto* centre = std::get_if<CentreCode>(&subject)) return centre->text();
  return std::get<Sha256>(subject).hex();
}

Result<Order> Order::parse(const OrderName& name, ByteView bytes) {
  const Json json = YZ_TRY(parse_json(bytes, {.bytes_max = kBytesMax, .depth_max = 3}));
  Members members(json, "order");
  const std::string format = members.text("format");
  const auto kind = members.parsed<OrderKind>("kind", find_kind);
  const Json& about = members.object("subject");
  const bool has_ground = members.has("ground");
  const auto ground = has_ground ? members.parsed<Ground>("ground", Ground::find) : std::nullopt;
  const std::string reason = members.text("reason");
  const Time noticed = members.time("noticed"), effective = members.time("effective");
  const Json& names = members.array("supersedes");
  YZ_TRY(members.check());
  if (format != kOrderFormat) return Refusal{Reason::kUnknownFormat, "命令之格式：" + format};
  OrderSubject subject = YZ_TRY(parse_subject(about));
  std::vector<OrderName> supersedes = YZ_TRY(parse_names(names));
  Order order{*kind, std::move(subject), ground, reason, noticed, effective, std::move(supersedes)};
  YZ_TRY(order.check_shape(name));
  YZ_TRY(order.check_authority(name));
  return order;
}

Result<void> Order::check_shape(const OrderName& name) const {
  const bool of_certificate = std::holds_alternative<Sha256>(subject);
  if (of_certificate != (kind == OrderKind::kRevoke)) {
    return malformed("廢止之對象為憑證；中止、恢復之對象為機關或交換中心");
  }
  if ((kind == OrderKind::kResume) == ground.has_value()) {
    return malformed("中止及廢止須載明事由之款次（ground），恢復則否");
  }
  if (reason.empty() || reason.size() > kReasonMax) {
    return malformed("須載明理由（reason），不逾 " + std::to_string(kReasonMax) + " 位元組");
  }
  if (effective < noticed) return malformed("生效時間不得早於通知時間");
  if (kind == OrderKind::kResume && supersedes.empty()) {
    return malformed("恢復須指明所終止之命令（supersedes）");
  }
  const std::set<OrderName> distinct(supersedes.begin(), supersedes.end());
  if (distinct.size() != supersedes.size() || supersedes.size() > kSupersededMax) {
    return malformed("supersedes 重複或過多");
  }
  for (const OrderName& earlier : supersedes) {
    if (earlier.same_series(name) && earlier.number() >= name.number()) {
      return malformed("只能取代號次較小之命令：" + earlier.text());
    }
  }
  return {};
}

// 十三: 其所屬之交換層機關或管理層機關得中止 — and one officer alone only for a while, and never
// the other way.
Result<void> Order::check_authority(const OrderName& name) const {
  switch (name.series()) {
    case OrderSeries::kOrdinary:
      return {};
    case OrderSeries::kEmergency:
      if (upheld("emergency_restricts", kind != OrderKind::kResume && supersedes.empty())) {
        return {};
      }
      return Refusal{Reason::kForbidden,
                     "緊急命令不得恢復服務或取代其他命令，須由兩位承辦人員為之"};
    case OrderSeries::kCentre:
      if (!upheld("centre_orders_agencies", !std::holds_alternative<CentreCode>(subject))) {
        return Refusal{Reason::kForbidden, "交換中心不得對交換中心下命令"};
      }
      for (const OrderName& other : supersedes) {
        if (upheld("centre_ends_own", other.same_series(name))) continue;
        return Refusal{Reason::kForbidden, "交換中心不得取代他人之命令：" + other.text()};
      }
      return {};
  }
  return Reason::kForbidden;
}

Bytes Order::json() const {
  Json names = Json::array();
  for (const OrderName& name : supersedes) names.push_back(name.path());
  Json json = {{"format", kOrderFormat},
               {"kind", text_of(kind)},
               {"subject", describe(subject)},
               {"reason", reason},
               {"noticed", noticed.text()},
               {"effective", effective.text()},
               {"supersedes", std::move(names)}};
  if (ground) json["ground"] = ground->printed();
  return canonical_json(json);
}

}  // namespace yizhan
