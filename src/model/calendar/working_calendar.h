#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string_view>

#include "ground/base/base.h"

// 政府行政機關辦公日曆表: which days agencies work, holidays moved and made up for among them.

namespace yizhan {

using Day = std::chrono::sys_days;  // of Taipei

Day day_of(Time time);
Time begin_of(Day day);        // midnight in Taipei
std::string text_of(Day day);  // "2026-11-29"
std::optional<Day> find_day(std::string_view text);  // so written, and there is such a day

class WorkingCalendar {
 public:
  // The tables that came with the program, then each *.csv of `folder` in the order of its name,
  // where later ones replace days of earlier ones; an empty path, or one that is not there, is no
  // folder. Refuses what add() refuses, naming the file. Throws FileError.
  static Result<WorkingCalendar> load(const std::filesystem::path& folder);

  // One year's table as the 行政院人事行政總處 publishes it: UTF-8 with or without a mark of order,
  // 西元日期,星期,是否放假,備註; 0 is a working day, 2 is none. Refuses kMalformed, naming the line
  // (and changes nothing then).
  Result<void> add(std::string_view csv);

  [[nodiscard]] bool knows(Day day) const { return days_.contains(day); }
  // A day that no table knows is a working day from Monday to Friday.
  [[nodiscard]] bool is_working_day(Day day) const;
  [[nodiscard]] Day next_working_day(Day after) const;
  [[nodiscard]] Day last_working_day(Day until) const;  // `until` itself when it is one

 private:
  std::map<Day, bool> days_;
};

}  // namespace yizhan
