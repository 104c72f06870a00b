#include "model/calendar/working_calendar.h"

#include <array>
#include <charconv>
#include <span>

#include "ground/base/base.h"
#include "ground/files/files.h"

namespace yizhan {

extern const std::span<const EmbeddedFile> kWorkingDays;

namespace {

namespace chrono = std::chrono;

constexpr chrono::hours kTaipei{8};
constexpr std::size_t kTableBytesMax = 256U << 10;
constexpr std::string_view kOrderMark = "\xef\xbb\xbf";

std::optional<Day> parse_day(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.size() != 8 || error != std::errc() || end != text.data() + text.size()) return {};
  const chrono::year_month_day date{chrono::year{number / 10000},
                                    chrono::month{static_cast<unsigned>(number / 100 % 100)},
                                    chrono::day{static_cast<unsigned>(number % 100)}};
  if (!date.ok()) return {};
  return Day{date};
}

// The first three fields of a line; what follows is for people.
std::array<std::string_view, 3> fields_of(std::string_view line) {
  std::array<std::string_view, 3> fields;
  for (std::string_view& field : fields) {
    const std::size_t comma = std::min(line.find(','), line.size());
    field = line.substr(0, comma);
    line.remove_prefix(std::min(comma + 1, line.size()));
  }
  return fields;
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

Refusal malformed(int line, std::string_view what) {
  return {Reason::kMalformed, "辦公日曆表第 " + std::to_string(line) + " 行" + std::string(what)};
}

}  // namespace

Day day_of(Time time) {
  return chrono::floor<chrono::days>(
      chrono::sys_time<Milliseconds>(Milliseconds(time.ms()) + kTaipei));
}

Time begin_of(Day day) {
  return Time::from_ms(Milliseconds(day.time_since_epoch() - kTaipei).count());
}

std::optional<Day> find_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return {};
  const std::string digits =
      std::string(text.substr(0, 4)).append(text.substr(5, 2)).append(text.substr(8, 2));
  // from_chars takes a sign too.
  if (digits.front() == '-') return {};
  return parse_day(digits);
}

std::string text_of(Day day) { return (begin_of(day) + kTaipei).text().substr(0, 10); }

Result<WorkingCalendar> WorkingCalendar::load(const std::filesystem::path& folder) {
  WorkingCalendar calendar;
  for (const EmbeddedFile& table : kWorkingDays) {
    YZ_ASSERT(calendar.add(table.content).ok());
  }
  if (folder.empty()) return calendar;
  for (const std::string& name : list_files(folder)) {
    if (!name.ends_with(".csv")) continue;
    const Bytes table = read_file(folder / name, kTableBytesMax);
    if (const auto added = calendar.add(text_of(table)); !added) {
      return Refusal{added.reason(), (folder / name).string() + "：" + added.refusal().detail +
                                         "；請換成人事行政總處公布之原檔（UTF-8 之 CSV）"};
    }
  }
  return calendar;
}

Result<void> WorkingCalendar::add(std::string_view csv) {
  if (csv.starts_with(kOrderMark)) csv.remove_prefix(kOrderMark.size());
  std::map<Day, bool> days;
  if (const auto heads = fields_of(take_line(csv)); heads[0] != "西元日期" || heads[2] != "是否放假") {
    return malformed(1, "應為「西元日期,星期,是否放假,備註」");
  }
  for (int line = 2; !csv.empty(); ++line) {
    const auto [date, weekday, off] = fields_of(take_line(csv));
    if (date.empty() && csv.empty()) break;
    const auto day = parse_day(date);
    if (!day) return malformed(line, "之日期應為 YYYYMMDD");
    if (off != "0" && off != "2") return malformed(line, "之是否放假應為 0 或 2");
    days.insert_or_assign(*day, off == "0");
  }
  if (days.empty()) return malformed(2, "起沒有任何日期");
  for (const auto& [day, working] : days) days_.insert_or_assign(day, working);
  return {};
}

bool WorkingCalendar::is_working_day(Day day) const {
  if (const auto known = days_.find(day); known != days_.end()) return known->second;
  const unsigned weekday = chrono::weekday{day}.iso_encoding();
  return weekday <= 5;
}

Day WorkingCalendar::next_working_day(Day after) const {
  Day day = after + chrono::days{1};
  while (!is_working_day(day)) day += chrono::days{1};
  return day;
}

Day WorkingCalendar::last_working_day(Day until) const {
  while (!is_working_day(until)) until -= chrono::days{1};
  return until;
}

}  // namespace yizhan
