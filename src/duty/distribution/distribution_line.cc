#include "duty/distribution/distribution_line.h"

namespace yizhan {

namespace {

constexpr std::chrono::minutes kDeadline{2};
constexpr std::size_t kWordBytesMax = 16'384;

std::string path_of(std::string_view location) {
  std::string path;
  while (!location.empty()) {
    const std::size_t slash = location.find('/');
    path += "/" + percent_encode(location.substr(0, slash));
    location = slash == std::string_view::npos ? "" : location.substr(slash + 1);
  }
  return path;
}

// What is no answer says nothing about the repository.
Refusal refusal_of(const Response& response, const std::string& what) {
  if (response.status == 404) return {Reason::kNotFound, what};
  if (response.refusal) return *response.refusal;
  return {Reason::kUnavailable, what + "：HTTP " + std::to_string(response.status)};
}

}  // namespace

DistributionLine::DistributionLine(Endpoint endpoint, std::string prefix)
    : client_(std::move(endpoint)), prefix_(std::move(prefix)) {}

Result<Bytes> DistributionLine::fetch(const std::string& location, std::size_t bytes_max) {
  // Room for the words of a refusal too.
  Response response =
      YZ_TRY(client_.send({.path_and_query = prefix_ + path_of(location),
                           .response_bytes_max = std::max(bytes_max, kWordBytesMax)},
                          kDeadline));
  if (response.status != 200) return refusal_of(response, location);
  if (response.body.size() > bytes_max) return Refusal{Reason::kTooLarge, location};
  return std::move(response.body);
}

Result<bool> DistributionLine::wait_for_news(std::int64_t version) {
  const std::string path = prefix_ + "/news?after=" + std::to_string(version) + "&wait=60";
  const Response response = YZ_TRY(
      client_.send({.path_and_query = path, .response_bytes_max = kWordBytesMax}, kDeadline));
  if (response.status == 200) return true;
  if (response.status == 204) return false;
  return refusal_of(response, "news");
}

Result<Response> DistributionLine::post(const std::string& path, ByteView cms) {
  Response response =
      YZ_TRY(client_.send({.method = Method::kPost,
                           .path_and_query = prefix_ + path,
                           .headers = {{"Content-Type", "application/pkcs7-mime"}},
                           .body = copy_of(cms),
                           .response_bytes_max = kWordBytesMax},
                          kDeadline));
  if (response.status != 200) return refusal_of(response, path);
  return response;
}

Result<void> DistributionLine::hand_over(const std::string& path, ByteView cms) {
  YZ_TRY(post(path, cms));
  return {};
}

Result<Json> DistributionLine::report_incident(ByteView cms) {
  const Response response = YZ_TRY(post("/incidents", cms));
  Json answer = YZ_TRY(parse_json(response.body, {.bytes_max = kWordBytesMax, .depth_max = 3}));
  if (!answer.is_object()) return Refusal{Reason::kMalformed, "資安事件之回覆"};
  return answer;
}

}  // namespace yizhan
