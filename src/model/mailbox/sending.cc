#include "model/mailbox/sending.h"

#include <algorithm>

#include "model/mailbox/state_text.h"

namespace yizhan {

namespace {

constexpr auto kSendingStates = std::to_array<StateText<SendingState>>({
    {SendingState::kDrafted, "drafted", "待檢核"},
    {SendingState::kValidated, "validated", "檢核完成，待掃描"},
    {SendingState::kScanned, "scanned", "掃描完成，待封裝"},
    {SendingState::kSealed, "sealed", "已封裝"},
    {SendingState::kRefused, "refused", "須更正"},
    {SendingState::kCancelled, "cancelled", "已取消"},
});

constexpr auto kPackageStates = std::to_array<StateText<PackageState>>({
    {PackageState::kSealed, "sealed", "待送交換中心"},
    {PackageState::kSubmitting, "submitting", "傳送中"},
    {PackageState::kSubmitted, "submitted", "已送達，待中心受理證明"},
    {PackageState::kAccepted, "accepted", "中心已受理"},
    {PackageState::kRejected, "rejected", "中心不受理"},
    {PackageState::kDiscarded, "discarded", "未及送出，已重新封裝"},
});

constexpr std::size_t kPairsMax = 1000;
constexpr std::size_t kOrderBytesMax = 64U << 20;

// The list of files keeps the rules of the manifest that it will become.
Manifest as_manifest(const Pair& pair) { return {Bytes(32), "", "", "", "", pair.files}; }

bool is_key(const std::string& key) {
  const auto printable = [](char c) { return c > ' ' && c <= '~'; };
  return !key.empty() && key.size() <= 128 && std::all_of(key.begin(), key.end(), printable);
}

Result<void> check_pair(const Pair& pair) {
  const auto rosters = std::count_if(pair.files.begin(), pair.files.end(),
                                     [](const Part& part) { return part.kind == PartKind::kSw; });
  if (rosters > 1) return Refusal{Reason::kBadRequest, "交換表單（SW）至多一個，請移除多餘者"};
  const Result<Manifest> manifest = Manifest::parse(as_manifest(pair).json());
  if (!manifest) return manifest.refusal();
  if (manifest->plain_length() > kPackageLimits.package_bytes_max) {
    return Refusal{Reason::kTooLarge, "公文與附件合計超過上限，請減少附件"};
  }
  return {};
}

Result<std::vector<Pair>> parse_pairs(const Json& items) {
  std::vector<Pair> pairs;
  for (const Json& item : items) {
    pairs.push_back({YZ_TRY(Manifest::parse(canonical_json(item))).parts});
  }
  return pairs;
}

Result<std::optional<Resend>> parse_resend(Members& members, const Json& json) {
  if (!members.has("resend")) return std::optional<Resend>();
  Members m(json.at("resend"), "resend");
  const auto of = m.parsed<MessageId>("of", MessageId::parse);
  const std::string reason = m.text("reason");
  YZ_TRY(m.check());
  return std::optional(Resend{*of, reason});
}

}  // namespace

std::string_view text_of(SendingState state) { return row_of(kSendingStates, state).text; }
std::string_view title_of(SendingState state) { return row_of(kSendingStates, state).title; }
std::optional<SendingState> find_sending_state(std::string_view text) {
  return find_in(kSendingStates, text);
}

std::string_view text_of(PackageState state) { return row_of(kPackageStates, state).text; }
std::string_view title_of(PackageState state) { return row_of(kPackageStates, state).title; }
std::optional<PackageState> find_package_state(std::string_view text) {
  return find_in(kPackageStates, text);
}

Result<void> SendingOrder::check() const {
  if (!is_key(key)) {
    return Refusal{Reason::kBadRequest, "識別鍵須為 1 至 128 個可見 ASCII 字元"};
  }
  if (person.empty()) return Refusal{Reason::kBadRequest, "缺少發文人員"};
  if (pairs.empty()) return Refusal{Reason::kBadRequest, "沒有公文，請附上文書本文檔（DI）"};
  if (pairs.size() > kPairsMax) return Refusal{Reason::kTooLarge, "分繕件數過多，請分批發送"};
  for (const Pair& pair : pairs) YZ_TRY(check_pair(pair));
  return {};
}

Bytes SendingOrder::json() const {
  Json items = Json::array();
  for (const Pair& pair : pairs) {
    items.push_back(Json::parse(text_of(as_manifest(pair).json())));
  }
  Json json = {{"key", key}, {"unit_code", unit.text()}, {"pairs", std::move(items)}};
  if (resend) json["resend"] = {{"of", resend->of.text()}, {"reason", resend->reason}};
  if (!paper.is_none()) json["paper"] = paper.describe();
  return canonical_json(json);
}

Result<SendingOrder> SendingOrder::parse(ByteView bytes) {
  const Json json = YZ_TRY(parse_json(bytes, {.bytes_max = kOrderBytesMax, .depth_max = 8}));
  Members m(json, "order");
  const std::string key = m.text("key");
  const auto unit = m.parsed<UnitCode>("unit_code", UnitCode::parse);
  const Json& items = m.array("pairs");
  auto resend = YZ_TRY(parse_resend(m, json));
  PaperChoice paper;
  if (m.has("paper")) paper = YZ_TRY(PaperChoice::parse(json.at("paper")));
  YZ_TRY(m.check());
  auto pairs = YZ_TRY(parse_pairs(items));
  return SendingOrder{key, {}, *unit, std::move(pairs), std::move(resend), std::move(paper)};
}

Json Sending::describe() const {
  Json list = Json::array();
  for (const InspectionIssue& issue : issues) list.push_back(yizhan::describe(issue));
  Json pairs = Json::array();
  for (const Pair& pair : order.pairs) {
    Json files = Json::array();
    for (const Part& part : pair.files) files.push_back(yizhan::describe(part));
    pairs.push_back(std::move(files));
  }
  Json json = {{"id", id.text()},
               {"key", order.key},
               {"person", order.person},
               {"unit_code", order.unit.text()},
               {"state", text_of(state)},
               {"state_title", title_of(state)},
               {"issues", std::move(list)},
               {"files", std::move(pairs)},
               {"subject", subject},
               {"number", number},
               {"created", created.text()}};
  if (why) json["reason"] = yizhan::describe(*why);
  return json;
}

Json OutgoingPackage::describe() const {
  Json json = {{"message_id", id.text()},
               {"pair", pair},
               {"with_attachments", with_attachments},
               {"state", text_of(state)},
               {"state_title", title_of(state)},
               {"sealed", sealed.text()},
               {"expires", expires.text()}};
  if (why) json["reason"] = yizhan::describe(*why);
  return json;
}

Json OutgoingRecipient::describe() const {
  Json json = {{"org_code", addressee.org.text()},
               {"unit_code", addressee.unit.text()},
               {"name", name},
               {"copy_kind", text_of(copy_kind)},
               {"state", text_of(state)},
               {"state_title", title_of(state)},
               {"since", since.text()}};
  if (why) json["reason"] = yizhan::describe(*why);
  return json;
}

Json describe(const InspectionIssue& issue) {
  return {{"code", issue.code},
          {"element", issue.element},
          {"line", issue.line},
          {"message", issue.message},
          {"remedy", issue.remedy},
          {"file", issue.file}};
}

Json describe(const Part& part) {
  return {{"name", part.name},
          {"media_type", part.media_type},
          {"kind", text_of(part.kind)},
          {"length", part.length},
          {"sha256", part.sha256.hex()}};
}

Json describe(const Refusal& refusal) {
  const ReasonText& text = describe(refusal.reason);
  return {{"code", text.code},
          {"title", text.title},
          {"detail", refusal.detail},
          {"remedy", text.remedy}};
}

}  // namespace yizhan
