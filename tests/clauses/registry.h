#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/tree/tree.h"

// The regulation as data: regulation/clauses.txt, appendix4.txt, appendix5.txt and open.txt. Their
// formats stand at the heads of the files.

namespace yizhan::clauses {

enum class Disposition { kEnforced, kAssisted, kOutside };

struct Clause {
  std::string number;  // as printed
  std::string layers;
  Disposition disposition;
  std::string words;
};

struct Registry {
  std::vector<Clause> clauses;
  std::map<std::string, std::string> cells;  // of the appendices: "附錄四9交" → "五(二)7"
  std::set<std::string> open;                // not built yet
  std::vector<tree::Finding> broken;         // what is wrong with the files themselves

  // The clause of that number, or the one that the appendix cell of that number repeats.
  [[nodiscard]] const Clause* find(const std::string& number) const;
};

Registry read_registry(const std::filesystem::path& root);

// First 8 hex digits of SHA-256.
std::string short_hash(const std::string& words);

std::string name_of(Disposition disposition);

}  // namespace yizhan::clauses
