#pragma once

#include <filesystem>
#include <map>
#include <string>

// What the last run says: the XML files that the test programs leave in build/<preset>/results.

namespace yizhan::clauses {

struct Runs {
  int passed = 0;
  int failed = 0;  // or skipped
};

struct Results {
  std::map<std::string, Runs> by_clause;  // by number as written in CLAUSE("…")
  int programs = 0;
  std::string latest;  // when the latest of them began
};

// Throws std::runtime_error when a file is not XML.
Results read_results(const std::filesystem::path& directory);

}  // namespace yizhan::clauses
