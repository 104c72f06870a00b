#include "fuzz/fuzzing.h"
#include "model/evidence/evidence.h"

// Evidence, as JSON and in its CMS.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan;
  const ByteView bytes(data, size);
  require_round_trip<Statement>(bytes);
  static_cast<void>(open_statement(bytes).ok());
  return 0;
}
