#pragma once

#include <chrono>
#include <compare>
#include <string>
#include <string_view>

#include "ground/base/base.h"

namespace yizhan {

// A date of the calendar that official documents use: year 1 (民國1年) is 1912.
class RocDate {
 public:
  // "中華民國115年10月2日" (zeros and spaces tolerated) or "1151002".
  // kMalformed when it is neither, or a day that never was.
  static Result<RocDate> parse(std::string_view text);
  static RocDate of(std::chrono::sys_days day);

  [[nodiscard]] std::string text() const;          // 中華民國115年10月2日
  [[nodiscard]] std::string seven_digits() const;  // 1151002
  [[nodiscard]] int year() const;                  // ROC
  [[nodiscard]] std::chrono::sys_days day() const { return day_; }

  auto operator<=>(const RocDate&) const = default;

 private:
  explicit RocDate(std::chrono::sys_days day) : day_(day) {}
  std::chrono::sys_days day_;
};

// 發文字號, or the 文號 of a memo (no word). Either free text or the parts.
struct DocumentNumber {
  std::string word{};    // 字
  std::string year{};    // 年度, ROC
  std::string serial{};  // 流水號
  std::string branch{};  // 支號, may be empty
  std::string free_text{};

  // 澤社字第1150001234號, 澤社字第1150001234-1號, or the free text
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool empty() const;
  bool operator==(const DocumentNumber&) const = default;
};

// 機關代碼: 10 of A-Z and 0-9. 單位代碼: 7 of them.
bool is_org_code(std::string_view text);
bool is_unit_code(std::string_view text);

// Indentation and line breaks inside text are folded, as producers put them there: nothing
// remains beside a CJK character, one space between Latin ones. U+3000 is kept (挪抬).
std::string fold_text(std::string_view text);

}  // namespace yizhan
