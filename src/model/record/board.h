#pragma once

#include <map>
#include <string>
#include <vector>

#include "ground/store/store.h"
#include "model/record/supervision.h"

namespace yizhan {

struct BoardCount {
  std::int64_t due = 0;   // not done, and there is still time
  std::int64_t late = 0;  // not done, and the time is over
  std::int64_t done = 0;  // in time
  std::int64_t done_late = 0;

  BoardCount& operator+=(const BoardCount& more);
  bool operator==(const BoardCount&) const = default;
};

struct BoardLine {
  std::string owner;
  std::string layer;
  std::string kind;
  BoardCount count;

  bool operator==(const BoardLine&) const = default;
};

// Of the obligations that are due within a time. What is late is judged by `now`, not by when it
// was last tended.
struct BoardSpan {
  Time due_from;  // inclusive
  Time due_to;    // exclusive
  Time now;
};
std::vector<BoardLine> board(Transaction& tx, const BoardSpan& span);  // by owner, layer, kind

using BoardCounts = std::map<std::string, BoardCount>;

BoardCounts by_layer(const std::vector<BoardLine>& lines);
BoardCounts by_kind(const std::vector<BoardLine>& lines);
// For each party: its own, and all of those below it. So an agency, a centre that agencies hang on,
// a ministry.
BoardCounts rolled_up(const std::vector<BoardLine>& lines, const Supervision& supervision);

}  // namespace yizhan
