#pragma once

#include "ground/journal/journal.h"
#include "model/evidence/evidence.h"

namespace yizhan {

// The journal's entries take their place in the centre's log: nobody rewrites them unseen either.
// Each stands there once, whenever the process dies. One thread, the one that appends.
class JournalSealing {
 public:
  JournalSealing(Database& database, EvidenceLog& log) : database_(database), log_(log) {}

  // How many were sealed, at most `count_max`.
  int work(int count_max);

 private:
  void find_logged_before_crash();

  Database& database_;
  EvidenceLog& log_;
  bool recovered_ = false;
};

}  // namespace yizhan
