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

constexpr int kUnprovenMax = 200;

// With the signed evidence: that the centre owes its place in the log.
Json describe_unproven(const TerminalDesk& desk) {
  return desk.database.read([&](Transaction& tx) {
    Json items = Json::array();
    for (const AwaitedProof& awaited : ProofStore().overdue(tx, kUnprovenMax)) {
      const EvidenceRow row = EvidenceStore().require(tx, awaited.evidence);
      Json item = {{"evidence", row.sha256.hex()},
                   {"kind", row.kind},
                   {"sender", row.message.sender.text()},
                   {"message_id", row.message.message.text()},
                   {"recipient", row.recipient ? row.recipient->text() : ""},
                   {"since", awaited.taken.text()},
                   {"cms", to_base64(row.cms.value())}};
      if (awaited.why) item["reason"] = describe(*awaited.why);
      items.push_back(std::move(item));
    }
    return Json{{"items", std::move(items)}};
  });
}

}  // namespace

void add_status_routes(Router& router, const TerminalDesk& desk) {
  router.add(Method::kGet, "/api/v1/status", kSmall, [desk](const Request&) {
    return Response::json(200, desk.status.describe());
  });
  router.add(Method::kGet, "/api/v1/unproven", kSmall, [desk](const Request&) {
    return Response::json(200, describe_unproven(desk));
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
