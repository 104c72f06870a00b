#include "tests/siege/process_memory.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <sstream>

#include "ground/files/files.h"
#include "tests/support/key_folder.h"

namespace yizhan {

namespace {

// Sanitizers map shadows of terabytes; heaps and stacks are smaller.
constexpr std::uint64_t kRegionMax = 1ULL << 32;

std::filesystem::path proc(pid_t pid) {
  return std::filesystem::path("/proc") / std::to_string(pid);
}

// All canaries in one pass: few places begin with the first two octets of one.
class Finder {
 public:
  explicit Finder(const Canaries& canaries) : canaries_(canaries) {
    for (const Canary& canary : canaries) {
      YZ_ASSERT(canary.bytes.size() >= 4);
      begins_[two_octets(canary.bytes.data())] = 1;
    }
  }

  // Gigabytes pass through: the sanitizers look away.
  __attribute__((no_sanitize("address", "undefined"))) void look(std::string_view text) {
    findings_.searched += text.size();
    const char* const first = text.data();
    const char* const begins = begins_.data();
    const std::size_t count = text.size();
    for (std::size_t at = 0; at + 1 < count; ++at) {
      if (begins[two_octets(first + at)] != 0) compare(text.substr(at));
    }
  }
  [[nodiscard]] Findings findings() const { return findings_; }

 private:
  __attribute__((no_sanitize("address", "undefined")))
  static std::size_t two_octets(const char* at) {
    return std::size_t{static_cast<unsigned char>(at[0])} << 8U |
           static_cast<unsigned char>(at[1]);
  }
  void compare(std::string_view text) {
    for (const Canary& canary : canaries_) {
      if (text.starts_with(canary.bytes)) findings_.names.insert(canary.name);
    }
  }

  const Canaries& canaries_;
  std::vector<char> begins_ = std::vector<char>(1U << 16);
  Findings findings_;
};

struct Region {
  std::uint64_t from = 0, to = 0;
};

std::vector<Region> writable_regions(pid_t pid) {
  std::vector<Region> regions;
  std::ifstream maps(proc(pid) / "maps");
  for (std::string line; std::getline(maps, line);) {
    std::istringstream fields(line);
    Region region;
    char dash = 0;
    std::string rights;
    fields >> std::hex >> region.from >> dash >> region.to >> rights;
    if (rights.starts_with("rw") && region.to - region.from <= kRegionMax) {
      regions.push_back(region);
    }
  }
  return regions;
}

// Runs of pages that exist, in memory or in swap: the rest of a region was never touched.
std::vector<Region> touched_runs(const FileHandle& pagemap, const Region& region) {
  constexpr std::uint64_t kTouched = 3ULL << 62U;  // proc_pid_pagemap(5)
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  std::vector<std::uint64_t> pages((region.to - region.from) / page);
  const ssize_t got = ::pread(pagemap.descriptor(), pages.data(), pages.size() * 8,
                              static_cast<off_t>(region.from / page * 8));
  pages.resize(got < 0 ? 0 : static_cast<std::size_t>(got) / 8);
  std::vector<Region> runs;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    if ((pages[i] & kTouched) == 0) continue;
    const std::uint64_t at = region.from + i * page;
    if (runs.empty() || runs.back().to != at) runs.push_back({at, at});
    runs.back().to = at + page;
  }
  return runs;
}

FileHandle open_to_read(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw std::runtime_error("can not read " + path.string());
  return FileHandle(file, path);
}

bool has_ended(pid_t pid) { return ::access((proc(pid) / "exe").c_str(), F_OK) != 0; }

}  // namespace

std::optional<Findings> search_memory(pid_t pid, const Canaries& canaries) try {
  Finder finder(canaries);
  const FileHandle memory = open_to_read(proc(pid) / "mem");
  const FileHandle pagemap = open_to_read(proc(pid) / "pagemap");
  for (const Region& region : writable_regions(pid)) {
    for (const Region& run : touched_runs(pagemap, region)) {
      std::string bytes(run.to - run.from, '\0');
      const ssize_t got = ::pread(memory.descriptor(), bytes.data(), bytes.size(),
                                  static_cast<off_t>(run.from));
      bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
      finder.look(bytes);
    }
  }
  if (has_ended(pid) && finder.findings().names.empty()) return std::nullopt;
  return finder.findings();
} catch (const std::runtime_error&) {
  if (has_ended(pid)) return std::nullopt;
  throw;
}

Findings search_files(const std::filesystem::path& path, const Canaries& canaries) {
  Finder finder(canaries);
  if (!std::filesystem::is_directory(path)) {
    finder.look(read_file(path));
    return finder.findings();
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) finder.look(read_file(entry.path()));
  }
  return finder.findings();
}

Findings search_start(pid_t pid, const Canaries& canaries) {
  Finder finder(canaries);
  for (const char* file : {"environ", "cmdline"}) finder.look(read_file(proc(pid) / file));
  return finder.findings();
}

std::vector<pid_t> family_of(pid_t pid) {
  std::vector<pid_t> family = {pid};
  for (std::size_t i = 0; i < family.size(); ++i) {
    for (const auto& task : std::filesystem::directory_iterator(proc(family[i]) / "task")) {
      std::ifstream children(task.path() / "children");
      for (pid_t child = 0; children >> child;) family.push_back(child);
    }
  }
  return family;
}

bool is_dumpable(pid_t pid) {
  // Without the right to trace everybody, as anybody else has it not.
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> before{};
  YZ_ASSERT(::syscall(SYS_capget, &header, before.data()) == 0);
  auto without = before;
  without[0].effective &= ~(1U << CAP_SYS_PTRACE);
  YZ_ASSERT(::syscall(SYS_capset, &header, without.data()) == 0);
  void* head = nullptr;
  std::size_t size = 0;
  // Of the questions about another process the one that needs the right to read it and no more.
  const bool answered = ::syscall(SYS_get_robust_list, pid, &head, &size) == 0;
  YZ_ASSERT(::syscall(SYS_capset, &header, before.data()) == 0);
  return answered;
}

}  // namespace yizhan
