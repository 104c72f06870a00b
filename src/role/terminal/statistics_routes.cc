#include <algorithm>
#include <sstream>

#include "model/calendar/calendar.h"
#include "role/terminal/desk.h"
#include "role/terminal/requests.h"

namespace yizhan {

namespace {

namespace chrono = std::chrono;

// What a request asks for, and how the rows of its answer are named.
struct StatisticsWish {
  Day from;
  Day until;  // its last day
  StatisticsView view;
  bool csv = false;
};

Result<StatisticsView> view_in(const std::string& text) {
  StatisticsView view;
  std::istringstream words(text);
  for (std::string word; std::getline(words, word, ',');) {
    if (word == "day") {
      view.by_day = true;
    } else if (word == "agency") {
      view.by_agency = true;
    } else if (word == "type") {
      view.by_type = true;
    } else if (word == "mode") {
      view.by_mode = true;
    } else {
      return Refusal{Reason::kBadRequest, "by 須為 day、agency、type、mode，以逗號分隔"};
    }
  }
  return view;
}

Result<StatisticsWish> wish_in(const Request& request, Day today) {
  StatisticsWish wish;
  wish.from = YZ_TRY(day_in(request, "from", today - chrono::days{30}));
  wish.until = YZ_TRY(day_in(request, "until", today));
  wish.view = YZ_TRY(view_in(query_text(request, "by")));
  const std::string format = query_text(request, "format");
  if (!format.empty() && format != "json" && format != "csv") {
    return Refusal{Reason::kBadRequest, "format 須為 json 或 csv"};
  }
  if (wish.until < wish.from || wish.until - wish.from > chrono::days{3660}) {
    return Refusal{Reason::kBadRequest, "until 不得早於 from，至多十年"};
  }
  wish.csv = format == "csv";
  return wish;
}

std::string_view name_of(Direction direction) {
  return direction == Direction::kSent ? "sent" : "received";
}

// Of what was to be confirmed, the part that is not.
double unconfirmed_rate(const StatisticsRow& row) {
  return row.count == 0 ? 0 : static_cast<double>(row.unconfirmed) / static_cast<double>(row.count);
}

Json describe(const StatisticsRow& row, const StatisticsView& view, const Directory& directory) {
  Json json = {{"direction", name_of(row.direction)},
               {"recipients", row.count},
               {"confirmed", row.confirmed},
               {"returned", row.returned},
               {"ended", row.ended},
               {"unconfirmed", row.unconfirmed},
               {"unconfirmed_rate", unconfirmed_rate(row)},
               {"paper", row.paper}};
  if (row.day) json["day"] = text_of(Day{chrono::days{*row.day}});
  if (view.by_agency) {
    json["org_code"] = row.agency;
    const auto code = OrgCode::parse(row.agency);
    json["name"] = code ? name_in(directory, {*code, {}}) : row.agency;
  }
  if (view.by_type) json["type"] = row.type;
  if (view.by_mode) json["mode"] = row.on_paper ? "paper" : "electronic";
  return json;
}

constexpr CsvColumn kColumns[] = {
    {"direction", "收發"},  {"day", "日期"},       {"org_code", "機關代碼"}, {"name", "機關名稱"},
    {"type", "文別"},       {"mode", "傳遞方式"},  {"recipients", "件數"},   {"confirmed", "收文確認"},
    {"returned", "退文"},   {"ended", "未送達"},   {"unconfirmed", "未確認"},
    {"unconfirmed_rate", "未確認率"}, {"paper", "紙本受文者"}};

Result<Response> statistics(const TerminalDesk& desk, const Request& request) {
  const StatisticsWish wish = YZ_TRY(wish_in(request, day_of(desk.clock.now())));
  const StatisticsSpan span{begin_of(wish.from), begin_of(wish.until + chrono::days{1})};
  const auto directory = desk.directory.current();
  Json items = Json::array();
  desk.database.read([&](Transaction& tx) {
    StatisticsStore store;
    const auto add = [&](const std::vector<StatisticsRow>& rows) {
      for (const StatisticsRow& row : rows) items.push_back(describe(row, wish.view, *directory));
    };
    add(store.sent(tx, span, wish.view));
    add(store.received(tx, span, wish.view));
  });
  if (!wish.csv) {
    return Response::json(200, {{"from", text_of(wish.from)},
                                {"until", text_of(wish.until)},
                                {"items", std::move(items)}});
  }
  return csv_response(items, kColumns, "statistics.csv");
}

}  // namespace

void add_statistics_routes(Router& router, const TerminalDesk& desk) {
  router.add(Method::kGet, "/api/v1/statistics", kSmall,
             handle([desk](const Request& request) { return statistics(desk, request); }));
}

}  // namespace yizhan
