#pragma once

#include "duty/baseline/host_state.h"

namespace yizhan {

// How the host of one node stood to the standard configuration when it was looked at: what the
// looking program leaves for the node, which signs it upwards.
struct HostFindings {
  std::string node;
  std::int64_t edition;  // of the baseline
  Day checked;
  std::vector<Deviation> deviations = {};          // ordered
  std::vector<BaselineException> excepted = {};    // of these, what is approved on that day

  static constexpr std::size_t kBytesMax = 512U << 10;
  static Result<HostFindings> parse(ByteView json);  // kMalformed, kUnknownFormat
  [[nodiscard]] Bytes json() const;                  // canonical
  [[nodiscard]] Json describe() const;
};

// What deviates and is not approved on that day; the rest stands in `excepted`.
HostFindings judge(const Baseline& baseline, const HostState& host, const std::string& node,
                   Day today);

}  // namespace yizhan
