#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ground/json/json.h"
#include "model/calendar/calendar.h"

// What is owed, and by when: data, so that an authority's change of a deadline is no new program.

namespace yizhan {

enum class Every { kMonth, kQuarter, kHalfYear, kYear };
enum class Counting { kCalendarDays, kWorkingDays };

// Of the solar calendar; ROC years are the edge's.
struct Period {
  std::string text;  // "2026-11", "2026Q4", "2026H2", "2026"
  Day first;
  Day last;
};
Period period_of(Every every, Day day);

struct ObligationKind {
  std::string name;
  std::string layer;  // 管, 交, 終
  // By calendar: once each period. None: by events.
  std::optional<Every> every;
  // By event: so many days after the day of the event, at least 1; or so many hours after its
  // moment, to the millisecond. Yearly: the month and day when it is due. Else it is due on the
  // last day of the period.
  std::int64_t days = 0;
  std::int64_t hours = 0;  // 0: days count
  Counting counting = Counting::kCalendarDays;
  std::optional<std::chrono::month_day> on;
  // Whether a day on which nobody works stands for the next on which they do (行政程序法 48).
  bool moves = false;
  std::vector<std::int64_t> remind;  // days before the due day, each told once
  std::int64_t escalate_after = 0;   // days after the due day
};

// By name.
using ObligationKinds = std::map<std::string, ObligationKind, std::less<>>;

// An array of {"name", "layer", "moves", "remind": [30, 7], "escalate_after", and either
// "days" and "counting": "calendar"|"working", or "hours", or "every":
// "month"|"quarter"|"half_year"|"year" and perhaps, when yearly, "on": "11-30"}. Refuses what
// parse_json refuses; kMalformed, naming what.
Result<ObligationKinds> parse_obligation_kinds(ByteView json);
// What the regulation orders: the kinds that came with the program (regulation/obligations.json).
ObligationKinds obligation_kinds();

// The day until whose end it may be done, of an event on a day or of the period of a day.
Day due_day(const ObligationKind& kind, Day day, const WorkingCalendar& calendar);
// The first moment at which it is late, of an event at that time or of the period that it is in.
Time due_time(const ObligationKind& kind, Time at, const WorkingCalendar& calendar);

}  // namespace yizhan
