#pragma once

// A broken promise of our own is a bug: say where and abort; the supervisor restarts us.
// Always on, in every build. Never used for what the world may do (that is a Refusal).

namespace yizhan {

[[noreturn]] void fail_assertion(const char* condition, const char* file, int line) noexcept;

}  // namespace yizhan

#define YZ_ASSERT(condition)                                       \
  ((condition) ? static_cast<void>(0)                              \
               : ::yizhan::fail_assertion(#condition, __FILE__, __LINE__))
