#include "role/exchange/requests.h"

#include <charconv>

namespace yizhan {

Result<std::int64_t> number_in(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) {
    return Refusal{Reason::kBadRequest, "須為非負整數：" + text};
  }
  return number;
}

std::string query(const Request& request, const std::string& name, const std::string& fallback) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? fallback : found->second;
}

Result<Bytes> member_in(const Request& request, const std::string& member) {
  const Json json = YZ_TRY(parse_json(request.body, {.bytes_max = 256U << 10, .depth_max = 2}));
  Members members(json, "body");
  Bytes bytes = members.base64(member);
  YZ_TRY(members.check());
  return bytes;
}

Response bytes_response(Bytes body, std::string type) {
  Response response;
  response.content_type = std::move(type);
  response.body = std::move(body);
  return response;
}

std::string news_topic(const NewsReader& reader) { return "news/" + reader.text(); }

std::optional<Response> news_answer(Reading& reading, const NewsReader& reader,
                                    const Request& request, bool last) {
  const Result<std::int64_t> after = number_in(query(request, "after", "0"));
  if (!after) return Response::problem(after.refusal());
  const Result<std::int64_t> comebacks = number_in(query(request, "comebacks", "0"));
  if (!comebacks) return Response::problem(comebacks.refusal());
  const Comeback known{*comebacks, Time::parse(query(request, "since", "")).value_or(Time())};
  const Json news = reading.news(
      reader, {*after, query(request, "seen", ""), known, query(request, "receipt", "")});
  const bool told = !news.contains("comeback") || news.at("comeback") == describe(known);
  if (news.at("items").empty() && told && !last) return std::nullopt;
  return Response::json(200, news);
}

}  // namespace yizhan
