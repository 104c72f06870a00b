#include "role/cli/line.h"

#include <thread>

namespace yizhan {

namespace {

// Longer than the longest wait that a question can ask for.
constexpr auto kDeadline = std::chrono::seconds{120};
constexpr std::size_t kAnswerBytesMax = 64U << 20;
constexpr int kTries = 15;
constexpr auto kPause = std::chrono::seconds{1};

Endpoint endpoint_of(const std::string& socket) {
  Endpoint endpoint;
  endpoint.unix_path = socket;
  return endpoint;
}

Json parsed(ByteView body) { return Json::parse(text_of(body), nullptr, false); }

// A code that is newer than this program.
Refusal unknown_refusal(const Response& response, const Json& problem) {
  std::string detail = "HTTP " + std::to_string(response.status);
  if (problem.is_object()) detail += " " + problem.value("title", "") + problem.value("detail", "");
  return {Reason::kInternal, std::move(detail)};
}

}  // namespace

Line::Line(const std::string& socket) : Line(endpoint_of(socket), socket) {}

Line::Line(Endpoint endpoint, std::string name)
    : name_(std::move(name)), client_(std::move(endpoint)) {}

void Line::authorize(const SecretBytes& token) { token_ = token.copy(); }

Result<Response> Line::ask(OutgoingRequest request) {
  if (token_) {
    request.headers.emplace_back("Authorization",
                                 "Bearer " + std::string(text_of(token_->view())));
  }
  Result<Response> answer = client_.send(request, kDeadline);
  if (!answer && answer.reason() == Reason::kUnavailable) {
    throw NotReachable("無法連上 " + name_ + "；請確認服務已啟動，且您的帳號獲准使用");
  }
  if (!answer) return answer.refusal();
  if (answer->status < 400) return answer;
  problem_ = parsed(answer->body);
  return answer->refusal ? *answer->refusal : unknown_refusal(*answer, problem_);
}

Result<Json> Line::ask_json(const OutgoingRequest& request) {
  const Response answer = YZ_TRY(ask(request));
  if (answer.body.empty()) return Json();
  Json json = parsed(answer.body);
  if (json.is_discarded()) return Refusal{Reason::kMalformed, "回答不是 JSON"};
  return json;
}

Result<Json> Line::get(const std::string& path) {
  OutgoingRequest request;
  request.path_and_query = path;
  request.response_bytes_max = kAnswerBytesMax;
  return ask_json(request);
}

Result<Json> Line::post(const std::string& path, const Json& body, const Headers& headers) {
  OutgoingRequest request;
  request.method = Method::kPost;
  request.path_and_query = path;
  request.headers = headers;
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = canonical_json(body);
  request.response_bytes_max = kAnswerBytesMax;
  return ask_json(request);
}

Result<Json> Line::put(const std::string& path, Bytes piece) {
  OutgoingRequest request;
  request.method = Method::kPut;
  request.path_and_query = path;
  request.headers = {{"Content-Type", "application/octet-stream"}};
  request.body = std::move(piece);
  return ask_json(request);
}

Result<Json> Line::put(const std::string& path, const Json& body) {
  OutgoingRequest request;
  request.method = Method::kPut;
  request.path_and_query = path;
  request.headers = {{"Content-Type", "application/json"}};
  request.body = canonical_json(body);
  return ask_json(request);
}

Result<Json> Line::post_bytes(const std::string& path, Bytes body) {
  OutgoingRequest request;
  request.method = Method::kPost;
  request.path_and_query = path;
  request.headers = {{"Content-Type", "application/octet-stream"}};
  request.body = std::move(body);
  return ask_json(request);
}

Result<Json> Line::remove(const std::string& path) {
  OutgoingRequest request;
  request.method = Method::kDelete;
  request.path_and_query = path;
  return ask_json(request);
}

Result<Bytes> Line::get_bytes(const std::string& path) {
  OutgoingRequest request;
  request.path_and_query = path;
  return YZ_TRY(ask(request)).body;
}

template <class T>
Result<T> patiently(const std::function<Result<T>()>& question) {
  for (int i = 1; i < kTries; ++i) {
    try {
      Result<T> answer = question();
      if (answer || answer.reason() != Reason::kUnavailable) return answer;
    } catch (const NotReachable&) {
      // Perhaps it is being restarted.
    }
    std::this_thread::sleep_for(kPause);
  }
  return question();
}

template Result<Json> patiently(const std::function<Result<Json>()>& question);
template Result<Bytes> patiently(const std::function<Result<Bytes>()>& question);

}  // namespace yizhan
