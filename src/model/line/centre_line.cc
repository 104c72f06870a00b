#include "model/line/centre_line.h"

#include <algorithm>

#include "model/line/answers.h"

namespace yizhan {

namespace {

constexpr std::chrono::seconds kNewsWaitMax{60};
constexpr const char* kWithBody = "application/octet-stream";
constexpr std::size_t kAnswerBytesMax = 16U << 20;  // a page of news, a message with its evidence

std::string submission_path(const std::string& submission) {
  return "/v1/submissions/" + percent_encode(submission);
}

std::string delivery_path(const DeliveryId& delivery) {
  return "/v1/deliveries/" + delivery.text();
}

std::string message_path(const MessageId& message) { return "/v1/messages/" + message.text(); }

}  // namespace

CentreLine::CentreLine(Endpoint centre, std::chrono::milliseconds deadline)
    : client_(std::move(centre)), deadline_(deadline) {}

Result<Response> CentreLine::ask(const OutgoingRequest& request) {
  return yizhan::ask(client_, request, deadline_);
}

Result<Json> CentreLine::ask_json(const OutgoingRequest& request) {
  return yizhan::ask_json(client_, request, deadline_);
}

Result<Json> CentreLine::post(const std::string& path, const Json& body) {
  return ask_json({.method = Method::kPost,
                   .path_and_query = path,
                   .headers = {{"Content-Type", "application/json"}},
                   .body = canonical_json(body),
                   .response_bytes_max = kAnswerBytesMax});
}

Result<SubmissionAnswer> CentreLine::submit(const Envelope& envelope) {
  return parse_submission_answer(
      YZ_TRY(ask_json({.method = Method::kPost,
                       .path_and_query = "/v1/submissions",
                       .headers = {{"Content-Type", "application/octet-stream"}},
                       .body = envelope.submission()})));
}

Result<SubmissionAnswer> CentreLine::put_group(const std::string& submission, std::int64_t index,
                                               ByteView group) {
  return parse_submission_answer(YZ_TRY(ask_json(
      {.method = Method::kPut,
       .path_and_query = submission_path(submission) + "/groups/" + std::to_string(index),
       .headers = {{"Content-Type", "application/octet-stream"}},
       .body = copy_of(group)})));
}

Result<SubmissionAnswer> CentreLine::find_submission(const std::string& submission) {
  return parse_submission_answer(
      YZ_TRY(ask_json({.path_and_query = submission_path(submission)})));
}

NewsCursor cursor_at(const NewsEntry& entry) {
  return {entry.sequence, sha256(entry.evidence).hex()};
}

std::string news_path(const NewsCursor& after, std::chrono::seconds wait) {
  std::string path = "/v1/news?after=" + std::to_string(after.sequence);
  if (!after.seen.empty()) path += "&seen=" + after.seen;
  if (after.comeback.count > 0) {
    path += "&comebacks=" + std::to_string(after.comeback.count) +
            "&since=" + after.comeback.since.text();
  }
  if (!after.receipt.empty()) path += "&receipt=" + after.receipt;
  return path + "&wait=" + std::to_string(std::min(wait, kNewsWaitMax).count());
}

Result<NewsPage> read_news(const Response& response, const NewsCursor& after) {
  if (response.status == 204) return NewsPage{{}, after.sequence};
  const Result<Json> json = parse_json(response.body, {.bytes_max = kAnswerBytesMax});
  if (!json) return no_answer(json.refusal());
  return parse_news(*json);
}

Result<NewsPage> CentreLine::news(const NewsCursor& after, std::chrono::seconds wait) {
  const Response response = YZ_TRY(ask({.path_and_query = news_path(after, wait),
                                        .response_bytes_max = kAnswerBytesMax}));
  return read_news(response, after);
}

Result<Consignment> CentreLine::lease(const LeaseRequest& request) {
  const Json body = {{"terminal", request.terminal}, {"key", request.key}};
  const Response response =
      YZ_TRY(ask({.method = Method::kPost,
                  .path_and_query = delivery_path(request.delivery) + "/lease",
                  .headers = {{"Content-Type", "application/json"}, {"Accept", kWithBody}},
                  .body = canonical_json(body),
                  .response_bytes_max = kConsignmentBytesMax + kGroupBytes}));
  if (response.content_type == kWithBody) return Consignment::parse_answer(response.body);
  return Consignment::parse(response.body);
}

Result<Bytes> CentreLine::group(const DeliveryId& delivery, const std::string& lease,
                                std::int64_t index) {
  Response response =
      YZ_TRY(ask({.path_and_query = delivery_path(delivery) + "/groups/" + std::to_string(index) +
                                    "?lease=" + percent_encode(lease),
                  .response_bytes_max = kGroupBytes}));
  return std::move(response.body);
}

Result<State> CentreLine::complete(const DeliveryId& delivery, ByteView evidence) {
  return parse_state(YZ_TRY(
      post(delivery_path(delivery) + "/completion", {{"evidence", to_base64(evidence)}})));
}

Result<State> CentreLine::acknowledge(const DeliveryId& delivery, ByteView evidence) {
  return parse_state(YZ_TRY(
      post(delivery_path(delivery) + "/acknowledgement", {{"evidence", to_base64(evidence)}})));
}

Result<bool> CentreLine::tell(const Retold& retold) {
  return parse_known(YZ_TRY(ask_json(tell_request(retold))));
}

Result<MessageStanding> CentreLine::message(const MessageId& message) {
  return parse_message_standing(YZ_TRY(ask_json(
      {.path_and_query = message_path(message), .response_bytes_max = kAnswerBytesMax})));
}

Result<std::vector<RecipientStanding>> CentreLine::withdraw(const MessageId& message,
                                                            ByteView withdrawal) {
  return parse_standings(YZ_TRY(
      post(message_path(message) + "/withdrawal", {{"withdrawal", to_base64(withdrawal)}})));
}

Result<void> CentreLine::report_detection(ByteView detection) {
  YZ_TRY(post("/v1/detections", {{"detection", to_base64(detection)}}));
  return {};
}

Result<LogProof> CentreLine::prove(const Sha256& evidence) {
  const Response response =
      YZ_TRY(ask({.path_and_query = "/v1/evidence/" + evidence.hex() + "/proof"}));
  Result<LogProof> proof = LogProof::parse(response.body);
  if (!proof) return no_answer(proof.refusal());
  return proof;
}

Result<std::optional<Bytes>> CentreLine::directory(std::int64_t version) {
  Response response =
      YZ_TRY(ask({.path_and_query = "/v1/directory",
                  .headers = {{"If-None-Match", "\"" + std::to_string(version) + "\""}},
                  .response_bytes_max = 64U << 20}));
  if (response.status == 304) return std::optional<Bytes>();
  return std::optional(std::move(response.body));
}

}  // namespace yizhan
