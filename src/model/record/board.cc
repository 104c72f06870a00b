#include "model/record/board.h"

namespace yizhan {

BoardCount& BoardCount::operator+=(const BoardCount& more) {
  due += more.due;
  late += more.late;
  done += more.done;
  done_late += more.done_late;
  return *this;
}

BoardCounts by_layer(const std::vector<BoardLine>& lines) {
  BoardCounts counts;
  for (const BoardLine& line : lines) counts[line.layer] += line.count;
  return counts;
}

BoardCounts by_kind(const std::vector<BoardLine>& lines) {
  BoardCounts counts;
  for (const BoardLine& line : lines) counts[line.kind] += line.count;
  return counts;
}

BoardCounts rolled_up(const std::vector<BoardLine>& lines, const Supervision& supervision) {
  BoardCounts counts;
  for (const BoardLine& line : lines) {
    for (const std::string& party : supervision.line_of(line.owner)) counts[party] += line.count;
  }
  return counts;
}

}  // namespace yizhan
