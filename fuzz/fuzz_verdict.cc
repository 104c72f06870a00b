#include "fuzz/fuzzing.h"
#include "model/evidence/evidence.h"

// A scanner's verdict, as JSON and in its CMS.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan;
  const ByteView bytes(data, size);
  require_round_trip<Verdict>(bytes);
  static_cast<void>(open_verdict(bytes).ok());
  return 0;
}
