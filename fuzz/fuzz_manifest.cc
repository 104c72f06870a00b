#include "fuzz/fuzzing.h"
#include "model/package/package.h"

// The list of what is in a package.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan;
  const ByteView bytes(data, size);
  require_round_trip<Manifest>(bytes);
  return 0;
}
