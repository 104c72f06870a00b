#include "role/management/people_routes.h"

#include <algorithm>
#include <array>

namespace yizhan {

namespace {

// Signatures on the largest metadata come in base64.
constexpr RouteLimits kStaged{.body_bytes_max = 24U << 20, .deadline = std::chrono::minutes{7}};
constexpr RouteLimits kSmall{.body_bytes_max = 64U << 10};

std::array<std::span<const PersonRoute>, 6> all_routes() {
  return {session_routes(), account_routes(),  officer_routes(),
          change_routes(),  incident_routes(), ground_routes()};
}

PersonWork work_of(const Access& access) {
  for (const auto routes : all_routes()) {
    const auto found = std::ranges::find_if(routes, [&](const PersonRoute& route) {
      return route.method == access.method && route.pattern == access.pattern;
    });
    if (found != routes.end()) return found->work;
  }
  YZ_ASSERT(false);  // a line without anything behind it
}

Result<Response> answer(const PeopleDesk& desk, const Access& access, const Request& request) {
  const Caller caller = YZ_TRY(admit(access, request, desk.sessions));
  return work_of(access)(desk, caller, request);
}

}  // namespace

Result<Json> small_body(const Request& request) {
  return parse_json(request.body, {.bytes_max = 64U << 10, .depth_max = 3});
}

SecretBytes secret_in(Members& members, std::string_view name) {
  return SecretBytes(copy_of(bytes_of(members.text(name))));
}

Json describe(const PersonalAccount& account) {
  Json json = {{"name", account.name.text()},
               {"person", account.person},
               {"scope", account.scope},
               {"roles", account.roles},
               {"opened", account.opened.text()}};
  if (account.closed) json["closed"] = account.closed->text();
  return json;
}

void add_people_routes(Router& router, const PeopleDesk& desk) {
  std::size_t behind = 0;
  for (const auto routes : all_routes()) {
    behind += routes.size();
  }
  YZ_ASSERT(behind == access_table().size());  // nothing is reached past the table
  for (const Access& access : access_table()) {
    work_of(access);
    const bool large = access.pattern.ends_with("/signatures");
    router.add(access.method, access.pattern, large ? kStaged : kSmall,
               [desk, &access](const Request& request) {
                 Result<Response> given = answer(desk, access, request);
                 return given ? std::move(*given) : Response::problem(given.refusal());
               });
  }
}

}  // namespace yizhan
