#include "model/line/relay_line.h"

#include "model/line/answers.h"

namespace yizhan {

namespace {

constexpr std::size_t kNewsBytesMax = 16U << 20;

std::string relay_path(const TakeoverId& relay) { return "/v1/relays/" + relay.text(); }

}  // namespace

RelayLine::RelayLine(Endpoint centre, std::chrono::milliseconds deadline)
    : client_(std::move(centre)), deadline_(deadline) {}

Result<Response> RelayLine::ask(const OutgoingRequest& request) {
  return yizhan::ask(client_, request, deadline_);
}

Result<RelayAnswer> RelayLine::ask_relay(const OutgoingRequest& request) {
  return parse_relay_answer(YZ_TRY(ask_json(client_, request, deadline_)));
}

Result<RelayAnswer> RelayLine::offer(const RelayOffer& offer) {
  return ask_relay({.method = Method::kPost,
                    .path_and_query = "/v1/relays",
                    .headers = {{"Content-Type", "application/json"}},
                    .body = offer.json()});
}

Result<RelayAnswer> RelayLine::put_group(const TakeoverId& relay, std::int64_t index,
                                         ByteView group) {
  return ask_relay({.method = Method::kPut,
                    .path_and_query = relay_path(relay) + "/groups/" + std::to_string(index),
                    .headers = {{"Content-Type", "application/octet-stream"}},
                    .body = copy_of(group)});
}

Result<RelayAnswer> RelayLine::accept(const TakeoverId& relay) {
  return ask_relay({.method = Method::kPost, .path_and_query = relay_path(relay) + "/acceptance"});
}

Result<void> RelayLine::withdraw(ByteView withdrawal) {
  const Json body = {{"withdrawal", to_base64(withdrawal)}};
  YZ_TRY(ask({.method = Method::kPost,
              .path_and_query = "/v1/relays/withdrawals",
              .headers = {{"Content-Type", "application/json"}},
              .body = canonical_json(body)}));
  return {};
}

Result<bool> RelayLine::tell(const Retold& retold) {
  return parse_known(YZ_TRY(ask_json(client_, tell_request(retold), deadline_)));
}

Result<NewsPage> RelayLine::news(const NewsCursor& after, std::chrono::seconds wait) {
  const Response response = YZ_TRY(ask({.path_and_query = news_path(after, wait),
                                        .response_bytes_max = kNewsBytesMax}));
  if (response.status == 204) return NewsPage{{}, after.sequence};
  const Result<Json> json = parse_json(response.body, {.bytes_max = kNewsBytesMax});
  if (!json) return no_answer(json.refusal());
  return parse_news(*json);
}

}  // namespace yizhan
