#include <array>

#include "role/management/people_routes.h"

// What officers look at, and the signatures that they bring.

namespace yizhan {

namespace {

using enum Method;

const std::string kReleases = "releases";

Result<std::string> role_in(const Request& request) {
  const auto role = request.query.find("role");
  if (role == request.query.end() || !is_role_name(role->second)) {
    return Refusal{Reason::kBadRequest, "請以 role 指明角色，如 directory"};
  }
  return role->second;
}

Result<Response> show_board(const PeopleDesk& desk, const Caller& caller, const Request& request) {
  Json board = desk.reports.board(BoardScope(caller.scope));
  const auto only = request.query.find("only");
  if (only == request.query.end()) return Response::json(200, board);
  if (only->second != "wanting") {
    return Refusal{Reason::kBadRequest, "only 僅得為 wanting（落後、未回報或失敗者）"};
  }
  Json wanting = Json::array();
  for (Json& line : board.at("items")) {
    const bool outdated = line.value("release", "") == "late";
    if (line.at("state") == "current" && !line.contains("failed") && !outdated) continue;
    wanting.push_back(std::move(line));
  }
  board["items"] = std::move(wanting);
  return Response::json(200, board);
}

Result<Response> show_notices(const PeopleDesk& desk, const Caller& caller, const Request&) {
  const BoardScope scope(caller.scope);
  return Response::json(
      200, desk.notices.describe([&](const Centre& centre) { return scope.covers(centre); }));
}

// Whom it concerns soon; with ?all=true everybody.
Result<Response> show_certificates(const PeopleDesk& desk, const Caller& caller,
                                   const Request& request) {
  const auto all = request.query.find("all");
  const bool everybody = all != request.query.end() && all->second == "true";
  const BoardScope scope(caller.scope);
  const auto directory = desk.directory.current();
  const Time now = desk.clock.now();
  return Response::json(200, desk.certificates.describe([&](const CertificateLine& line) {
    const bool concerned = everybody || state_of(line.ends, now) != CertificateState::kValid;
    return concerned && scope.covers(line.node, line.centre);
  }));
}

// What is owed, by who answers for it; ?under=CODE below somebody, ?since=DAY due from then on.
Result<Response> show_supervision(const PeopleDesk& desk, const Caller& caller,
                                  const Request& request) {
  SupervisionBook::View view{.scope = caller.scope, .under = "", .since = Time()};
  const auto under = request.query.find("under"), since = request.query.find("since");
  if (under != request.query.end()) view.under = under->second;
  if (since != request.query.end()) {
    const std::optional<Day> day = find_day(since->second);
    if (!day) return Refusal{Reason::kBadRequest, "日期須如 2026-01-01：" + since->second};
    view.since = begin_of(*day);
  }
  return Response::json(200, YZ_TRY(desk.supervision.board(view)));
}

Result<Response> show_status(const PeopleDesk& desk, const Caller&, const Request&) {
  Json status = desk.issuing.describe();
  const auto directory = desk.directory.current();
  status["time"] = desk.clock.now().text();
  status["directory"] = {{"version", directory->version()},
                         {"issued", directory->issued().text()},
                         {"expires", directory->expires().text()}};
  return Response::json(200, status);
}

Result<Response> list_staged(const PeopleDesk& desk, const Caller&, const Request&) {
  Json items = Json::array();
  for (const StagedRole& role : YZ_TRY(desk.issuing.publishing().staged())) {
    items.push_back(role.describe());
  }
  return Response::json(200, {{"items", std::move(items)}});
}

// Byte for byte, to be taken to where the officer's key is.
Result<Response> give_staged(const PeopleDesk& desk, const Caller&, const Request& request) {
  const std::string role = YZ_TRY(role_in(request));
  Bytes file = YZ_TRY(desk.issuing.publishing().staged_file(role));
  Response response;
  response.body = std::move(file);
  return response;
}

Result<Response> add_signatures(const PeopleDesk& desk, const Caller& caller,
                                const std::string& role, const Request& request) {
  const StagedRole then = YZ_TRY(desk.issuing.publishing().add_signatures(
      role, request.body,
      [&](const StagedRole& now) { desk.issuing.record().signed_by(now, caller.who); }));
  desk.issuing.wake();
  return Response::json(200, then.describe());
}

Result<Response> sign(const PeopleDesk& desk, const Caller& caller, const Request& request) {
  const std::string role = YZ_TRY(role_in(request));
  if (role == kReleases) {
    return Refusal{Reason::kRoleMissing,
                   "程式版本由程式派送人員送交（/v1/staged/releases/signatures）"};
  }
  return add_signatures(desk, caller, role, request);
}

Result<Response> sign_releases(const PeopleDesk& desk, const Caller& caller,
                               const Request& request) {
  return add_signatures(desk, caller, kReleases, request);
}

constexpr auto kRoutes = std::to_array<PersonRoute>({
    {kGet, "/v1/board", show_board},
    {kGet, "/v1/notices", show_notices},
    {kGet, "/v1/certificates", show_certificates},
    {kGet, "/v1/supervision", show_supervision},
    {kGet, "/v1/status", show_status},
    {kGet, "/v1/staged", list_staged},
    {kGet, "/v1/staged/file", give_staged},
    {kPost, "/v1/staged/signatures", sign},
    {kPost, "/v1/staged/releases/signatures", sign_releases},
});

}  // namespace

std::span<const PersonRoute> officer_routes() { return kRoutes; }

}  // namespace yizhan
