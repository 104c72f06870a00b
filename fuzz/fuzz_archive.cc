#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/fuzzing.h"
#include "ground/archive/archive.h"

// Archives of every kind, within small limits.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan;
  const ArchiveLimits limits{
      .members_max = 100, .depth_max = 4, .unpacked_bytes_max = 4U << 20,
      .member_bytes_max = 1U << 20, .nested_bytes_max = 1U << 20,
      .time_max = std::chrono::seconds{2}};
  const int file = ::memfd_create("fuzz", MFD_CLOEXEC);
  require(::write(file, data, size) == static_cast<ssize_t>(size));
  if (const auto inventory = take_inventory(file, limits)) {
    require(inventory->members <= 100 && inventory->bytes <= 4U << 20);
  }
  static_cast<void>(read_zip_directory(file, limits).ok());
  static_cast<void>(ends_like_zip(file));
  ::close(file);
  return 0;
}
