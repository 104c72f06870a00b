#pragma once

#include <string>
#include <utility>
#include <vector>

namespace yizhan {

// One family of Prometheus: read when somebody asks. Names are "yizhan_…"; a unit ends the name
// (_seconds, _bytes), and _total a counter's.
struct Metric {
  struct Sample {
    std::vector<std::pair<std::string, std::string>> labels;
    double value;
  };

  std::string name;
  std::string help;
  std::vector<Sample> samples;

  static Metric single(std::string name, std::string help, double value) {
    return {std::move(name), std::move(help), {{{}, value}}};
  }
};

// Prometheus text format 0.0.4.
std::string exposition(const std::vector<Metric>& metrics);

}  // namespace yizhan
