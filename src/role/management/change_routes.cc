#include <array>

#include "role/management/people_routes.h"

// 連線異動申請表: what agencies file, centres review, and two of management decide.

namespace yizhan {

namespace {

using enum Method;

ChangeBook::Actor actor_of(const Caller& caller) {
  return {caller.who, caller.roles, caller.scope};
}

Result<CaseId> case_in(const Request& request) {
  const auto id = CaseId::parse(request.parameters.at("case"));
  if (!id) return Refusal{Reason::kBadRequest, "案件識別碼不合格式"};
  return *id;
}

Result<Response> list(const PeopleDesk& desk, const Caller& caller, const Request& request) {
  const auto state = request.query.find("state");
  return Response::json(200, desk.changes.describe(caller.scope, state == request.query.end()
                                                                     ? std::string()
                                                                     : state->second));
}

Result<Response> show(const PeopleDesk& desk, const Caller& caller, const Request& request) {
  const CaseId id = YZ_TRY(case_in(request));
  return Response::json(200, YZ_TRY(desk.changes.describe(id, caller.scope)));
}

Result<Response> file(const PeopleDesk& desk, const Caller& caller, const Request& request) {
  return Response::json(201, YZ_TRY(desk.changes.file(request.body, actor_of(caller))));
}

Result<Response> review(const PeopleDesk& desk, const Caller& caller, const Request& request) {
  return Response::json(200, YZ_TRY(desk.changes.review(request.body, actor_of(caller))));
}

Result<Response> propose(const PeopleDesk& desk, const Caller& caller, const Request& request) {
  const CaseId id = YZ_TRY(case_in(request));
  const Json body = YZ_TRY(small_body(request));
  Members members(body, "proposal");
  const std::int64_t version = members.integer("version", {.min = 1});
  YZ_TRY(members.check());
  return Response::json(200, YZ_TRY(desk.changes.propose(id, version, actor_of(caller))));
}

Result<Response> approve(const PeopleDesk& desk, const Caller& caller, const Request& request) {
  const CaseId id = YZ_TRY(case_in(request));
  const Json body = YZ_TRY(small_body(request));
  Members members(body, "approval");
  const auto decision = members.parsed<JointDecisionId>("decision", JointDecisionId::parse);
  const Sha256 digest = members.sha256("digest");
  YZ_TRY(members.check());
  const ChangeBook::Seen seen{*decision, digest};
  return Response::json(200, YZ_TRY(desk.changes.confirm(id, seen, actor_of(caller))));
}

Result<Response> turn_down(const PeopleDesk& desk, const Caller& caller, const Request& request) {
  const CaseId id = YZ_TRY(case_in(request));
  const Json body = YZ_TRY(small_body(request));
  Members members(body, "refusal");
  const ChangeBook::Refusing refusing{members.integer("version", {.min = 1}),
                                      members.text("step"), members.text("reason")};
  YZ_TRY(members.check());
  return Response::json(200, YZ_TRY(desk.changes.turn_down(id, refusing, actor_of(caller))));
}

constexpr auto kRoutes = std::to_array<PersonRoute>({
    {kGet, "/v1/requests", list},
    {kGet, "/v1/requests/{case}", show},
    {kPost, "/v1/requests", file},
    {kPost, "/v1/requests/reviews", review},
    {kPost, "/v1/requests/{case}/proposals", propose},
    {kPost, "/v1/requests/{case}/approval", approve},
    {kPost, "/v1/requests/{case}/refusal", turn_down},
});

}  // namespace

std::span<const PersonRoute> change_routes() { return kRoutes; }

}  // namespace yizhan
