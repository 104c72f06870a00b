#pragma once

#include <string>
#include <vector>

#include "ground/json/json.h"

namespace yizhan {

// How a node's host stands to the standard configuration of hosts: what a look at it found.
struct HostWord {
  std::int64_t edition = 0;             // of the configuration; 0: nobody has looked
  std::string checked = {};             // the day of the look, "2026-11-29"
  std::int64_t deviations = 0;          // how many
  std::vector<std::string> which = {};  // of these the first 32, each cut after 128 octets

  static constexpr std::size_t kNamedMax = 32;
  static Result<HostWord> parse(const Json& json);  // kMalformed
  [[nodiscard]] Json describe() const;
  bool operator==(const HostWord&) const = default;
};

}  // namespace yizhan
