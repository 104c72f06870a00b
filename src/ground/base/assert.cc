#include "ground/base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace yizhan {

void fail_assertion(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "assertion failed: %s at %s:%d\n", condition, file, line);
  std::abort();
}

}  // namespace yizhan
