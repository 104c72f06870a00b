#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ground/store/store.h"
#include "model/package/package.h"

// How many documents went out and came in, and what became of them.

namespace yizhan {

// What is told apart; what is not is counted together.
struct StatisticsView {
  bool by_day = false;     // of Taipei
  bool by_agency = false;  // the other one: recipient, or sender
  bool by_type = false;    // 函, 令 …
  bool by_mode = false;    // electronic, or on paper after all
};

struct StatisticsSpan {
  Time from;   // sealed, or consigned
  Time until;  // before that
};

enum class Direction { kSent, kReceived };

// Of each recipient of each document one.
struct StatisticsRow {
  Direction direction;
  std::optional<std::int64_t> day;  // since 1970-01-01
  std::string agency;
  std::string type;  // empty also for what was sent before types were written down
  bool on_paper;
  std::int64_t count;
  std::int64_t confirmed;
  std::int64_t returned;
  std::int64_t ended;        // stopped, refused, expired, withdrawn: it did not arrive
  std::int64_t unconfirmed;  // the rest: on its way, or arrived and not confirmed
  std::int64_t paper = 0;    // recipients who got it on paper alone; not in `count`
};

class StatisticsStore {
 public:
  // In the order of day, agency, type, mode.
  std::vector<StatisticsRow> sent(Transaction& tx, const StatisticsSpan& span,
                                  const StatisticsView& view);
  // Not what another terminal of the agency received: that one counts it.
  std::vector<StatisticsRow> received(Transaction& tx, const StatisticsSpan& span,
                                      const StatisticsView& view);
};

}  // namespace yizhan
