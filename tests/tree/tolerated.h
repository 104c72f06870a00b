#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/tree/tree.h"

// tests/tolerated.txt: the exceptions to the rules of the tree, each with a reason and an end.

namespace yizhan::tree {

struct Tolerated {
  std::string rule;
  std::string path;
  std::string symbol;  // empty: any
  std::chrono::sys_days since;
  std::string record;  // docs/decisions/….md
  std::string reason;
  int line;
};

struct Tolerance {
  std::vector<Tolerated> lines;
  std::vector<Finding> broken;  // lines that cannot be read
};

Tolerance parse_tolerated(const std::string& text);

// What remains after the exceptions, and every fault of the exceptions themselves: unused, older
// than 60 days, dated in the future, or naming a decision record that does not exist.
std::vector<Finding> apply(const Tolerance& tolerance, const std::vector<Finding>& found,
                           const std::filesystem::path& root, std::chrono::sys_days today);

}  // namespace yizhan::tree
