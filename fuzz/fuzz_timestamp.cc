#include "fuzz/fuzzing.h"
#include "ground/crypto/crypto.h"

// A time-stamping authority's answer, and a token out of an export.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan;
  const ByteView bytes(data, size);
  const Bytes query = make_timestamp_query(bytes);
  // A nonce of this moment is in no answer.
  require(!timestamp_token(bytes, query).ok());
  require(!verify_timestamp(bytes, bytes, {}).ok());
  return 0;
}
