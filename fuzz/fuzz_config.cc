#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/fuzzing.h"
#include "ground/config/config.h"

// A configuration file: in force with all it says, or refused with everything that is wrong.

namespace {

using enum yizhan::ConfigKind;

constexpr yizhan::ConfigKey kTable[] = {
    {.key = "name", .kind = kText, .min = 1, .max = 10, .sentence = "名稱"},
    {.key = "limits.count", .kind = kInteger, .standard = "3", .min = 1, .max = 9, .sentence = "數"},
    {.key = "pause", .kind = kDuration, .standard = "1s", .sentence = "間隔"},
    {.key = "files", .kind = kPath, .standard = "", .sentence = "資料夾"}};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan;
  const int file = ::memfd_create("fuzz", MFD_CLOEXEC);
  require(::write(file, data, size) == static_cast<ssize_t>(size));
  try {
    const Config config = Config::load({"/proc/self/fd/" + std::to_string(file)}, kTable);
    require(config.integer("limits.count") >= 1 && config.integer("limits.count") <= 9);
    require(!config.print().empty());
  } catch (const ConfigError& error) {
    require(!error.problems().empty());
  }
  ::close(file);
  return 0;
}
