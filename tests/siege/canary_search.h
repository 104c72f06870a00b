#pragma once

#include <functional>
#include <map>

#include "tests/siege/process_memory.h"
#include "tests/world/world.h"

namespace yizhan {

// Looks for canaries wherever the programs of a world could leave them.
class CanarySearch {
 public:
  using FoundByProgram = std::map<std::string, std::set<std::string>>;
  using Allowed = std::function<bool(const std::string& program)>;

  CanarySearch(const Lab& lab, World& world) : root_(lab.root()), world_(world) {}

  // Of every program (and its children) but those that are allowed to know.
  void expect_none_in_memory(const Canaries& canaries, const Allowed& may) const;
  // What each program (and its children) has, of those that are not passed over.
  [[nodiscard]] FoundByProgram find_in_memory(const Canaries& canaries,
                                              const Allowed& passed_over) const;
  // Environment and command line of every program.
  void expect_none_at_start(const Canaries& canaries) const;
  // Folders of the lab.
  void expect_none_in_files(const Canaries& canaries,
                            const std::vector<std::string>& folders) const;

 private:
  std::filesystem::path root_;
  World& world_;
};

}  // namespace yizhan
