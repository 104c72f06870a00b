#include "role/terminal/requests.h"

#include <charconv>

namespace yizhan {

namespace {

std::optional<std::int64_t> find_integer(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// What a spreadsheet would take for a formula stays text.
std::string csv_field(const Json& value) {
  std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  if (value.is_boolean()) text = value.get<bool>() ? "是" : "否";
  if (!text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos) {
    text.insert(0, "'");
  }
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

}  // namespace

Handler handle(Work work) {
  return [work = std::move(work)](const Request& request) {
    Result<Response> answer = work(request);
    return answer ? std::move(*answer) : Response::problem(answer.refusal());
  };
}

std::string query_text(const Request& request, const std::string& name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? "" : found->second;
}

Result<std::size_t> index_in(const Request& request, const std::string& name) {
  const auto value = find_integer(request.parameters.at(name));
  if (!value || *value < 0) return Reason::kNotFound;
  return static_cast<std::size_t>(*value);
}

Result<std::int64_t> query_number(const Request& request, const QueryNumber& number) {
  const std::string text = query_text(request, number.name);
  if (text.empty()) return number.standard;
  const auto value = find_integer(text);
  if (value && *value >= number.min && *value <= number.max) return *value;
  return Refusal{Reason::kBadRequest, number.name + " 須為 " + std::to_string(number.min) + " 至 " +
                                          std::to_string(number.max) + " 之整數"};
}

Result<Day> day_in(const Request& request, const std::string& name, Day standard) {
  const std::string text = query_text(request, name);
  if (text.empty()) return standard;
  const auto time = Time::parse(text + "T00:00:00Z");
  if (!time) return Refusal{Reason::kBadRequest, name + " 須為西元日期 YYYY-MM-DD"};
  return day_of(*time);
}

Result<std::int64_t> page_limit(const Request& request) {
  return query_number(request, {.name = "limit", .standard = 50, .min = 1, .max = 200});
}

Result<Json> body_in(const Request& request, std::size_t bytes_max) {
  if (request.body.empty()) return Json::object();
  Json json = YZ_TRY(parse_json(request.body, {.bytes_max = bytes_max, .depth_max = 6}));
  if (!json.is_object()) return Refusal{Reason::kMalformed, "內容須為 JSON 物件"};
  return json;
}

Result<std::string> person_in(Members& members, const std::string& standard) {
  std::string person = members.optional_text("person").value_or(standard);
  if (person.empty() || person.size() > 128) {
    return Refusal{Reason::kBadRequest, "請載明承辦人員（person），至多 128 位元組"};
  }
  return person;
}

Json page_of(Json items, std::int64_t limit, const std::string& last) {
  Json page = {{"items", std::move(items)}};
  if (static_cast<std::int64_t>(page.at("items").size()) == limit) page["next"] = last;
  return page;
}

Response csv_response(const Json& items, std::span<const CsvColumn> columns,
                      const std::string& file_name) {
  const auto line = [&](const auto& field) {
    std::string text;
    for (const CsvColumn& column : columns) {
      if (!items.empty() && !items.front().contains(column.member)) continue;
      text += (text.empty() ? "" : ",") + csv_field(field(column));
    }
    return text + "\r\n";
  };
  std::string csv = "\xef\xbb\xbf";  // or spreadsheets take it for another encoding
  csv += line([](const CsvColumn& column) { return Json(column.title); });
  for (const Json& item : items) {
    csv += line([&](const CsvColumn& column) { return item.at(column.member); });
  }
  Response response;
  response.content_type = "text/csv";
  response.headers.emplace_back("Content-Disposition",
                                "attachment; filename=\"" + file_name + "\"");
  response.body = copy_of(bytes_of(csv));
  return response;
}

Result<Piece> piece_in(const Request& request) {
  const std::int64_t offset =
      YZ_TRY(query_number(request, {.name = "offset", .standard = 0, .min = 0,
                                    .max = kJsonIntegerMax}));
  const std::int64_t length = YZ_TRY(query_number(
      request, {.name = "length", .standard = kPieceBytesMax, .min = 1, .max = kPieceBytesMax}));
  return Piece{static_cast<std::uint64_t>(offset), static_cast<std::size_t>(length)};
}

Response piece_response(Bytes bytes) {
  Response response;
  response.content_type = "application/octet-stream";
  // Whatever it is, no browser may take it for a page.
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("Content-Disposition", "attachment");
  response.body = std::move(bytes);
  return response;
}

}  // namespace yizhan
