#include "role/cli/code_list.h"

#include <algorithm>

namespace yizhan {

namespace {

constexpr std::string_view kOrderMark = "\xef\xbb\xbf";
constexpr std::size_t kOrgBytes = 10, kBothBytes = 17;

// RFC 4180: quoted fields may hold separators, quotes and line ends. Takes one record off `text`.
std::vector<std::string> take_record(std::string_view& text) {
  std::vector<std::string> fields = {""};
  bool quoted = false;
  std::size_t at = 0;
  for (; at < text.size() && (quoted || text[at] != '\n'); ++at) {
    const char c = text[at];
    if (quoted && c == '"' && text.substr(at).starts_with("\"\"")) {
      fields.back() += c;
      ++at;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else if (c != '\r' || quoted) {
      fields.back() += c;
    }
  }
  text.remove_prefix(std::min(at + 1, text.size()));
  return fields;
}

std::string trimmed(const std::string& field) {
  const auto first = field.find_first_not_of(' ');
  return first == std::string::npos
             ? ""
             : field.substr(first, field.find_last_not_of(' ') - first + 1);
}

struct Columns {
  std::size_t org = 0;
  std::optional<std::size_t> unit = {};
  bool titled = false;
};

Columns columns_of(const std::vector<std::string>& first) {
  Columns columns;
  for (std::size_t i = 0; i < first.size(); ++i) {
    const std::string title = trimmed(first[i]);
    if (title == "單位代碼") columns.unit = i;
    if (title != "機關代碼") continue;
    columns.org = i;
    columns.titled = true;
  }
  return columns;
}

}  // namespace

Result<std::vector<std::string>> codes_in_csv(std::string_view text) {
  if (text.starts_with(kOrderMark)) text.remove_prefix(kOrderMark.size());
  std::string_view rest = text;
  const Columns columns = columns_of(take_record(rest));
  if (columns.titled) text = rest;
  std::vector<std::string> codes;
  for (int line = columns.titled ? 2 : 1; !text.empty(); ++line) {
    const std::vector<std::string> fields = take_record(text);
    const auto field = [&](std::size_t i) { return i < fields.size() ? trimmed(fields[i]) : ""; };
    if (std::ranges::all_of(fields, [](const auto& each) { return trimmed(each).empty(); })) {
      continue;
    }
    const std::string code =
        field(columns.org) + (columns.unit ? field(*columns.unit) : std::string());
    if (code.size() != kOrgBytes && code.size() != kBothBytes) {
      return Refusal{Reason::kMalformed, "第 " + std::to_string(line) + " 列沒有機關代碼（10 碼）或加單位代碼（17 碼）；"
                                         "請存成 UTF-8 之 CSV，並有「機關代碼」欄"};
    }
    codes.push_back(code);
  }
  return codes;
}

}  // namespace yizhan
