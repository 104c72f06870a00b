#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "ground/json/json.h"

// What people read on a screen of fixed columns, where a CJK character takes two.

namespace yizhan {

// Columns of a line of text.
std::size_t display_width(std::string_view text);

// Others wrote the subjects and notes that we show: controls, line breaks and characters that turn
// or hide text are shown as "�", so that nothing but its own words reaches the screen.
std::string shown_text(std::string_view text);

// "115-11-22 11:04:05": ROC year, time of Taipei. As it is when it is no RFC 3339 time.
std::string roc_time(std::string_view rfc3339);

// "1.5 MiB"
std::string size_text(std::uint64_t bytes);

// A text member, or nothing.
std::string text_in(const Json& json, const char* name);
// "title：detail；remedy" of a reason object, or nothing.
std::string reason_text(const Json& reason);

// Rows of cells, aligned by display width; the last column is not padded. An empty table prints
// its heading only.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> heading) : rows_({std::move(heading)}) {}
  void add(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const { return rows_.size() == 1; }
  void print(std::ostream& out) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace yizhan
