#pragma once

#include "ground/keys/keys.h"
#include "ground/monitor/monitor.h"
#include "role/exchange/operator_routes.h"

namespace yizhan {

// What watches a centre from outside: docs/monitoring.md.
struct ExchangeMonitor {
  OperatorDesk desk;
  Database& database;
  ObjectStore& objects;
  std::vector<std::pair<std::string, std::shared_ptr<SigningKey>>> keys;  // by their role
  const Clock& clock;
};

std::vector<Metric> metrics_of(const ExchangeMonitor& monitor);

// Signs with the evidence key, writes a row and a body. `scan` is the scanner's own word.
std::vector<Readiness::Check> checks_of(const ExchangeMonitor& monitor,
                                        std::function<Result<void>()> scan);

}  // namespace yizhan
