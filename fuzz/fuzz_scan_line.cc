#include "fuzz/fuzzing.h"
#include "way/screen/screen.h"

// Both sides of the line between exchange and scanner.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan;
  const ByteView bytes(data, size);
  require_round_trip<ScanOrder>(bytes);
  static_cast<void>(parse_scan_answer(bytes).ok());
  return 0;
}
