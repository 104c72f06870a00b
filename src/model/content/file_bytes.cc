#include "model/content/file_bytes.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace yizhan {

std::uint64_t file_size(int descriptor) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    throw std::system_error(errno, std::generic_category(), "not a regular file");
  }
  return static_cast<std::uint64_t>(status.st_size);
}

Bytes read_bytes(int descriptor, std::uint64_t place, std::size_t count) {
  const std::uint64_t size = file_size(descriptor);
  Bytes bytes(
      static_cast<std::size_t>(std::min<std::uint64_t>(count, place < size ? size - place : 0)));
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got = pread(descriptor, bytes.data() + have, bytes.size() - have,
                              static_cast<off_t>(place + have));
    if (got < 0) throw std::system_error(errno, std::generic_category(), "pread");
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

bool look_through(int descriptor,
                  const std::function<bool(std::uint64_t place, std::string_view window)>& look) {
  constexpr std::size_t kWindow = 1U << 20;
  const std::uint64_t size = file_size(descriptor);
  for (std::uint64_t place = 0; place < size; place += kWindow - kWindowOverlap) {
    const Bytes window = read_bytes(descriptor, place, kWindow);
    if (look(place, text_of(window))) return true;
    if (place + kWindow >= size) return false;
  }
  return false;
}

}  // namespace yizhan
