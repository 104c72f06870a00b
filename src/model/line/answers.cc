#include "model/line/answers.h"

#include <initializer_list>

namespace yizhan {

namespace {

constexpr std::size_t kBytesAMillisecond = 125;

bool is_success(const Response& response) {
  return response.status >= 200 && response.status < 300;
}

// Of an object only the members that we know.
Json known(const Json& json, std::initializer_list<const char*> names) {
  Json kept = Json::object();
  if (!json.is_object()) return kept;
  for (const char* name : names) {
    if (json.contains(name)) kept[name] = json.at(name);
  }
  return kept;
}

template <class T>
Result<T> answered(Result<T> result) {
  if (!result) return no_answer(result.refusal());
  return result;
}

// A bare code, or a description {code, title, remedy}. One that we do not know says only that much.
std::optional<Refusal> find_why(const Json& json) {
  if (!json.contains("reason")) return std::nullopt;
  const Json& reason = json.at("reason");
  std::string code;
  if (reason.is_string()) code = reason.get<std::string>();
  if (reason.is_object() && reason.contains("code") && reason.at("code").is_string()) {
    code = reason.at("code").get<std::string>();
  }
  const auto known_reason = find_reason(code);
  std::string detail;
  if (json.contains("detail") && json.at("detail").is_string()) {
    detail = json.at("detail").get<std::string>();
  }
  if (!known_reason) return Refusal{Reason::kInternal, "中心所稱原因：" + code};
  return Refusal{*known_reason, std::move(detail)};
}

std::optional<SubmissionProgress> find_progress(const std::string& text) {
  if (text == "receiving") return SubmissionProgress::kReceiving;
  if (text == "accepted") return SubmissionProgress::kAccepted;
  if (text == "rejected") return SubmissionProgress::kRejected;
  return std::nullopt;
}

// Agency and unit joined: 10 or 17 characters.
Result<Addressee> parse_joined(const std::string& text) {
  const std::string_view view = text;
  const OrgCode org = YZ_TRY(OrgCode::parse(view.substr(0, 10)));
  const UnitCode unit =
      YZ_TRY(UnitCode::parse(view.substr(std::min<std::size_t>(10, view.size()))));
  return Addressee{org, unit};
}

Result<NewsEntry> parse_entry(const Json& json) {
  const Json ours = known(json, {"sequence", "evidence", "kind", "sender", "message_id", "delivery",
                                 "recipient", "urgency"});
  Members m(ours, "news");
  const std::int64_t sequence = m.integer("sequence", {.min = 1});
  Bytes evidence = m.base64("evidence");
  std::string kind = m.text("kind");
  const auto sender = m.parsed<OrgCode>("sender", OrgCode::parse);
  const auto message = m.parsed<MessageId>("message_id", MessageId::parse);
  const std::string delivery = m.optional_text("delivery").value_or("");
  const std::string recipient = m.optional_text("recipient").value_or("");
  const std::string urgency = m.optional_text("urgency").value_or("");
  YZ_TRY(m.check());
  NewsEntry entry{sequence, std::move(evidence), std::move(kind), {*sender, *message}, {}, {}};
  entry.urgency = find_urgency(urgency);
  if (!delivery.empty()) {
    entry.delivery = DeliveryId::parse(delivery);
    if (!entry.delivery) return Reason::kMalformed;
  }
  if (!recipient.empty()) entry.recipient = YZ_TRY(parse_joined(recipient));
  return entry;
}

Result<RecipientStanding> parse_standing(const Json& json) {
  const Json ours = known(json, {"org_code", "unit_code", "state", "since"});
  Members m(ours, "recipient");
  const auto org = m.parsed<OrgCode>("org_code", OrgCode::parse);
  const auto unit = m.parsed<UnitCode>("unit_code", UnitCode::parse);
  const auto state = m.parsed<State>("state", find_state);
  std::optional<Time> since;
  if (m.has("since")) since = m.time("since");
  YZ_TRY(m.check());
  return RecipientStanding{{*org, *unit}, *state, find_why(json), since};
}

Result<std::vector<RecipientStanding>> read_standings(const Json& json) {
  const Json ours = known(json, {"recipients"});
  Members m(ours, "message");
  const Json& items = m.array("recipients");
  YZ_TRY(m.check());
  std::vector<RecipientStanding> standings;
  for (const Json& item : items) standings.push_back(YZ_TRY(parse_standing(item)));
  return standings;
}

Result<Comeback> read_comeback(const Json& json) {
  if (!json.contains("comeback")) return Comeback{};
  const Json ours = known(json.at("comeback"), {"count", "since"});
  Members m(ours, "comeback");
  const Comeback comeback{m.integer("count", {.min = 1}), m.time("since")};
  YZ_TRY(m.check());
  return comeback;
}

Result<bool> read_known(const Json& json) {
  const Json ours = known(json, {"known"});
  Members m(ours, "told");
  const bool is_known = m.flag("known");
  YZ_TRY(m.check());
  return is_known;
}

Result<NewsPage> read_news(const Json& json) {
  const Json ours = known(json, {"items", "next"});
  Members m(ours, "news");
  const Json& items = m.array("items");
  NewsPage page{{}, m.integer("next", {.min = 0})};
  YZ_TRY(m.check());
  page.comeback = YZ_TRY(read_comeback(json));
  for (const Json& item : items) page.items.push_back(YZ_TRY(parse_entry(item)));
  return page;
}

Result<SubmissionAnswer> read_submission_answer(const Json& json) {
  const Json ours = known(json, {"submission", "state", "next_group", "group_count"});
  Members m(ours, "submission");
  std::string submission = m.text("submission");
  const auto progress = m.parsed<SubmissionProgress>("state", find_progress);
  const std::int64_t next = m.integer("next_group", {.min = 0});
  const std::int64_t count = m.integer("group_count", {.min = 0});
  YZ_TRY(m.check());
  return SubmissionAnswer{std::move(submission), *progress, find_why(json), next, count};
}

std::optional<TakeoverState> find_takeover_state(const std::string& text) {
  for (const auto state :
       {TakeoverState::kReceiving, TakeoverState::kTaken, TakeoverState::kRefused}) {
    if (text_of(state) == text) return state;
  }
  return std::nullopt;
}

Result<RelayAnswer> read_relay_answer(const Json& json) {
  const Json ours = known(json, {"relay", "state", "next_group", "group_count", "news"});
  Members m(ours, "relay");
  const auto relay = m.parsed<TakeoverId>("relay", TakeoverId::parse);
  const auto state = m.parsed<TakeoverState>("state", find_takeover_state);
  const std::int64_t next = m.integer("next_group", {.min = 0});
  const std::int64_t count = m.integer("group_count", {.min = 0});
  std::optional<std::int64_t> news;
  if (m.has("news")) news = m.integer("news", {.min = 1});
  YZ_TRY(m.check());
  return RelayAnswer{*relay, *state, find_why(json), next, count, news};
}

Result<State> read_state(const Json& json) {
  const Json ours = known(json, {"state"});
  Members m(ours, "delivery");
  const auto state = m.parsed<State>("state", find_state);
  YZ_TRY(m.check());
  return *state;
}

Result<MessageStanding> read_message_standing(const Json& json) {
  MessageStanding standing{YZ_TRY(read_standings(json)), {}};
  const Json ours = known(json, {"evidence"});
  Members m(ours, "message");
  const Json& items = m.array("evidence");
  YZ_TRY(m.check());
  for (const Json& item : items) {
    const Json evidence = known(item, {"evidence"});
    Members row(evidence, "evidence");
    Bytes cms = row.base64("evidence");
    YZ_TRY(row.check());
    if (!cms.empty()) standing.evidence.push_back(std::move(cms));  // empty: not yet signed
  }
  return standing;
}

}  // namespace

Refusal no_answer(const Refusal& why) {
  return {Reason::kUnavailable, "中心的回應無法解讀：" + why.detail};
}

Result<Response> ask(Client& client, const OutgoingRequest& request,
                     std::chrono::milliseconds deadline) {
  const std::chrono::milliseconds sending(request.body.size() / kBytesAMillisecond);
  Response response = YZ_TRY(client.send(request, deadline + sending));
  const bool unchanged = response.status == 304;
  if (is_success(response) || unchanged) return response;
  if (response.refusal) return *response.refusal;
  return Refusal{Reason::kUnavailable, "中心回應 HTTP " + std::to_string(response.status)};
}

Result<Json> ask_json(Client& client, const OutgoingRequest& request,
                      std::chrono::milliseconds deadline) {
  const Response response = YZ_TRY(ask(client, request, deadline));
  const JsonLimits limits{.bytes_max = request.response_bytes_max, .depth_max = 8};
  Result<Json> json = parse_json(response.body, limits);
  if (!json) return no_answer(json.refusal());
  return json;
}

Result<SubmissionAnswer> parse_submission_answer(const Json& json) {
  return answered(read_submission_answer(json));
}

Result<RelayAnswer> parse_relay_answer(const Json& json) {
  return answered(read_relay_answer(json));
}

Result<NewsPage> parse_news(const Json& json) { return answered(read_news(json)); }

OutgoingRequest tell_request(const Retold& retold) {
  return {.method = Method::kPost,
          .path_and_query = "/v1/evidence",
          .headers = {{"Content-Type", "application/json"}},
          .body = retold.json()};
}

Result<bool> parse_known(const Json& json) { return answered(read_known(json)); }

Result<State> parse_state(const Json& json) { return answered(read_state(json)); }

Result<MessageStanding> parse_message_standing(const Json& json) {
  return answered(read_message_standing(json));
}

Result<std::vector<RecipientStanding>> parse_standings(const Json& json) {
  return answered(read_standings(json));
}

}  // namespace yizhan
