#include "ground/net/message.h"

#include <algorithm>
#include <array>

#include "ground/net/problem.h"

namespace yizhan {

namespace {

struct MethodName {
  Method method;
  std::string_view name;
};

constexpr auto kMethods = std::to_array<MethodName>({{Method::kGet, "GET"},
                                                     {Method::kHead, "HEAD"},
                                                     {Method::kPut, "PUT"},
                                                     {Method::kPost, "POST"},
                                                     {Method::kPatch, "PATCH"},
                                                     {Method::kDelete, "DELETE"}});

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

std::string_view name_of(Method method) {
  return kMethods.at(static_cast<std::size_t>(method)).name;
}

std::optional<Method> find_method(std::string_view name) {
  const auto found = std::ranges::find(kMethods, name, &MethodName::name);
  return found == kMethods.end() ? std::nullopt : std::optional(found->method);
}

std::optional<std::string_view> find_header(const Headers& headers, std::string_view name) {
  const auto found = std::ranges::find_if(
      headers, [&](const auto& header) { return same_name(header.first, name); });
  return found == headers.end() ? std::nullopt : std::optional<std::string_view>(found->second);
}

Response Response::json(int status, const Json& body) {
  return {.status = status, .body = copy_of(bytes_of(body.dump()))};
}

Response Response::problem(const Refusal& refusal) {
  return {.status = describe(refusal.reason).http_status,
          .content_type = std::string(kProblemType),
          .body = problem_body(refusal, {}),
          .refusal = refusal};
}

Bytes problem_body(const Refusal& refusal, std::string_view trace_id) {
  const ReasonText& text = describe(refusal.reason);
  Json problem = {{"type", "urn:yizhan:reason:" + std::string(text.code)},
                  {"title", text.title},
                  {"status", text.http_status},
                  {"code", text.code},
                  {"remedy", text.remedy}};
  if (!refusal.detail.empty()) problem["detail"] = refusal.detail;
  if (!trace_id.empty()) problem["trace_id"] = trace_id;
  // A detail may quote what a stranger sent: bad UTF-8 is replaced, never thrown about.
  return copy_of(bytes_of(problem.dump(-1, ' ', false, Json::error_handler_t::replace)));
}

std::optional<Refusal> find_refusal(const Response& response) {
  if (!response.content_type.starts_with(kProblemType)) return std::nullopt;
  const auto problem = parse_json(response.body);
  if (!problem.ok() || !problem->is_object()) return std::nullopt;
  const auto text = [&](const char* name) {
    const auto member = problem->find(name);
    return member != problem->end() && member->is_string() ? member->get<std::string>() : "";
  };
  const auto reason = find_reason(text("code"));
  return reason ? std::optional(Refusal{*reason, text("detail")}) : std::nullopt;
}

}  // namespace yizhan
