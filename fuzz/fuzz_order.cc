#include "fuzz/fuzzing.h"
#include "model/line/answers.h"
#include "model/line/line.h"
#include "model/mailbox/mailbox.h"

// What a document-management system asks of the terminal, and what a centre answers it.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan;
  const ByteView bytes(data, size);
  static_cast<void>(SendingOrder::parse(bytes).ok());
  const auto json = parse_json(bytes, {.bytes_max = 1U << 20, .depth_max = 16});
  if (!json) return 0;
  static_cast<void>(parse_submission_answer(*json).ok());
  static_cast<void>(parse_news(*json).ok());
  static_cast<void>(parse_state(*json).ok());
  static_cast<void>(parse_message_standing(*json).ok());
  static_cast<void>(parse_standings(*json).ok());
  return 0;
}
