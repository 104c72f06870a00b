#include "tests/siege/canary_search.h"

#include <gtest/gtest.h>

#include <iostream>

namespace yizhan {

namespace {

const std::set<std::string> kNone;

}  // namespace

void CanarySearch::expect_none_in_memory(const Canaries& canaries, const Allowed& may) const {
  for (const auto& [program, names] : find_in_memory(canaries, may)) {
    EXPECT_EQ(names, kNone) << program;
  }
}

CanarySearch::FoundByProgram CanarySearch::find_in_memory(const Canaries& canaries,
                                                          const Allowed& passed_over) const {
  FoundByProgram all;
  std::uint64_t searched = 0;
  for (const std::string& name : world_.names()) {
    if (passed_over(name)) continue;
    const pid_t program = world_.pid_of(name);
    for (const pid_t pid : family_of(program)) {
      const std::optional<Findings> found = search_memory(pid, canaries);
      EXPECT_TRUE(found || pid != program) << name << " has ended";
      if (!found) continue;
      EXPECT_GT(found->searched, 100'000u) << name << " was not searched";
      all[name].insert(found->names.begin(), found->names.end());
      searched += found->searched;
    }
  }
  EXPECT_GT(searched, 0u);
  std::cout << searched / 1024 / 1024 << " MiB of memory\n";
  return all;
}

void CanarySearch::expect_none_at_start(const Canaries& canaries) const {
  for (const std::string& name : world_.names()) {
    const Findings found = search_start(world_.pid_of(name), canaries);
    EXPECT_EQ(found.names, kNone) << name;
    EXPECT_GT(found.searched, 0u) << name;
  }
}

void CanarySearch::expect_none_in_files(const Canaries& canaries,
                                        const std::vector<std::string>& folders) const {
  for (const std::string& folder : folders) {
    EXPECT_EQ(search_files(root_ / folder, canaries).names, kNone) << folder;
  }
}

}  // namespace yizhan
