#include "fuzz/fuzzing.h"
#include "model/package/package.h"

// The header of a package, as JSON and in its CMS.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan;
  const ByteView bytes(data, size);
  require_round_trip<Header>(bytes);
  if (const auto sealed = open_header(bytes)) {
    require(open_header(sealed->cms)->sha256 == sealed->sha256);
  }
  return 0;
}
