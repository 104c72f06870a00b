#include "fuzz/fuzzing.h"
#include "model/package/package.h"

// What a terminal submits, and what a centre hands to a recipient.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan;
  const ByteView bytes(data, size);
  require_round_trip<Envelope>(bytes);
  if (const Result<Envelope> submission = Envelope::parse_submission(bytes)) {
    require(Envelope::parse_submission(submission->submission())->submission() ==
            submission->submission());
  }
  require_round_trip<Consignment>(bytes);
  return 0;
}
