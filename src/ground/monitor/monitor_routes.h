#pragma once

#include "ground/monitor/metrics.h"
#include "ground/monitor/readiness.h"
#include "ground/net/net.h"

namespace yizhan {

// /healthz: 200 while the process answers. /readyz: 200 or 503 with each check. /metrics: for
// Prometheus, among them yizhan_ready of each check. What is shown names no document and no person.
struct MonitorDesk {
  Readiness& readiness;
  std::function<std::vector<Metric>()> metrics;
};

void add_monitor_routes(Router& router, const MonitorDesk& desk);

// On loopback, without TLS; for /metrics of a scraper on this host.
ListenerConfig monitor_listener(const std::string& address, std::uint16_t port);

}  // namespace yizhan
