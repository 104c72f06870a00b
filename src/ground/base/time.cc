#include "ground/base/time.h"

#include <cstdio>

namespace yizhan {

namespace {

// A run of exactly `count` digits at `position`, or nothing.
std::optional<int> digits(std::string_view text, std::size_t position, std::size_t count) {
  if (position + count > text.size()) return std::nullopt;
  int value = 0;
  for (std::size_t i = position; i < position + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

bool has_separators(std::string_view text) {
  return text[4] == '-' && text[7] == '-' && text[10] == 'T' && text[13] == ':' &&
         text[16] == ':' && text.back() == 'Z';
}

std::optional<int> milliseconds_of(std::string_view text) {
  if (text.size() == 20) return 0;
  return text[19] == '.' ? digits(text, 20, 3) : std::nullopt;
}

}  // namespace

std::optional<Time> Time::parse(std::string_view text) {
  namespace chrono = std::chrono;
  if (text.size() != 20 && text.size() != 24) return std::nullopt;
  if (!has_separators(text)) return std::nullopt;
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  const auto milliseconds = milliseconds_of(text);
  if (!year || !month || !day || !hour || !minute || !second || !milliseconds) return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  const chrono::year_month_day date{chrono::year{*year},
                                    chrono::month{static_cast<unsigned>(*month)},
                                    chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  const auto instant = chrono::sys_days{date} + chrono::hours{*hour} + chrono::minutes{*minute} +
                       chrono::seconds{*second} + chrono::milliseconds{*milliseconds};
  return Time(chrono::duration_cast<Milliseconds>(instant.time_since_epoch()).count());
}

std::string Time::text() const {
  namespace chrono = std::chrono;
  const chrono::sys_time<Milliseconds> instant{Milliseconds{ms_}};
  const auto day_start = chrono::floor<chrono::days>(instant);
  const chrono::year_month_day date{day_start};
  const chrono::hh_mm_ss clock{instant - day_start};
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text;
}

Time SystemClock::now() const {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return Time::from_ms(std::chrono::duration_cast<Milliseconds>(since_epoch).count());
}

}  // namespace yizhan
