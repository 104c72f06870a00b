#include "ground/monitor/monitor_routes.h"

namespace yizhan {

namespace {

constexpr RouteLimits kNoBody{.body_bytes_max = 0};

Response text_response(std::string type, std::string_view text) {
  Response response;
  response.content_type = std::move(type);
  response.body = copy_of(bytes_of(text));
  return response;
}

Response metrics(const MonitorDesk& desk) {
  std::vector<Metric> all = desk.metrics();
  Metric ready{"yizhan_ready", "1 when the check has passed, by doing the real thing", {}};
  for (const Readiness::Finding& finding : desk.readiness.look()) {
    ready.samples.push_back({{{"check", finding.name}}, finding.why ? 0.0 : 1.0});
  }
  all.push_back(std::move(ready));
  return text_response("text/plain; version=0.0.4; charset=utf-8", exposition(all));
}

}  // namespace

void add_monitor_routes(Router& router, const MonitorDesk& desk) {
  router.add(Method::kGet, "/healthz", kNoBody,
             [](const Request&) { return text_response("text/plain", "ok\n"); });
  router.add(Method::kGet, "/readyz", kNoBody, [desk](const Request&) {
    const auto findings = desk.readiness.look();
    return Response::json(is_ready(findings) ? 200 : 503, describe(findings));
  });
  router.add(Method::kGet, "/metrics", kNoBody, [desk](const Request&) { return metrics(desk); });
}

ListenerConfig monitor_listener(const std::string& address, std::uint16_t port) {
  ListenerConfig listener;
  listener.address = address;
  listener.port = port;
  listener.connections_max = 64;
  return listener;
}

}  // namespace yizhan
