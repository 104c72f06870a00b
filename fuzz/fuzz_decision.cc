#include "fuzz/fuzzing.h"
#include "model/evidence/evidence.h"

// What officers decide, and what senders take back.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan;
  const ByteView bytes(data, size);
  require_round_trip<Decision>(bytes);
  require_round_trip<Withdrawal>(bytes);
  return 0;
}
