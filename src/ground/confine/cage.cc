#include "ground/confine/cage.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace yizhan {

namespace {

constexpr uid_t kNobody = 65534;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kAddressSanitizer = true;
#else
constexpr bool kAddressSanitizer = false;
#endif

void must(bool done, const char* what) {
  if (!done) throw std::system_error(errno, std::generic_category(), what);
}

void limit(__rlimit_resource resource, std::uint64_t value) {
  const rlimit both{value, value};
  must(setrlimit(resource, &both) == 0, "setrlimit");
}

using Filter = std::unique_ptr<void, decltype(&seccomp_release)>;

void allow(const Filter& filter, int call, std::span<const scmp_arg_cmp> arguments = {}) {
  const int failed =
      seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, call,
                             static_cast<unsigned>(arguments.size()), arguments.data());
  if (failed != 0) throw std::system_error(-failed, std::generic_category(), "seccomp_rule_add");
}

// Fails with that errno, and nothing happens.
void answer(const Filter& filter, std::uint32_t error, int call,
            std::span<const scmp_arg_cmp> arguments = {}) {
  const int failed =
      seccomp_rule_add_array(filter.get(), SCMP_ACT_ERRNO(error), call,
                             static_cast<unsigned>(arguments.size()), arguments.data());
  if (failed != 0) throw std::system_error(-failed, std::generic_category(), "seccomp_rule_add");
}

// What a computation over open descriptors needs, and no more.
constexpr std::array kComputingCalls{
    SCMP_SYS(read),         SCMP_SYS(write),        SCMP_SYS(readv),
    SCMP_SYS(writev),       SCMP_SYS(pread64),      SCMP_SYS(lseek),
    SCMP_SYS(close),        SCMP_SYS(fstat),        SCMP_SYS(munmap),
    SCMP_SYS(mremap),       SCMP_SYS(madvise),      SCMP_SYS(brk),
    SCMP_SYS(futex),        SCMP_SYS(exit),         SCMP_SYS(exit_group),
    SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(getpid),       SCMP_SYS(gettid),       SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday), SCMP_SYS(time),         SCMP_SYS(getrandom),
    SCMP_SYS(sysinfo),      SCMP_SYS(sched_yield),  SCMP_SYS(restart_syscall),
};

void allow_calls(const Filter& filter) {
  for (const int call : kComputingCalls) allow(filter, call);
  // Memory, but never code.
  const std::array no_code{SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)};
  allow(filter, SCMP_SYS(mmap), no_code);
  allow(filter, SCMP_SYS(mprotect), no_code);
  // fstat() of an open descriptor, as this C library spells it.
  const std::array by_descriptor{SCMP_A3(SCMP_CMP_EQ, AT_EMPTY_PATH)};
  allow(filter, SCMP_SYS(newfstatat), by_descriptor);
  // getrlimit(), not setrlimit().
  const std::array own{SCMP_A0(SCMP_CMP_EQ, 0), SCMP_A2(SCMP_CMP_EQ, 0)};
  allow(filter, SCMP_SYS(prlimit64), own);
  if constexpr (kAddressSanitizer) {
    allow(filter, SCMP_SYS(sigaltstack));
    allow(filter, SCMP_SYS(sched_getaffinity));
    allow(filter, SCMP_SYS(pipe2));  // how the sanitizer asks whether an address can be read
  }
  // abort() sends itself a signal this way; it then falls back to an illegal instruction, which
  // tells a crash from a forbidden call, and no sibling can be signalled.
  answer(filter, EPERM, SCMP_SYS(tgkill));
  // libxml2 looks for a file of the name before it asks us for the entity: there are no files.
  const std::array by_path{SCMP_A3(SCMP_CMP_NE, AT_EMPTY_PATH)};
  answer(filter, ENOENT, SCMP_SYS(newfstatat), by_path);
}

void forget_signals() {
  for (int number = 1; number < SIGRTMIN; ++number) {
    if (number != SIGKILL && number != SIGSTOP) std::signal(number, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  must(sigprocmask(SIG_SETMASK, &none, nullptr) == 0, "sigprocmask");
}

void drop_privileges() {
  if (geteuid() == 0) {
    must(setgroups(0, nullptr) == 0, "setgroups");
    must(setresgid(kNobody, kNobody, kNobody) == 0, "setresgid");
    must(setresuid(kNobody, kNobody, kNobody) == 0, "setresuid");
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> nothing{};
  must(syscall(SYS_capset, &header, nothing.data()) == 0, "capset");
  must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
  must(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0, "dumpable");
  must(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0, "pdeathsig");  // the change of user cleared it
}

// A second wall where the kernel has one; never required, since open() is forbidden anyway.
void forbid_files() {
  landlock_ruleset_attr all{};
  all.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
  const long rules = syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
  if (rules < 0) return;
  syscall(SYS_landlock_restrict_self, rules, 0);
  close(static_cast<int>(rules));
}

}  // namespace

CallFilter CallFilter::build(std::optional<int> channel) {
  const Filter filter(seccomp_init(SCMP_ACT_KILL_PROCESS), &seccomp_release);
  if (!filter) throw std::system_error(ENOMEM, std::generic_category(), "seccomp_init");
  allow_calls(filter);
  if (channel) {
    const std::array there{SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(*channel))};
    allow(filter, SCMP_SYS(recvmsg), there);
  }
  const int file = memfd_create("calls", MFD_CLOEXEC);
  must(file >= 0, "memfd_create");
  const int failed = seccomp_export_bpf(filter.get(), file);
  const off_t size = lseek(file, 0, SEEK_END);
  CallFilter built;
  built.program_.resize(static_cast<std::size_t>(size) / sizeof(sock_filter));
  const ssize_t got =
      pread(file, built.program_.data(), built.program_.size() * sizeof(sock_filter), 0);
  close(file);
  must(failed == 0 && size > 0 && got == size, "seccomp_export_bpf");
  return built;
}

void CallFilter::apply() const {
  const sock_fprog program{static_cast<unsigned short>(program_.size()),
                           const_cast<sock_filter*>(program_.data())};
  must(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0, "seccomp");
}

void keep_only(std::span<const int> descriptors) {
  constexpr int kOutOfTheWay = 100;
  std::vector<int> moved;
  for (const int descriptor : descriptors) {
    moved.push_back(fcntl(descriptor, F_DUPFD, kOutOfTheWay));
    must(moved.back() >= 0, "dup");
  }
  int next = STDERR_FILENO + 1;
  for (const int descriptor : moved) must(dup2(descriptor, next++) >= 0, "dup2");
  must(close_range(static_cast<unsigned>(next), ~0U, 0) == 0, "close_range");
}

void enter_cage(const ConfinedLimits& limits, const CallFilter& filter) {
  forget_signals();
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(limits.deadline).count();
  limit(RLIMIT_CPU, static_cast<std::uint64_t>(seconds) + 1);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, limits.output_bytes_max);
  limit(RLIMIT_NOFILE, 64);
  drop_privileges();
  limit(RLIMIT_NPROC, 0);
  forbid_files();
  // The sanitizer's own shadow takes terabytes of address space.
  if constexpr (!kAddressSanitizer) limit(RLIMIT_AS, limits.memory_bytes);
  filter.apply();
}

void harden_process() {
  must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
  must(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0, "dumpable");
  limit(RLIMIT_CORE, 0);
}

}  // namespace yizhan
