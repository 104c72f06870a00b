#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace yizhan {

// What must not be found somewhere, under the name that a finding gets.
struct Canary {
  std::string name;
  std::string bytes;  // 4 at least
};
using Canaries = std::vector<Canary>;

struct Findings {
  std::set<std::string> names;  // of the canaries that were found
  std::uint64_t searched = 0;   // bytes
};

// Looks through all writable memory that a process really has; none once it has ended, as a child
// does whose work is done. Only root may do this to ours.
std::optional<Findings> search_memory(pid_t pid, const Canaries& canaries);
// The same for every file under a folder, or one file.
Findings search_files(const std::filesystem::path& path, const Canaries& canaries);
// The same for /proc/PID/environ and cmdline.
Findings search_start(pid_t pid, const Canaries& canaries);

// A process and all that it has started.
std::vector<pid_t> family_of(pid_t pid);

// Another process of the same user, without special rights, could read its memory, and the kernel
// would write its core.
bool is_dumpable(pid_t pid);

}  // namespace yizhan
