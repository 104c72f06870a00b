#pragma once

#include <span>

#include "ground/json/json.h"
#include "ground/net/net.h"
#include "model/calendar/calendar.h"

// How the routes read a request and answer it.

namespace yizhan {

inline constexpr RouteLimits kSmall{.body_bytes_max = 64U << 10};
inline constexpr std::int64_t kPieceBytesMax = 1 << 20;

using Work = std::function<Result<Response>(const Request&)>;
// The answer, or the refusal as a problem document.
Handler handle(Work work);

template <class Noun>
Result<Id<Noun>> id_in(const Request& request, const std::string& name) {
  const auto id = Id<Noun>::parse(request.parameters.at(name));
  if (!id) return Reason::kNotFound;
  return *id;
}

std::string query_text(const Request& request, const std::string& name);  // empty: absent

struct QueryNumber {
  std::string name;
  std::int64_t standard;
  std::int64_t min;
  std::int64_t max;
};
Result<std::int64_t> query_number(const Request& request, const QueryNumber& number);
// A date of the query, YYYY-MM-DD.
Result<Day> day_in(const Request& request, const std::string& name, Day standard);
// A path parameter that counts from 0.
Result<std::size_t> index_in(const Request& request, const std::string& name);
Result<std::int64_t> page_limit(const Request& request);  // `limit`

// A JSON object of at most `bytes_max`; no body is an empty object.
Result<Json> body_in(const Request& request, std::size_t bytes_max = 64U << 10);
// The member `person`, or the terminal's own standard. kBadRequest when there is neither.
Result<std::string> person_in(Members& members, const std::string& standard);

// `items`, and `next` when there may be more.
Json page_of(Json items, std::int64_t limit, const std::string& last);

// A member of the items, and its title in the first line.
struct CsvColumn {
  const char* member;
  const char* title;
};
// For spreadsheets: RFC 4180, UTF-8 with its mark. Columns that the items do not have are left out.
Response csv_response(const Json& items, std::span<const CsvColumn> columns,
                      const std::string& file_name);

struct Piece {
  std::uint64_t offset;
  std::size_t length;
};
Result<Piece> piece_in(const Request& request);
Response piece_response(Bytes bytes);

}  // namespace yizhan
