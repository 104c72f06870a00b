#include <array>

#include "role/management/people_routes.h"

// Getting in and out, and what people do with their own account.

namespace yizhan {

namespace {

using enum Method;

std::string text_of_secret(const SecretBytes& secret) {
  return std::string(text_of(secret.view()));
}

Response describe_session(const NewSession& session) {
  return Response::json(200, {{"token", text_of_secret(session.token)},
                              {"until", session.until.text()},
                              {"account", describe(session.account)}});
}

Result<Response> log_in(const PeopleDesk& desk, const Caller& caller, const Request& request) {
  YZ_TRY(desk.attempts.take(caller.address));
  const Json body = YZ_TRY(small_body(request));
  Members members(body, "log_in");
  LogIn asked;
  asked.name = members.text("name");
  asked.password = secret_in(members, "password");
  asked.code = members.text("code");
  asked.address = caller.address;
  YZ_TRY(members.check());
  return describe_session(YZ_TRY(desk.sessions.log_in(asked)));
}

// Path, dates and revocation first; whose it is, the accounts know.
Result<Response> log_in_by_certificate(const PeopleDesk& desk, const Caller& caller,
                                       const Request& request) {
  YZ_TRY(desk.attempts.take(caller.address));
  if (!request.peer.certificate) {
    return Refusal{Reason::kBadRequest, "此埠不以憑證登入；請改用帳號、密碼及驗證碼"};
  }
  const auto trust = desk.trust.current();
  YZ_TRY(validate_path({.certificate = *request.peer.certificate, .at = desk.clock.now()},
                       trust->anchors, trust->intermediates, trust->revocations));
  return describe_session(YZ_TRY(
      desk.sessions.log_in_by_certificate(request.peer.certificate->sha256(), caller.address)));
}

Result<Response> show_session(const PeopleDesk& desk, const Caller& caller, const Request&) {
  const PersonalAccount account = YZ_TRY(desk.sessions.account_of(caller.token));
  return Response::json(200, {{"account", describe(account)}});
}

Result<Response> log_out(const PeopleDesk& desk, const Caller& caller, const Request&) {
  desk.sessions.log_out(caller.token);
  return Response::json(200, {{"logged_out", true}});
}

Result<Response> change_password(const PeopleDesk& desk, const Caller& caller,
                                 const Request& request) {
  YZ_TRY(desk.attempts.take(caller.address));
  const Json body = YZ_TRY(small_body(request));
  Members members(body, "password");
  PasswordChange change;
  change.token = caller.token;
  change.old_password = secret_in(members, "old_password");
  change.new_password = secret_in(members, "new_password");
  change.address = caller.address;
  YZ_TRY(members.check());
  YZ_TRY(desk.sessions.change_password(change));
  return Response::json(200, {{"changed", true}});
}

// What the authenticator app needs is shown here and never again.
Result<Response> recover(const PeopleDesk& desk, const Caller& caller, const Request& request) {
  YZ_TRY(desk.attempts.take(caller.address));
  const Json body = YZ_TRY(small_body(request));
  Members members(body, "recovery");
  RecoveryUse use;
  use.token = members.text("token");
  use.new_password = secret_in(members, "new_password");
  use.address = caller.address;
  YZ_TRY(members.check());
  const SecretBytes uri = YZ_TRY(desk.sessions.recover(use));
  return Response::json(200, {{"authenticator", text_of_secret(uri)}});
}

constexpr auto kRoutes = std::to_array<PersonRoute>({
    {kPost, "/v1/session", log_in},
    {kPost, "/v1/session/certificate", log_in_by_certificate},
    {kPost, "/v1/recovery", recover},
    {kGet, "/v1/session", show_session},
    {kDelete, "/v1/session", log_out},
    {kPost, "/v1/password", change_password},
});

}  // namespace

std::span<const PersonRoute> session_routes() { return kRoutes; }

}  // namespace yizhan
