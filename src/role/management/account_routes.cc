#include <algorithm>
#include <array>

#include "role/management/people_routes.h"

// What administrators do with accounts. Each act stands in one transaction with its journal event.

namespace yizhan {

namespace {

using enum Method;

By by(const PeopleDesk& desk, const Caller& caller) { return {caller.who, desk.clock.now()}; }

Result<std::set<std::string>> roles_in(Members& members) {
  std::set<std::string> roles;
  for (const Json& role : members.array("roles")) {
    if (!role.is_string()) return Refusal{Reason::kMalformed, "roles 須為文字"};
    roles.insert(role.get<std::string>());
  }
  return roles;
}

// The account that the path names, if it is one that the caller keeps.
Result<PersonalAccount> kept_account(const PeopleDesk& desk, Transaction& tx, const Caller& caller,
                                     const Request& request) {
  const std::vector<PersonalAccount> all = Accounts::all(tx);
  const std::string& name = request.parameters.at("account");
  const auto found = std::ranges::find_if(
      all, [&](const PersonalAccount& account) { return account.name.text() == name; });
  if (found == all.end()) return Refusal{Reason::kNotFound, name};
  YZ_TRY(check_reach(caller, {found->roles, found->scope}, *desk.directory.current()));
  return *found;
}

Result<Sha256> certificate_in(const Request& request) {
  const auto sha256 = Sha256::from_hex(request.parameters.at("sha256"));
  if (!sha256) return Refusal{Reason::kBadRequest, "憑證之 SHA-256 須為 64 個小寫十六進位數字"};
  return *sha256;
}

Json shown(const SecretBytes& token) { return std::string(text_of(token.view())); }

Result<Response> list(const PeopleDesk& desk, const Caller& caller, const Request&) {
  const auto directory = desk.directory.current();
  Json items = Json::array();
  for (const PersonalAccount& account :
       desk.database.read([](Transaction& tx) { return Accounts::all(tx); })) {
    if (!check_reach(caller, {account.roles, account.scope}, *directory)) continue;
    items.push_back(describe(account));
  }
  return Response::json(200, {{"items", std::move(items)}});
}

// With the token by which its owner begins.
Result<Response> open(const PeopleDesk& desk, const Caller& caller, const Request& request) {
  const Json body = YZ_TRY(small_body(request));
  Members members(body, "account");
  const auto name = members.parsed<AccountName>("name", AccountName::parse);
  const std::string person = members.text("person");
  const std::string scope = members.text("scope");
  const std::set<std::string> roles = YZ_TRY(roles_in(members));
  YZ_TRY(members.check());
  YZ_TRY(check_reach(caller, {roles, scope}, *desk.directory.current()));
  return desk.database.transact([&](Transaction& tx) -> Result<Response> {
    const PersonalAccount account =
        YZ_TRY(desk.accounts.open(tx, {*name, person, scope, roles}, by(desk, caller)));
    const SecretBytes token =
        YZ_TRY(desk.accounts.give_recovery(tx, {account.id, desk.recovery}, by(desk, caller)));
    return Response::json(201, {{"account", describe(account)}, {"recovery", shown(token)}});
  });
}

Result<Response> set_roles(const PeopleDesk& desk, const Caller& caller, const Request& request) {
  const Json body = YZ_TRY(small_body(request));
  Members members(body, "roles");
  const std::set<std::string> roles = YZ_TRY(roles_in(members));
  YZ_TRY(members.check());
  return desk.database.transact([&](Transaction& tx) -> Result<Response> {
    PersonalAccount account = YZ_TRY(kept_account(desk, tx, caller, request));
    YZ_TRY(check_reach(caller, {roles, account.scope}, *desk.directory.current()));
    YZ_TRY(desk.accounts.set_roles(tx, account.id, roles, by(desk, caller)));
    account.roles = roles;
    return Response::json(200, {{"account", describe(account)}});
  });
}

Result<Response> close(const PeopleDesk& desk, const Caller& caller, const Request& request) {
  return desk.database.transact([&](Transaction& tx) -> Result<Response> {
    const PersonalAccount account = YZ_TRY(kept_account(desk, tx, caller, request));
    YZ_TRY(desk.accounts.close(tx, account.id, by(desk, caller)));
    return Response::json(200, {{"closed", account.name.text()}});
  });
}

Result<Response> give_recovery(const PeopleDesk& desk, const Caller& caller,
                               const Request& request) {
  return desk.database.transact([&](Transaction& tx) -> Result<Response> {
    const PersonalAccount account = YZ_TRY(kept_account(desk, tx, caller, request));
    const SecretBytes token =
        YZ_TRY(desk.accounts.give_recovery(tx, {account.id, desk.recovery}, by(desk, caller)));
    return Response::json(200, {{"recovery", shown(token)}});
  });
}

Result<Response> register_certificate(const PeopleDesk& desk, const Caller& caller,
                                      const Request& request) {
  const Sha256 sha256 = YZ_TRY(certificate_in(request));
  return desk.database.transact([&](Transaction& tx) -> Result<Response> {
    const PersonalAccount account = YZ_TRY(kept_account(desk, tx, caller, request));
    YZ_TRY(desk.accounts.register_certificate(tx, account.id, sha256, by(desk, caller)));
    return Response::json(200, {{"registered", sha256.hex()}});
  });
}

Result<Response> remove_certificate(const PeopleDesk& desk, const Caller& caller,
                                    const Request& request) {
  const Sha256 sha256 = YZ_TRY(certificate_in(request));
  return desk.database.transact([&](Transaction& tx) -> Result<Response> {
    const PersonalAccount account = YZ_TRY(kept_account(desk, tx, caller, request));
    YZ_TRY(desk.accounts.remove_certificate(tx, account.id, sha256, by(desk, caller)));
    return Response::json(200, {{"removed", sha256.hex()}});
  });
}

constexpr auto kRoutes = std::to_array<PersonRoute>({
    {kGet, "/v1/accounts", list},
    {kPost, "/v1/accounts", open},
    {kPut, "/v1/accounts/{account}/roles", set_roles},
    {kPost, "/v1/accounts/{account}/closing", close},
    {kPost, "/v1/accounts/{account}/recovery", give_recovery},
    {kPut, "/v1/accounts/{account}/certificates/{sha256}", register_certificate},
    {kDelete, "/v1/accounts/{account}/certificates/{sha256}", remove_certificate},
});

}  // namespace

std::span<const PersonRoute> account_routes() { return kRoutes; }

}  // namespace yizhan
