#include "role/terminal/desk.h"
#include "role/terminal/requests.h"

namespace yizhan {

namespace {

std::optional<Response> look(const TerminalDesk& desk, const Request& request) {
  const Result<std::int64_t> after = query_number(
      request, {.name = "after", .standard = 0, .min = 0, .max = kJsonIntegerMax});
  if (!after) return Response::problem(after.refusal());
  const std::int64_t number = desk.bell.number();
  if (*after == number) return std::nullopt;
  Json json = desk.status.boxes();
  json["next"] = number;
  return Response::json(200, json);
}

}  // namespace

void add_status_routes(Router& router, const TerminalDesk& desk) {
  router.add(Method::kGet, "/api/v1/status", kSmall, [desk](const Request&) {
    return Response::json(200, desk.status.describe());
  });
  const TopicOf topic = [](const Request&) { return std::string(Bell::kTopic); };
  const WaitingHandler handler = [desk](const Request& request, bool) {
    return look(desk, request);
  };
  router.add_waiting(Method::kGet, "/api/v1/events", kSmall, {topic, handler});
}

void add_terminal_routes(Router& router, const TerminalDesk& desk) {
  add_draft_routes(router, desk);
  add_document_routes(router, desk);
  add_worklist_routes(router, desk);
  add_statistics_routes(router, desk);
  add_inbox_routes(router, desk);
  add_export_routes(router, desk);
  add_address_routes(router, desk);
  add_group_routes(router, desk);
  add_status_routes(router, desk);
}

}  // namespace yizhan
