#include <charconv>

#include "role/terminal/desk.h"
#include "role/terminal/requests.h"

namespace yizhan {

namespace {

constexpr std::string_view kEventStream = "text/event-stream";

// Server-sent events (WHATWG HTML §9.2): each answer is a stream of one event that ends, and the
// reader comes again at once with Last-Event-ID, as the standard has it. So nothing is ever queued
// for a reader who is slow: an event says how things stand, not what has happened since.
bool reads_stream(const Request& request) {
  return request.header("Accept").value_or("").find(kEventStream) != std::string::npos;
}

Response stream(std::string_view event) {
  Response response{.content_type = std::string(kEventStream), .body = copy_of(bytes_of(event))};
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

// Which number the reader has seen. What is no number of ours is none.
Result<std::int64_t> seen_by(const Request& request) {
  const auto last = request.header("Last-Event-ID");
  if (!reads_stream(request) || !last) {
    return query_number(request,
                        {.name = "after", .standard = 0, .min = 0, .max = kJsonIntegerMax});
  }
  std::int64_t number = 0;
  const auto read = std::from_chars(last->data(), last->data() + last->size(), number);
  return read.ptr == last->data() + last->size() ? number : 0;
}

std::optional<Response> look(const TerminalDesk& desk, const Request& request, bool last_chance) {
  const Result<std::int64_t> after = seen_by(request);
  if (!after) return Response::problem(after.refusal());
  const std::int64_t number = desk.bell.number();
  if (*after == number) {
    // Another answer than 200 would tell the reader not to come again.
    const bool nothing = last_chance && reads_stream(request);
    return nothing ? std::optional(stream(": nothing has changed\n\n")) : std::nullopt;
  }
  Json json = desk.status.boxes();
  json["next"] = number;
  if (!reads_stream(request)) return Response::json(200, json);
  return stream("retry: 100\nid: " + std::to_string(number) + "\nevent: change\ndata: " +
                json.dump() + "\n\n");
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
  const WaitingHandler handler = [desk](const Request& request, bool last_chance) {
    return look(desk, request, last_chance);
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
