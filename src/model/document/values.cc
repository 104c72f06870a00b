#include "model/document/values.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace yizhan {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string without_space(std::string_view text) {
  std::string kept;
  std::copy_if(text.begin(), text.end(), std::back_inserter(kept),
               [](char c) { return !is_space(c); });
  return kept;
}

// Takes 1 to 3 digits from the front, then `unit`.
std::optional<int> take_number(std::string_view& text, std::string_view unit) {
  const auto digits =
      static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
  int value = 0;
  if (digits == 0 || digits > 3 || !text.substr(digits).starts_with(unit)) return std::nullopt;
  std::from_chars(text.data(), text.data() + digits, value);
  text.remove_prefix(digits + unit.size());
  return value;
}

std::optional<std::chrono::sys_days> find_day(int roc_year, int month, int day) {
  const std::chrono::year_month_day date{std::chrono::year(roc_year + 1911),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (roc_year < 1 || !date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

std::chrono::year_month_day parts_of(std::chrono::sys_days day) { return {day}; }

}  // namespace

Result<RocDate> RocDate::parse(std::string_view text) {
  const std::string compact = without_space(text);
  const Refusal refusal{Reason::kMalformed,
                        "日期「" + std::string(text) + "」有誤，應如「中華民國115年10月2日」。"};
  std::string_view left = compact;
  if (left.size() == 7 && std::all_of(left.begin(), left.end(), is_digit)) {
    const auto number = [&](std::size_t at, std::size_t length) {
      std::string_view digits = left.substr(at, length);
      return *take_number(digits, "");
    };
    const auto day = find_day(number(0, 3), number(3, 2), number(5, 2));
    return day ? Result<RocDate>(RocDate(*day)) : refusal;
  }
  constexpr std::string_view kEra = "中華民國";
  if (!left.starts_with(kEra)) return refusal;
  left.remove_prefix(kEra.size());
  const auto year = take_number(left, "年");
  const auto month = take_number(left, "月");
  const auto day_of_month = take_number(left, "日");
  if (!year || !month || !day_of_month || !left.empty()) return refusal;
  const auto day = find_day(*year, *month, *day_of_month);
  return day ? Result<RocDate>(RocDate(*day)) : refusal;
}

RocDate RocDate::of(std::chrono::sys_days day) { return RocDate(day); }

int RocDate::year() const { return static_cast<int>(parts_of(day_).year()) - 1911; }

std::string RocDate::text() const {
  const auto date = parts_of(day_);
  return "中華民國" + std::to_string(year()) + "年" +
         std::to_string(static_cast<unsigned>(date.month())) + "月" +
         std::to_string(static_cast<unsigned>(date.day())) + "日";
}

std::string RocDate::seven_digits() const {
  const auto date = parts_of(day_);
  const auto number = static_cast<unsigned>(year()) * 10000U +
                      static_cast<unsigned>(date.month()) * 100U +
                      static_cast<unsigned>(date.day());
  std::string digits = std::to_string(number);
  return std::string(7 - std::min<std::size_t>(7, digits.size()), '0') + digits;
}

std::string DocumentNumber::text() const {
  if (!free_text.empty()) return free_text;
  std::string text = word;
  if (!word.empty() && !word.ends_with("字")) text += "字";
  text += "第" + year + serial;
  if (!branch.empty()) text += "-" + branch;
  return text + "號";
}

bool DocumentNumber::empty() const { return free_text.empty() && serial.empty(); }

namespace {

bool is_code(std::string_view text, std::size_t length) {
  return text.size() == length && std::all_of(text.begin(), text.end(), [](char c) {
           return is_digit(c) || (c >= 'A' && c <= 'Z');
         });
}

}  // namespace

bool is_org_code(std::string_view text) { return is_code(text, 10); }
bool is_unit_code(std::string_view text) { return is_code(text, 7); }

std::string fold_text(std::string_view text) {
  std::string folded;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t start = at;
    while (at < text.size() && is_space(text[at])) ++at;
    if (at == start) {
      folded += text[at++];
      continue;
    }
    const std::string_view run = text.substr(start, at - start);
    if (folded.empty() || at == text.size()) continue;
    const bool latin = (folded.back() & 0x80) == 0 && (text[at] & 0x80) == 0;
    if (run.find_first_of("\r\n\t") == std::string_view::npos) {
      folded += run;
    } else if (latin) {
      folded += ' ';
    }
  }
  return folded;
}

}  // namespace yizhan
