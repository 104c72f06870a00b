#pragma once

#include <string>
#include <vector>

#include "ground/json/json.h"
#include "model/evidence/evidence.h"

// 歷程: what happened to a document, in the order of time, out of its evidence.

namespace yizhan {

struct HistoryEntry {
  Time time;
  std::string kind;  // "A.1" … "F.2", "verdict"
  std::string title;
  std::optional<Addressee> recipient;  // none: all of them
  std::optional<Refusal> why;
  bool superseded;
  Sha256 evidence;  // name of the statement

  [[nodiscard]] Json describe() const;
};

// Of one message, and of those of its evidence that concern `recipient` (none: all).
std::vector<HistoryEntry> history_of(Transaction& tx, const MessageKey& message,
                                     const std::optional<Addressee>& recipient);

}  // namespace yizhan
