#include <algorithm>

#include "duty/certificate/certificate.h"
#include "model/content/content.h"
#include "role/terminal/address_row.h"
#include "role/terminal/desk.h"
#include "role/terminal/requests.h"

namespace yizhan {

namespace {

// 臺 and 台 are one character to whoever searches.
std::string folded(std::string text) {
  constexpr std::string_view kFormal = "臺", kCommon = "台";
  for (std::size_t at = text.find(kFormal); at != std::string::npos; at = text.find(kFormal, at)) {
    text.replace(at, kFormal.size(), kCommon);
  }
  return text;
}

// Every word must stand in the name, or the code begin with it.
class Search {
 public:
  explicit Search(const std::string& wish) {
    std::string word;
    for (const char c : folded(wish) + " ") {
      if (c != ' ') {
        word += c;
      } else if (!word.empty()) {
        words_.push_back(std::exchange(word, {}));
      }
    }
  }

  [[nodiscard]] bool finds(const std::string& code, const std::string& name) const {
    const std::string plain = folded(name);
    return std::all_of(words_.begin(), words_.end(), [&](const std::string& word) {
      return code.starts_with(word) || plain.find(word) != std::string::npos;
    });
  }

 private:
  std::vector<std::string> words_;
};

// By code; an agency stands before its units. Whose certificates ended three months ago is left
// out.
std::vector<AddressRow> rows_of(const Directory& directory, const Search& search, Time now) {
  std::vector<AddressRow> rows;
  const auto look = [&](const AddressRow& row) {
    if (search.finds(row.code(), row.name())) rows.push_back(row);
  };
  for (const auto& [code, agency] : directory.agencies()) {
    if (!is_listed(directory, agency, now)) continue;
    look({&agency, nullptr, &directory});
    std::vector<const Unit*> units;
    for (const Unit& unit : agency.units) units.push_back(&unit);
    std::sort(units.begin(), units.end(),
              [](const Unit* a, const Unit* b) { return a->code < b->code; });
    for (const Unit* unit : units) look({&agency, unit, &directory});
  }
  return rows;
}

Result<Response> search(const TerminalDesk& desk, const Request& request) {
  const std::int64_t limit = YZ_TRY(page_limit(request));
  const std::string after = query_text(request, "after");
  const auto directory = desk.directory.current();
  const Time now = desk.clock.now();
  const auto rows = rows_of(*directory, Search(query_text(request, "q")), now);
  Json items = Json::array();
  if (query_text(request, "format") == "csv") {
    for (const AddressRow& row : rows) items.push_back(row.describe(now));
    return csv_response(items, kAddressColumns, "address-book.csv");
  }
  std::string last;
  for (const AddressRow& row : rows) {
    if (static_cast<std::int64_t>(items.size()) == limit) break;
    if (row.code() <= after) continue;
    items.push_back(row.describe(now));
    last = row.code();
  }
  Json page = page_of(std::move(items), limit, last);
  page["total"] = rows.size();
  page["directory_version"] = directory->version();
  return Response::json(200, page);
}

Json describe_limits() {
  Json types = Json::array();
  for (const ContentType& type : known_content_types()) {
    types.push_back({{"extension", type.extension}, {"preferred", type.preferred}});
  }
  return {{"piece_bytes_max", kPieceBytesMax},
          {"package_bytes_max", kPackageLimits.package_bytes_max},
          {"part_bytes_max", kPackageLimits.part_bytes_max},
          {"parts_max", kPackageLimits.parts_max},
          {"document_bytes_max", kPackageLimits.document_bytes_max},
          {"recipients_max", kPackageLimits.recipients_max},
          {"name_bytes_max", kPackageLimits.part_name_bytes_max},
          {"attachment_types", std::move(types)}};
}

}  // namespace

void add_address_routes(Router& router, const TerminalDesk& desk) {
  router.add(Method::kGet, "/api/v1/address-book", kSmall,
             handle([desk](const Request& request) { return search(desk, request); }));
  router.add(Method::kGet, "/api/v1/limits", kSmall,
             [](const Request&) { return Response::json(200, describe_limits()); });
}

}  // namespace yizhan
