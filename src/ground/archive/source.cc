#include "ground/archive/source.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace yizhan {

Source::Source(int descriptor) : descriptor_(descriptor) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    throw std::system_error(errno, std::generic_category(), "not a regular file");
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

Source::Source(ByteView memory) : memory_(memory), size_(memory.size()) {}

std::size_t Source::read_at(std::uint64_t place, std::span<std::uint8_t> into) const {
  if (place >= size_) return 0;
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), size_ - place));
  if (descriptor_ < 0) {
    std::memcpy(into.data(), memory_.data() + place, count);
    return count;
  }
  std::size_t have = 0;
  while (have < count) {
    const ssize_t got =
        pread(descriptor_, into.data() + have, count - have, static_cast<off_t>(place + have));
    if (got < 0) throw std::system_error(errno, std::generic_category(), "pread");
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  return have;
}

Bytes Source::read_at(std::uint64_t place, std::size_t count) const {
  Bytes bytes(
      static_cast<std::size_t>(std::min<std::uint64_t>(count, place < size_ ? size_ - place : 0)));
  bytes.resize(read_at(place, std::span(bytes)));
  return bytes;
}

}  // namespace yizhan
