#include "ground/base/random.h"

#include <sys/random.h>

#include <cerrno>

#include "ground/base/assert.h"

namespace yizhan {

void fill_random(std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = getrandom(bytes.data(), bytes.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    YZ_ASSERT(got > 0);
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace yizhan
