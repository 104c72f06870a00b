#include "duty/connection/connection.h"
#include "fuzz/fuzzing.h"

// What an agency files and its centre finds, as JSON and in their CMS.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan;
  const ByteView bytes(data, size);
  require_round_trip<ChangeRequest>(bytes);
  require_round_trip<ChangeReview>(bytes);
  static_cast<void>(open_change(bytes).ok());
  static_cast<void>(open_review(bytes).ok());
  return 0;
}
