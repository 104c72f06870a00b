#include "role/cli/text.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <cstdio>
#include <ostream>

namespace yizhan {

namespace {

constexpr std::string_view kHidden = "�";

std::size_t width_of(char32_t c) {
  const auto code = static_cast<UChar32>(c);
  switch (u_charType(code)) {
    case U_NON_SPACING_MARK:
    case U_ENCLOSING_MARK:
    case U_FORMAT_CHAR:
    case U_CONTROL_CHAR:
      return 0;
    default:
      break;
  }
  const int width = u_getIntPropertyValue(code, UCHAR_EAST_ASIAN_WIDTH);
  return width == U_EA_WIDE || width == U_EA_FULLWIDTH ? 2 : 1;
}

bool may_be_shown(char32_t c) {
  const auto type = u_charType(static_cast<UChar32>(c));
  return type != U_CONTROL_CHAR && type != U_FORMAT_CHAR && type != U_LINE_SEPARATOR &&
         type != U_PARAGRAPH_SEPARATOR;
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const auto c = take_code_point(text);
    if (!c) return width + text.size();
    width += width_of(*c);
  }
  return width;
}

std::string shown_text(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const std::string_view before = text;
    const auto c = take_code_point(text);
    if (!c) text.remove_prefix(1);
    shown += c && may_be_shown(*c) ? before.substr(0, before.size() - text.size()) : kHidden;
  }
  return shown;
}

std::string roc_time(std::string_view rfc3339) {
  const auto time = Time::parse(rfc3339);
  if (!time) return std::string(rfc3339);
  namespace chrono = std::chrono;
  const chrono::sys_time<Milliseconds> local(Milliseconds(time->ms()) + chrono::hours{8});
  const auto midnight = chrono::floor<chrono::days>(local);
  const chrono::year_month_day day(midnight);
  const chrono::hh_mm_ss clock(chrono::floor<chrono::seconds>(local - midnight));
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%d-%02u-%02u %02d:%02d:%02d",
                static_cast<int>(day.year()) - 1911, static_cast<unsigned>(day.month()),
                static_cast<unsigned>(day.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::array<const char*, 4> kUnits = {"B", "KiB", "MiB", "GiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return text.data();
}

std::string text_in(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string reason_text(const Json& reason) {
  if (!reason.is_object()) return {};
  std::string text = text_in(reason, "title");
  for (const auto& [name, mark] : {std::pair("detail", "："), std::pair("remedy", "；")}) {
    const std::string more = text_in(reason, name);
    if (!more.empty()) text += mark + more;
  }
  return text;
}

void TextTable::add(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = shown_text(cell);
  rows_.push_back(std::move(cells));
}

void TextTable::print(std::ostream& out) const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(row[i]));
    }
  }
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - display_width(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << "\n";
  }
}

}  // namespace yizhan
