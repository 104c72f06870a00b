#include "fuzz/fuzzing.h"
#include "ground/keys/keys.h"
#include "ground/keys/protocol.h"

// Both sides of the keyholder's socket.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan;
  const ByteView bytes(data, size);
  static_cast<void>(parse_request(bytes).ok());
  static_cast<void>(parse_answer(bytes).ok());
  static_cast<void>(parse_keys(bytes).ok());
  static_cast<void>(parse_status(bytes).ok());
  return 0;
}
