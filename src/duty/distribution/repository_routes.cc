#include "duty/distribution/repository_routes.h"

namespace yizhan {

namespace {

constexpr RouteLimits kSmall{.body_bytes_max = 64U << 10};
constexpr std::string_view kPrefix = "/v1/distribution/";

// Byte for byte; whoever asks verifies.
Result<Response> file(const RepositoryDesk& desk, const Request& request) {
  YZ_TRY(desk.admit(request));
  Response response;
  response.content_type = "application/octet-stream";
  response.body = YZ_TRY(desk.file(request.path.substr(kPrefix.size())));
  return response;
}

Result<Response> report(const RepositoryDesk& desk, const Request& request) {
  YZ_TRY(desk.admit(request));
  YZ_TRY(desk.take_report(request));
  return Response::json(200, {{"taken", true}});
}

Result<Response> answer_notice(const RepositoryDesk& desk, const Request& request) {
  YZ_TRY(desk.admit(request));
  YZ_TRY(desk.take_notice_answer(request));
  return Response::json(200, {{"taken", true}});
}

Result<Response> report_incident(const RepositoryDesk& desk, const Request& request) {
  YZ_TRY(desk.admit(request));
  const Json answer = YZ_TRY(desk.take_incident(request));
  return Response::json(200, answer);
}

std::optional<Response> news(const RepositoryDesk& desk, const Request& request) {
  const Result<void> known = desk.admit(request);
  if (!known) return Response::problem(known.refusal());
  const std::int64_t version = desk.version();
  const auto after = request.query.find("after");
  const std::string seen = after == request.query.end() ? "0" : after->second;
  if (seen == std::to_string(version)) return std::nullopt;
  return Response::json(200, {{"version", version}});
}

using Work = Result<Response> (*)(const RepositoryDesk&, const Request&);

Handler handle(const RepositoryDesk& desk, Work work) {
  return [desk, work](const Request& request) {
    Result<Response> answer = work(desk, request);
    return answer ? std::move(*answer) : Response::problem(answer.refusal());
  };
}

}  // namespace

void add_repository_routes(Router& router, const RepositoryDesk& desk) {
  std::string pattern = "/v1/distribution/targets";
  router.add(Method::kGet, "/v1/distribution/metadata/{name}", kSmall, handle(desk, file));
  for (const char* part : {"/{a}", "/{b}", "/{c}", "/{d}"}) {
    router.add(Method::kGet, pattern += part, kSmall, handle(desk, file));
  }
  router.add(Method::kPost, "/v1/distribution/reports", kSmall, handle(desk, report));
  if (desk.take_notice_answer) {
    router.add(Method::kPost, "/v1/distribution/notices", kSmall, handle(desk, answer_notice));
  }
  if (desk.take_incident) {
    router.add(Method::kPost, "/v1/distribution/incidents", kSmall, handle(desk, report_incident));
  }
  const TopicOf topic = [](const Request&) { return std::string(kDistributionTopic); };
  const WaitingHandler handler = [desk](const Request& request, bool) {
    return news(desk, request);
  };
  router.add_waiting(Method::kGet, "/v1/distribution/news", kSmall, {topic, handler});
}

}  // namespace yizhan
