#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ground/base/base.h"

// Values on their way to and from SQL. Two kinds are stored, so that both engines agree:
// integers (BIGINT, SMALLINT) and text (TEXT). What they carry: std::int64_t and narrower integers;
// bool as 0 or 1; Time as milliseconds; std::string; Bytes as base64; std::optional of these as
// NULL.

namespace yizhan {

enum class CellKind { kInteger, kText };

class Cell {
 public:
  template <std::integral I>
  requires(!std::same_as<I, bool>) Cell(I value)
      : kind_(CellKind::kInteger), integer_(static_cast<std::int64_t>(value)) {
    YZ_ASSERT(std::in_range<std::int64_t>(value));
  }
  template <std::same_as<bool> B>  // a template, so that no pointer becomes a flag
  Cell(B value) : Cell(value ? 1 : 0) {}
  Cell(Time value) : Cell(value.ms()) {}
  Cell(std::string value) : kind_(CellKind::kText), text_(std::move(value)) {}
  Cell(std::string_view value) : Cell(std::string(value)) {}
  Cell(const char* value) : Cell(std::string(value)) {}
  Cell(ByteView value) : Cell(to_base64(value)) {}
  Cell(const Bytes& value) : Cell(ByteView(value)) {}
  template <class T>
  Cell(const std::optional<T>& value) : Cell(value ? Cell(*value) : null(Cell(T{}).kind())) {}

  static Cell null(CellKind kind);

  [[nodiscard]] CellKind kind() const { return kind_; }
  [[nodiscard]] bool is_null() const { return null_; }
  [[nodiscard]] std::int64_t integer() const { return integer_; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  friend bool take(Cell& cell, std::string& value);

  CellKind kind_;
  bool null_ = false;
  std::int64_t integer_ = 0;
  std::string text_;
};

using Row = std::vector<Cell>;

// A named parameter: {"id", id.text()} fills :id.
struct Bind {
  std::string name;
  Cell value;
};
using Binds = std::vector<Bind>;

// Moves a cell into a column's type; false when it does not fit (NULL, a flag that is neither 0 nor
// 1, text that is not base64).
bool take(Cell& cell, std::int64_t& value);
bool take(Cell& cell, bool& value);
bool take(Cell& cell, Time& value);
bool take(Cell& cell, std::string& value);
bool take(Cell& cell, Bytes& value);
template <class T>
bool take(Cell& cell, std::optional<T>& value) {
  if (cell.is_null()) return true;
  return take(cell, value.emplace());
}

template <class T>
inline constexpr CellKind kColumnKind = CellKind::kText;
template <>
inline constexpr CellKind kColumnKind<std::int64_t> = CellKind::kInteger;
template <>
inline constexpr CellKind kColumnKind<bool> = CellKind::kInteger;
template <>
inline constexpr CellKind kColumnKind<Time> = CellKind::kInteger;
template <class T>
inline constexpr CellKind kColumnKind<std::optional<T>> = kColumnKind<T>;

}  // namespace yizhan
