#pragma once

#include "ground/monitor/monitor.h"
#include "role/terminal/status.h"

namespace yizhan {

// What watches a terminal from outside: docs/monitoring.md.
struct TerminalMonitor {
  StatusDesk& status;
  Database& database;
  ObjectStore& objects;
  Keyholder& keyholder;
  EngineWatch& engine;
  const DirectorySource& directory;
  const CentreStanding& centre;
  const OrgCode& own;
  const Clock& clock;
};

std::vector<Metric> metrics_of(const TerminalMonitor& monitor);

// A row and an object written, the engine shown the test virus; no module waits for its card or
// PIN; the centre answered the last question.
std::vector<Readiness::Check> checks_of(const TerminalMonitor& monitor);

}  // namespace yizhan
