#include "role/exchange/operator_routes.h"

namespace yizhan {

namespace {

constexpr RouteLimits kSmall{.body_bytes_max = 64U << 10};
constexpr RouteLimits kDecisions{.body_bytes_max = 256U << 10};

Result<std::vector<SignedDecision>> decisions_in(const Request& request) {
  const Json json = YZ_TRY(parse_json(request.body, {.bytes_max = 256U << 10, .depth_max = 3}));
  Members members(json, "body");
  const Json& items = members.array("decisions");
  YZ_TRY(members.check());
  std::vector<SignedDecision> decisions;
  for (const Json& item : items) {
    const auto cms = item.is_string() ? from_base64(item.get<std::string>()) : std::nullopt;
    if (!cms) return Refusal{Reason::kMalformed, "decisions 須為 base64"};
    decisions.push_back(YZ_TRY(open_decision(*cms)));
  }
  return decisions;
}

Result<Response> decide(const OperatorDesk& desk, const Request& request) {
  const auto decisions = YZ_TRY(decisions_in(request));
  const Station station = YZ_TRY(desk.holding.decide(decisions));
  return Response::json(200, {{"decided", true}, {"station", text_of(station)}});
}

Refusal no_distribution() { return {Reason::kNotFound, "本中心未設定跟隨派送"}; }

Json describe_status(const OperatorDesk& desk) {
  const auto directory = desk.directory.current();
  Json status = desk.reading.stations();
  status["accounting"] = desk.gauge.read();
  status["queues"] = desk.centres.describe(desk.reading.queues());
  status["centre"] = desk.custody.centre().code.text();
  status["time"] = desk.custody.now().text();
  status["log"] = desk.attesting.describe();
  status["directory"] = {{"version", directory->version()},
                         {"issued", directory->issued().text()},
                         {"expires", directory->expires().text()}};
  status["certificates"] =
      describe_coverage(desk.registered(), desk.custody.now(), desk.certificate_warning);
  status["quota_reached"] = Json::array();
  for (const OrgCode& agency : desk.quota.waiting(desk.custody.now())) {
    status["quota_reached"].push_back(agency.text());
  }
  if (desk.distributing != nullptr) status["distribution"] = desk.distributing->describe();
  const Comeback comeback = desk.custody.comebacks().current();
  if (comeback.count > 0) status["comeback"] = describe(comeback);
  if (const auto maintenance = desk.maintenance.current()) {
    status["maintenance"] = maintenance->describe();
  }
  return status;
}

Result<Response> begin_maintenance(const OperatorDesk& desk, const Request& request) {
  const Json json = YZ_TRY(parse_json(request.body, {.bytes_max = 4096, .depth_max = 2}));
  Members members(json, "maintenance");
  Maintenance wish{members.text("person"), members.text("reason"), {}, {}};
  if (members.has("until")) wish.until = members.time("until");
  YZ_TRY(members.check());
  return Response::json(200, YZ_TRY(desk.maintenance.begin(std::move(wish))).describe());
}

Result<Response> end_maintenance(const OperatorDesk& desk, const Request& request) {
  const Json json = YZ_TRY(parse_json(request.body, {.bytes_max = 4096, .depth_max = 2}));
  Members members(json, "maintenance");
  const std::string person = members.text("person");
  YZ_TRY(members.check());
  desk.maintenance.end(person);
  return Response::json(200, {{"accepting", true}});
}

// The operator knows that the store came back, before anybody has found it.
Result<Response> note_comeback(const OperatorDesk& desk, const Request& request) {
  const Json json = YZ_TRY(parse_json(request.body, {.bytes_max = 4096, .depth_max = 2}));
  Members members(json, "comeback");
  const std::string person = members.text("person");
  YZ_TRY(members.check());
  Comebacks& comebacks = desk.custody.comebacks();
  desk.database.transact([&](Transaction& tx) {
    desk.custody.note_comeback(tx, comebacks.current().count, person);
  });
  return Response::json(200, describe(comebacks.current()));
}

// What this centre will do about an update notice, or has done.
Result<Response> answer_notice(const OperatorDesk& desk, const Request& request) {
  if (desk.distributing == nullptr) return no_distribution();
  const Result<std::int64_t> number =
      UpdateNotice::number_in("notices/" + request.parameters.at("number") + ".json");
  if (!number) return Refusal{Reason::kNotFound, request.parameters.at("number")};
  const Json json = YZ_TRY(parse_json(request.body, {.bytes_max = 64U << 10, .depth_max = 2}));
  Members members(json, "answer");
  const auto kind = members.parsed<NoticeAnswer::Kind>("kind", find_answer_kind);
  const auto day = members.parsed<Day>("day", find_day);
  std::string person = members.text("person"), note = members.text("note");
  YZ_TRY(members.check());
  return Response::json(200, YZ_TRY(desk.distributing->answer_notice(
                                 *number, {*kind, *day, std::move(person), std::move(note)})));
}

Refusal no_incidents() { return {Reason::kNotFound, "沒有資安事件之紀錄"}; }

Result<Response> show_incidents(const OperatorDesk& desk, const Request&) {
  if (desk.incidents == nullptr) return no_incidents();
  return Response::json(200, desk.incidents->describe());
}

// The level, what was done to stop it, or what was found out and changed.
Result<Response> tell_of_incident(const OperatorDesk& desk, const Request& request) {
  if (desk.incidents == nullptr) return no_incidents();
  const std::string& name = request.parameters.at("incident");
  const auto incident = CaseId::parse(name);
  if (!incident) return Refusal{Reason::kNotFound, name};
  const Json json = YZ_TRY(parse_json(request.body, {.bytes_max = 64U << 10, .depth_max = 2}));
  Members members(json, "incident");
  const std::string person = members.text("person");
  const std::string kind = members.text("kind");
  if (kind == "level") {
    const auto degree = [&](const char* what) {
      return static_cast<int>(members.integer(what, {.min = 1, .max = 4}));
    };
    const IncidentImpact impact{degree("confidentiality"), degree("integrity"),
                                degree("availability")};
    YZ_TRY(members.check());
    return Response::json(200, YZ_TRY(desk.incidents->assess(*incident, impact, person)));
  }
  const std::string text = members.text("text");
  if (kind != "control" && kind != "improve") members.refuse("kind", "須為 level、control 或 improve");
  YZ_TRY(members.check());
  const FoundIncidents::Word word{text, person};
  const Json then = YZ_TRY(kind == "control" ? desk.incidents->control(*incident, word)
                                             : desk.incidents->improve(*incident, word));
  return Response::json(200, then);
}

Result<Response> show_notices(const OperatorDesk& desk, const Request&) {
  if (desk.distributing == nullptr) return no_distribution();
  return Response::json(200, desk.distributing->describe_notices());
}

Result<Response> show_reports(const OperatorDesk& desk, const Request&) {
  if (desk.distributing == nullptr) return no_distribution();
  return Response::json(200, desk.distributing->describe_reports());
}

}  // namespace

Certificates OperatorDesk::registered() const {
  const auto now = directory.current();
  const Centre* own = now->find(custody.centre().code);
  return own == nullptr ? Certificates{} : own->certificates;
}

namespace {

void add_distribution_routes(Router& router, const OperatorDesk& desk) {
  using Work = Result<Response> (*)(const OperatorDesk&, const Request&);
  const auto handle = [desk](Work work) {
    return [desk, work](const Request& request) {
      Result<Response> answer = work(desk, request);
      return answer ? std::move(*answer) : Response::problem(answer.refusal());
    };
  };
  router.add(Method::kGet, "/v1/operator/distribution", kSmall, handle(show_reports));
  router.add(Method::kGet, "/v1/operator/notices", kSmall, handle(show_notices));
  router.add(Method::kPost, "/v1/operator/notices/{number}", kSmall, handle(answer_notice));
  router.add(Method::kGet, "/v1/operator/incidents", kSmall, handle(show_incidents));
  router.add(Method::kPost, "/v1/operator/incidents/{incident}", kSmall, handle(tell_of_incident));
}

}  // namespace

void add_operator_routes(Router& router, const OperatorDesk& desk) {
  router.add(Method::kGet, "/v1/operator/status", kSmall, [desk](const Request&) {
    return Response::json(200, describe_status(desk));
  });
  router.add(Method::kGet, "/v1/operator/held", kSmall, [desk](const Request& request) {
    const auto after = request.query.find("after");
    return Response::json(
        200, desk.reading.held(after == request.query.end() ? std::string() : after->second));
  });
  add_distribution_routes(router, desk);
  router.add(Method::kGet, "/v1/operator/orders", kSmall, [desk](const Request& request) {
    const auto all = request.query.find("all");
    const bool ended_too = all != request.query.end() && all->second == "true";
    if (desk.orders == nullptr) return Response::problem({Reason::kNotFound, "沒有命令之紀錄"});
    return Response::json(200, desk.orders->describe(ended_too));
  });
  router.add(Method::kGet, "/v1/operator/accounting", kSmall, [desk](const Request&) {
    return Response::json(200, desk.reading.accounting());
  });
  router.add(Method::kPost, "/v1/operator/maintenance", kSmall, [desk](const Request& request) {
    Result<Response> answer = begin_maintenance(desk, request);
    return answer ? std::move(*answer) : Response::problem(answer.refusal());
  });
  router.add(Method::kPost, "/v1/operator/opening", kSmall, [desk](const Request& request) {
    Result<Response> answer = end_maintenance(desk, request);
    return answer ? std::move(*answer) : Response::problem(answer.refusal());
  });
  router.add(Method::kPost, "/v1/operator/comeback", kSmall, [desk](const Request& request) {
    Result<Response> answer = note_comeback(desk, request);
    return answer ? std::move(*answer) : Response::problem(answer.refusal());
  });
  router.add(Method::kPost, "/v1/operator/decisions", kDecisions, [desk](const Request& request) {
    Result<Response> answer = decide(desk, request);
    return answer ? std::move(*answer) : Response::problem(answer.refusal());
  });
}

}  // namespace yizhan
