// saboteur FOLDER ORDERS POINTS PROGRAM ARGUMENT…
//
// Runs a program and stands between it and its disk: sees every system call that changes what lies
// below FOLDER, before the kernel does, and does there what it is ordered to. strace can inject
// too, but counts for each thread by itself, so that no call of a program with a pool of threads
// can be named. Here a call is named by what it does to which file, numbers taken out:
//
//   pwrite64 centre/data/exchange.db-wal
//
// ORDERS holds one line, read at the start and again at each SIGUSR1:
//
//   ACT VALUE FROM COUNT POINT      POINT may end in *; COUNT 0 is: from there on always
//
//   kill 0      SIGKILL instead of the call            error N   the call fails with errno N
//   lose N      fsync fails with errno N, and what was written since the last one is gone
//   short 0     write half of it, truthfully           delay N   N milliseconds later
//   watch 0     nothing
//
// SIGTERM is passed on; SIGINT becomes a SIGKILL of the program, whose end is awaited.
// POINTS receives "ARMED", "POINT\t<name>" for each call, "HIT\t<name>" where it acted.
// x86-64 only.

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <regex>
#include <sstream>
#include <vector>

namespace {

using Registers = user_regs_struct;

enum class Kind {
  kDescriptor,   // the first argument is the file
  kWrite,        // so, and bytes go into it
  kPath,         // the first argument is a path
  kPathAt,       // folder and path
  kSecondPath,   // path, path: the second one is what appears
  kSecondAt,     // folder, path, folder, path
  kOpen,         // path, flags
  kOpenAt,       // folder, path, flags
  kOpenAt2,      // folder, path, how
};

struct Call {
  long number;
  const char* name;
  Kind kind;
};

// Everything by which a program changes files, but through a mapping.
constexpr auto kCalls = std::to_array<Call>({
    {SYS_fsync, "fsync", Kind::kDescriptor},
    {SYS_fdatasync, "fdatasync", Kind::kDescriptor},
    {SYS_sync_file_range, "sync_file_range", Kind::kDescriptor},
    {SYS_ftruncate, "ftruncate", Kind::kDescriptor},
    {SYS_fallocate, "fallocate", Kind::kDescriptor},
    {SYS_copy_file_range, "copy_file_range", Kind::kDescriptor},
    {SYS_sendfile, "sendfile", Kind::kDescriptor},
    {SYS_write, "write", Kind::kWrite},
    {SYS_pwrite64, "pwrite64", Kind::kWrite},
    {SYS_writev, "writev", Kind::kDescriptor},
    {SYS_pwritev, "pwritev", Kind::kDescriptor},
    {SYS_pwritev2, "pwritev2", Kind::kDescriptor},
    {SYS_truncate, "truncate", Kind::kPath},
    {SYS_unlink, "unlink", Kind::kPath},
    {SYS_rmdir, "rmdir", Kind::kPath},
    {SYS_mkdir, "mkdir", Kind::kPath},
    {SYS_unlinkat, "unlinkat", Kind::kPathAt},
    {SYS_mkdirat, "mkdirat", Kind::kPathAt},
    {SYS_rename, "rename", Kind::kSecondPath},
    {SYS_link, "link", Kind::kSecondPath},
    {SYS_symlink, "symlink", Kind::kSecondPath},
    {SYS_renameat, "renameat", Kind::kSecondAt},
    {SYS_renameat2, "renameat2", Kind::kSecondAt},
    {SYS_linkat, "linkat", Kind::kSecondAt},
    {SYS_creat, "creat", Kind::kPath},
    {SYS_open, "open", Kind::kOpen},
    {SYS_openat, "openat", Kind::kOpenAt},
    {SYS_openat2, "openat2", Kind::kOpenAt2},
});

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::string link_of(const std::string& link) {
  std::error_code error;
  const auto target = std::filesystem::read_symlink(link, error);
  return error ? "" : target.string();
}

template <class Value>
std::optional<Value> peek(pid_t thread, std::uint64_t address) {
  Value value{};
  iovec here{&value, sizeof value};
  iovec there{reinterpret_cast<void*>(address), sizeof value};
  if (process_vm_readv(thread, &here, 1, &there, 1, 0) != sizeof value) return std::nullopt;
  return value;
}

std::string text_at(pid_t thread, std::uint64_t address) {
  std::string text;
  while (text.size() < 4096) {
    const auto c = peek<char>(thread, address + text.size());
    if (!c || *c == '\0') break;
    text += *c;
  }
  return text;
}

std::string of_descriptor(pid_t thread, std::uint64_t number) {
  const std::string proc = "/proc/" + std::to_string(thread);
  const int descriptor = static_cast<int>(number);
  if (descriptor == AT_FDCWD) return link_of(proc + "/cwd");
  return link_of(proc + "/fd/" + std::to_string(descriptor));
}

std::string path_at(pid_t thread, std::uint64_t folder, std::uint64_t address) {
  const std::filesystem::path path = text_at(thread, address);
  if (path.is_absolute()) return path.lexically_normal().string();
  return (std::filesystem::path(of_descriptor(thread, folder)) / path).lexically_normal().string();
}

// Only what an open makes is a change.
std::string made_by_open(std::string path, std::uint64_t flags) {
  if ((flags & O_CREAT) == 0 || std::filesystem::exists(path)) return "";
  return path;
}

// The file that a call is about to change, or nothing.
std::string target_of(pid_t thread, Kind kind, const Registers& r) {
  constexpr auto kHere = static_cast<std::uint64_t>(AT_FDCWD);
  switch (kind) {
    case Kind::kDescriptor:
    case Kind::kWrite:
      return of_descriptor(thread, r.rdi);
    case Kind::kPath:
      return path_at(thread, kHere, r.rdi);
    case Kind::kPathAt:
      return path_at(thread, r.rdi, r.rsi);
    case Kind::kSecondPath:
      return path_at(thread, kHere, r.rsi);
    case Kind::kSecondAt:
      return path_at(thread, r.rdx, r.r10);
    case Kind::kOpen:
      return made_by_open(path_at(thread, kHere, r.rdi), r.rsi);
    case Kind::kOpenAt:
      return made_by_open(path_at(thread, r.rdi, r.rsi), r.rdx);
    case Kind::kOpenAt2:
      return made_by_open(path_at(thread, r.rdi, r.rsi),
                          peek<std::uint64_t>(thread, r.rdx).value_or(0));
  }
  return "";
}

// Names that differ from run to run become one.
std::string without_numbers(std::string path) {
  static const std::array<std::pair<std::regex, const char*>, 4> kRules = {{
      {std::regex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "#"},
      {std::regex("[0-9a-f]{16,}"), "#"},
      {std::regex("/[0-9a-f]{2}(?=/|$)"), "/#"},
      {std::regex("[0-9]+"), "#"},
  }};
  for (const auto& [pattern, replacement] : kRules) {
    path = std::regex_replace(path, pattern, replacement);
  }
  return path;
}

struct Order {
  std::string act = "watch";
  long value = 0;
  long from = 0;
  long count = 0;
  std::string point = "*";

  static Order read(const std::string& file) {
    Order order;
    std::ifstream in(file);
    std::string point;
    if (!(in >> order.act >> order.value >> order.from >> order.count)) return {};
    std::getline(in >> std::ws, point);
    order.point = point;
    return order;
  }
  [[nodiscard]] bool concerns(const std::string& name) const {
    if (!point.ends_with('*')) return name == point;
    return name.starts_with(point.substr(0, point.size() - 1));
  }
};

struct Written {
  off_t offset;
  std::size_t length;
};

class Saboteur {
 public:
  Saboteur(char** arguments, pid_t program)
      : folder_(std::filesystem::weakly_canonical(arguments[1]).string() + "/"),
        orders_(arguments[2]),
        points_(::open(arguments[3], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)),
        points_path_(arguments[3]),
        program_(program) {
    arm();
  }

  // Until the program has ended; its wait status.
  int run(const sigset_t& signals) {
    while (true) {
      int status = 0;
      const pid_t thread = ::waitpid(-1, &status, __WALL | WNOHANG);
      if (thread == 0) {
        const int signal = ::sigwaitinfo(&signals, nullptr);
        if (signal == SIGUSR1) arm();
        if (signal == SIGTERM) ::kill(program_, SIGTERM);
        if (signal == SIGINT) ::kill(program_, SIGKILL);
        continue;
      }
      if (thread < 0) return ended_;
      if (thread == program_ && (WIFEXITED(status) || WIFSIGNALED(status))) {
        ended_ = status;
        return status;
      }
      if (WIFSTOPPED(status)) stopped(thread, status);
    }
  }

 private:
  void arm() {
    order_ = Order::read(orders_);
    seen_ = 0;
    // The campaign takes the former list away.
    ::close(points_);
    points_ = ::open(points_path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    say("ARMED");
  }

  void say(const std::string& line) {
    const std::string text = line + "\n";
    if (::write(points_, text.data(), text.size()) < 0) fail("points");
  }

  void stopped(pid_t thread, int status) {
    const int signal = WSTOPSIG(status), event = status >> 16;
    if (event == PTRACE_EVENT_SECCOMP) return called(thread);
    if (signal == (SIGTRAP | 0x80)) return returned(thread);
    const bool ours = event != 0 || signal == SIGTRAP || signal == SIGSTOP;
    ::ptrace(PTRACE_CONT, thread, nullptr, ours ? 0 : signal);
  }

  void called(pid_t thread) {
    Registers r{};
    if (::ptrace(PTRACE_GETREGS, thread, nullptr, &r) != 0) return;
    const auto call = std::ranges::find(kCalls, static_cast<long>(r.orig_rax), &Call::number);
    const std::string path =
        call == kCalls.end() ? "" : target_of(thread, call->kind, r);
    if (!path.starts_with(folder_)) {
      ::ptrace(PTRACE_CONT, thread, nullptr, 0);
      return;
    }
    const std::string name =
        std::string(call->name) + " " + without_numbers(path.substr(folder_.size()));
    say("POINT\t" + name);
    const bool hit = order_.concerns(name) && is_due(++seen_);
    if (hit && order_.act != "watch") say("HIT\t" + name);
    if (!hit || !act(thread, r)) proceed(thread, *call, r);
  }

  [[nodiscard]] bool is_due(long number) const {
    return number >= order_.from && (order_.count == 0 || number < order_.from + order_.count);
  }

  void proceed(pid_t thread, const Call& call, const Registers& r) {
    if (call.kind == Kind::kWrite) note_write(thread, call, r);
    if (call.number == SYS_fsync || call.number == SYS_fdatasync) {
      if (const auto inode = inode_of(thread, r.rdi)) unsynced_.erase(*inode);
    }
    ::ptrace(PTRACE_CONT, thread, nullptr, 0);
  }

  // True when the thread goes on from here by itself.
  bool act(pid_t thread, Registers r) {
    if (order_.act == "kill") {
      ::kill(program_, SIGKILL);
      return true;
    }
    if (order_.act == "error" || order_.act == "lose") {
      if (order_.act == "lose") lose(thread, r.rdi);
      r.orig_rax = ~0ULL;  // no call at all
      r.rax = static_cast<std::uint64_t>(-order_.value);
      ::ptrace(PTRACE_SETREGS, thread, nullptr, &r);
      ::ptrace(PTRACE_CONT, thread, nullptr, 0);
      return true;
    }
    if (order_.act == "short" && r.rdx > 1) {
      former_length_[thread] = r.rdx;
      r.rdx /= 2;
      ::ptrace(PTRACE_SETREGS, thread, nullptr, &r);
      ::ptrace(PTRACE_SYSCALL, thread, nullptr, 0);
      return true;
    }
    if (order_.act == "delay") {
      const timespec pause = {order_.value / 1000, order_.value % 1000 * 1'000'000};
      ::nanosleep(&pause, nullptr);
    }
    return false;
  }

  // Back from a shortened write: what the program holds in that register is its own again.
  void returned(pid_t thread) {
    Registers r{};
    const auto former = former_length_.find(thread);
    if (former != former_length_.end() && ::ptrace(PTRACE_GETREGS, thread, nullptr, &r) == 0) {
      r.rdx = former->second;
      ::ptrace(PTRACE_SETREGS, thread, nullptr, &r);
      former_length_.erase(former);
    }
    ::ptrace(PTRACE_CONT, thread, nullptr, 0);
  }

  static std::optional<ino_t> inode_of(pid_t thread, std::uint64_t descriptor) {
    struct stat status {};
    const std::string link =
        "/proc/" + std::to_string(thread) + "/fd/" + std::to_string(descriptor);
    if (::stat(link.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
    return status.st_ino;
  }

  void note_write(pid_t thread, const Call& call, const Registers& r) {
    const auto inode = inode_of(thread, r.rdi);
    if (!inode) return;
    auto offset = static_cast<off_t>(r.r10);
    if (call.number == SYS_write) {
      std::ifstream info("/proc/" + std::to_string(thread) + "/fdinfo/" + std::to_string(r.rdi));
      std::string word;
      info >> word >> offset;
    }
    unsynced_[*inode].push_back({offset, r.rdx});
  }

  // As after a failed fsync: the kernel has dropped the pages that it could not write.
  void lose(pid_t thread, std::uint64_t descriptor) {
    const auto inode = inode_of(thread, descriptor);
    if (!inode) return;
    const std::string link =
        "/proc/" + std::to_string(thread) + "/fd/" + std::to_string(descriptor);
    const int file = ::open(link.c_str(), O_WRONLY | O_CLOEXEC);
    if (file < 0) fail("open to lose");
    for (const Written& written : unsynced_[*inode]) {
      const std::vector<char> nothing(written.length);
      if (::pwrite(file, nothing.data(), nothing.size(), written.offset) < 0) fail("lose");
    }
    ::close(file);
    unsynced_.erase(*inode);
  }

  std::string folder_;
  std::string orders_;
  int points_;
  std::string points_path_;
  pid_t program_;
  Order order_;
  long seen_ = 0;
  int ended_ = 0;
  std::map<pid_t, std::uint64_t> former_length_;
  std::map<ino_t, std::vector<Written>> unsynced_;
};

// The calls above stop for the tracer; all others run at full speed.
void filter_calls() {
  std::vector<sock_filter> code;
  const auto add = [&](std::uint32_t op, std::uint32_t k, std::uint8_t yes, std::uint8_t no) {
    code.push_back({static_cast<std::uint16_t>(op), yes, no, k});
  };
  add(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr), 0, 0);
  const auto count = static_cast<std::uint8_t>(kCalls.size());
  for (std::uint8_t i = 0; i < count; ++i) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(kCalls.at(i).number),
        static_cast<std::uint8_t>(count - i), 0);
  }
  add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
  add(BPF_RET | BPF_K, SECCOMP_RET_TRACE, 0, 0);
  const sock_fprog program = {static_cast<unsigned short>(code.size()), code.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("no_new_privs");
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) fail("seccomp");
}

pid_t start(char** command, const sigset_t& former_mask) {
  const pid_t program = ::fork();
  if (program < 0) fail("fork");
  if (program != 0) return program;
  ::sigprocmask(SIG_SETMASK, &former_mask, nullptr);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // until the tracer can see to that
  ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
  ::raise(SIGSTOP);
  filter_calls();
  ::execv(command[0], command);
  ::_exit(127);
}

int run(char** arguments) {
  sigset_t signals, former;
  ::sigemptyset(&signals);
  for (const int signal : {SIGCHLD, SIGUSR1, SIGTERM, SIGINT}) ::sigaddset(&signals, signal);
  ::sigprocmask(SIG_BLOCK, &signals, &former);
  const pid_t program = start(arguments + 4, former);
  int status = 0;
  ::waitpid(program, &status, 0);
  constexpr long kOptions = PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                            PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP |
                            PTRACE_O_TRACESYSGOOD;
  if (::ptrace(PTRACE_SETOPTIONS, program, nullptr, kOptions) != 0) fail("ptrace");
  Saboteur saboteur(arguments, program);
  ::ptrace(PTRACE_CONT, program, nullptr, 0);
  status = saboteur.run(signals);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 5) {
    std::cerr << "saboteur FOLDER ORDERS POINTS PROGRAM ARGUMENT…\n";
    return 2;
  }
  try {
    return run(arguments);
  } catch (const std::exception& accident) {
    std::cerr << accident.what() << "\n";
    return 1;
  }
}
