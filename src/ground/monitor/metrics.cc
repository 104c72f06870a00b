#include "ground/monitor/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace yizhan {

namespace {

prometheus::MetricFamily family_of(const Metric& metric) {
  prometheus::MetricFamily family{metric.name, metric.help, prometheus::MetricType::Gauge, {}};
  const bool counts = metric.name.ends_with("_total");
  if (counts) family.type = prometheus::MetricType::Counter;
  for (const Metric::Sample& sample : metric.samples) {
    prometheus::ClientMetric& written = family.metric.emplace_back();
    for (const auto& [name, value] : sample.labels) written.label.push_back({name, value});
    (counts ? written.counter.value : written.gauge.value) = sample.value;
  }
  return family;
}

}  // namespace

std::string exposition(const std::vector<Metric>& metrics) {
  std::vector<prometheus::MetricFamily> families;
  for (const Metric& metric : metrics) families.push_back(family_of(metric));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace yizhan
