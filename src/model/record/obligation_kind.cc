#include "model/record/obligation_kind.h"

#include <algorithm>
#include <array>
#include <span>

#include "ground/base/base.h"
#include "model/record/words.h"

namespace yizhan {

extern const std::span<const EmbeddedFile> kObligations;

namespace {

namespace chrono = std::chrono;

constexpr std::int64_t kDaysMax = 3660;  // ten years: more is a slip of the pen
constexpr std::int64_t kHoursMax = kDaysMax * 24;

std::optional<Every> parse_every(std::string_view text) {
  if (text == "month") return Every::kMonth;
  if (text == "quarter") return Every::kQuarter;
  if (text == "half_year") return Every::kHalfYear;
  if (text == "year") return Every::kYear;
  return std::nullopt;
}

std::optional<Counting> parse_counting(std::string_view text) {
  if (text == "calendar") return Counting::kCalendarDays;
  if (text == "working") return Counting::kWorkingDays;
  return std::nullopt;
}

std::optional<std::string> parse_layer(std::string_view text) {
  constexpr std::array<std::string_view, 3> kLayers{"管", "交", "終"};
  if (std::ranges::find(kLayers, text) == kLayers.end()) return std::nullopt;
  return std::string(text);
}

std::optional<chrono::month_day> parse_month_day(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() != 5 || text[2] != '-' || !is_digit(text[0]) || !is_digit(text[1]) ||
      !is_digit(text[3]) || !is_digit(text[4])) {
    return std::nullopt;
  }
  const auto number = [&](std::size_t at) {
    return static_cast<unsigned>((text[at] - '0') * 10 + (text[at + 1] - '0'));
  };
  const chrono::month_day day{chrono::month{number(0)}, chrono::day{number(3)}};
  const bool leap = day == chrono::month_day{chrono::February, chrono::day{29}};
  if (!day.ok() || leap) return std::nullopt;  // every year has it
  return day;
}

std::vector<std::int64_t> days_in(Members& members, std::string_view name) {
  std::vector<std::int64_t> days;
  for (const Json& day : members.array(name)) {
    if (!day.is_number_integer() || day < 0 || day > kDaysMax) {
      members.refuse(name, "應為 0 至 3660 之整數");
      continue;
    }
    days.push_back(day.get<std::int64_t>());
  }
  return days;
}

void read_cause(Members& members, ObligationKind& kind) {
  if (members.has("hours")) {
    kind.hours = members.integer("hours", {.min = 1, .max = kHoursMax});
    return;
  }
  if (!members.has("every")) {
    kind.days = members.integer("days", {.min = 1, .max = kDaysMax});
    kind.counting =
        members.parsed<Counting>("counting", parse_counting).value_or(Counting::kCalendarDays);
    return;
  }
  kind.every = members.parsed<Every>("every", parse_every);
  if (!members.has("on")) return;
  kind.on = members.parsed<chrono::month_day>("on", parse_month_day);
  if (kind.every != Every::kYear) members.refuse("on", "僅每年一次者得定月日");
}

Result<ObligationKind> parse_kind(const Json& json) {
  Members members(json, "obligation kind");
  ObligationKind kind;
  kind.name = members.parsed<std::string>("name", parse_kind_word).value_or("");
  kind.layer = members.parsed<std::string>("layer", parse_layer).value_or("");
  kind.moves = members.flag("moves");
  kind.remind = days_in(members, "remind");
  kind.escalate_after = members.integer("escalate_after", {.min = 0, .max = kDaysMax});
  read_cause(members, kind);
  YZ_TRY(members.check());
  return kind;
}

int months_of(Every every) {
  switch (every) {
    case Every::kMonth:
      return 1;
    case Every::kQuarter:
      return 3;
    case Every::kHalfYear:
      return 6;
    case Every::kYear:
      return 12;
  }
  YZ_ASSERT(false);
}

std::string period_text(Every every, chrono::year year, unsigned which) {
  std::string text = std::to_string(static_cast<int>(year));
  switch (every) {
    case Every::kMonth:
      return text + (which < 10 ? "-0" : "-") + std::to_string(which);
    case Every::kQuarter:
      return text + "Q" + std::to_string(which);
    case Every::kHalfYear:
      return text + "H" + std::to_string(which);
    case Every::kYear:
      return text;
  }
  YZ_ASSERT(false);
}

Day moved(const ObligationKind& kind, Day day, const WorkingCalendar& calendar) {
  if (!kind.moves || calendar.is_working_day(day)) return day;
  return calendar.next_working_day(day);
}

}  // namespace

Period period_of(Every every, Day day) {
  const chrono::year_month_day date{day};
  const auto length = static_cast<unsigned>(months_of(every));
  const unsigned which = (static_cast<unsigned>(date.month()) - 1) / length + 1;
  const auto first = date.year() / chrono::month{(which - 1) * length + 1} / 1;
  const auto next = first + chrono::months{static_cast<int>(length)};
  return {period_text(every, date.year(), which), Day{first}, Day{next} - chrono::days{1}};
}

Result<ObligationKinds> parse_obligation_kinds(ByteView json) {
  const Json value = YZ_TRY(parse_json(json));
  if (!value.is_array()) return Refusal{Reason::kMalformed, "obligation kinds 應為陣列"};
  ObligationKinds kinds;
  for (const Json& one : value) {
    ObligationKind kind = YZ_TRY(parse_kind(one));
    const std::string name = kind.name;
    if (!kinds.emplace(name, std::move(kind)).second) {
      return Refusal{Reason::kMalformed, "obligation kind 名稱重複：" + name};
    }
  }
  return kinds;
}

ObligationKinds obligation_kinds() {
  // A file of this program that it can not read is a bug.
  return parse_obligation_kinds(bytes_of(kObligations.front().content)).value();
}

Day due_day(const ObligationKind& kind, Day day, const WorkingCalendar& calendar) {
  if (kind.every) {
    const Period period = period_of(*kind.every, day);
    const Day last =
        kind.on ? Day{chrono::year_month_day{period.first}.year() / *kind.on} : period.last;
    return moved(kind, last, calendar);
  }
  if (kind.counting == Counting::kCalendarDays) {
    return moved(kind, day + chrono::days{kind.days}, calendar);
  }
  for (std::int64_t i = 0; i < kind.days; ++i) day = calendar.next_working_day(day);
  return day;
}

Time due_time(const ObligationKind& kind, Time at, const WorkingCalendar& calendar) {
  if (kind.hours > 0) return at + chrono::hours{kind.hours};
  return begin_of(due_day(kind, day_of(at), calendar) + chrono::days{1});
}

}  // namespace yizhan
