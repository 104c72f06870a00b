#include <dlfcn.h>
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstring>

// Loaded before Debian's user-mode-linux (power_cuts.py), whose registers end with AVX-512. Where a
// processor has more of them (AMX) its host takes them whole or not at all, and no guest comes up.
// Here they are made whole: the guest's, and none of those that it does not know.

namespace {

using Ptrace = long (*)(__ptrace_request, pid_t, void*, void*);

constexpr std::size_t kHeaderAt = 512;  // of the XSAVE area: which of its parts are there
constexpr std::uint64_t kKnownParts = 0x2e7;  // x87, SSE, AVX, AVX-512, protection keys
std::array<std::byte, 1U << 16U> whole;

void make_whole(const iovec& given, std::size_t length) {
  std::fill_n(whole.begin(), length, std::byte{0});
  std::memcpy(whole.data(), given.iov_base, std::min(given.iov_len, length));
  std::uint64_t parts = 0;
  std::memcpy(&parts, &whole[kHeaderAt], sizeof parts);
  parts &= kKnownParts;
  std::memcpy(&whole[kHeaderAt], &parts, sizeof parts);
}

}  // namespace

extern "C" long ptrace(__ptrace_request request, ...) noexcept {
  static const auto next = reinterpret_cast<Ptrace>(::dlsym(RTLD_NEXT, "ptrace"));
  va_list arguments;
  va_start(arguments, request);
  const pid_t process = va_arg(arguments, pid_t);
  void* const address = va_arg(arguments, void*);
  void* const data = va_arg(arguments, void*);
  va_end(arguments);
  if (request != PTRACE_SETREGSET ||
      reinterpret_cast<std::uintptr_t>(address) != std::uintptr_t{NT_X86_XSTATE}) {
    return next(request, process, address, data);
  }
  iovec all{whole.data(), whole.size()};
  if (next(PTRACE_GETREGSET, process, address, &all) != 0) return -1;
  make_whole(*static_cast<const iovec*>(data), all.iov_len);
  return next(PTRACE_SETREGSET, process, address, &all);
}
