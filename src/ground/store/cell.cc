#include "ground/store/cell.h"

namespace yizhan {

Cell Cell::null(CellKind kind) {
  Cell cell = kind == CellKind::kInteger ? Cell(0) : Cell(std::string());
  cell.null_ = true;
  return cell;
}

bool take(Cell& cell, std::int64_t& value) {
  value = cell.integer();
  return !cell.is_null();
}

bool take(Cell& cell, bool& value) {
  value = cell.integer() == 1;
  return !cell.is_null() && (cell.integer() == 0 || cell.integer() == 1);
}

bool take(Cell& cell, Time& value) {
  value = Time::from_ms(cell.integer());
  return !cell.is_null();
}

bool take(Cell& cell, std::string& value) {
  value = std::move(cell.text_);
  return !cell.is_null();
}

bool take(Cell& cell, Bytes& value) {
  auto bytes = from_base64(cell.text());
  if (cell.is_null() || !bytes) return false;
  value = *std::move(bytes);
  return true;
}

}  // namespace yizhan
