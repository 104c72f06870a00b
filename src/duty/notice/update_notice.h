#pragma once

#include <string>
#include <vector>

#include "ground/json/json.h"
#include "model/calendar/calendar.h"
#include "model/record/record.h"

namespace yizhan {

// 作業系統更新通知 (五(一)2): what management has found out about an update of operating systems, for
// those who then plan and make it. The target notices/7.json of the distribution has number 7.
struct UpdateNotice {
  std::int64_t number;
  std::string title;
  std::string vulnerability;            // which holes it closes
  std::string impact;                   // what it changes for this system
  std::string test;                     // what was tried, and how it went
  Day issued;                           // from which the week counts
  std::vector<std::string> references;  // names of holes, addresses of advisories

  static constexpr std::size_t kBytesMax = 64U << 10;
  static constexpr std::string_view kFolder = "notices/";

  // Refuses kMalformed (also a path that is none), kUnknownFormat.
  static Result<UpdateNotice> parse(std::string_view path, ByteView json);
  static Result<std::int64_t> number_in(std::string_view path);
  [[nodiscard]] std::string path() const;
  [[nodiscard]] Bytes json() const;  // canonical
  [[nodiscard]] Json describe() const;
};

// "update_plan": a centre says by when it updates.
extern const std::string kUpdatePlan;

}  // namespace yizhan
