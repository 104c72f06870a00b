#include "fuzz/fuzzing.h"
#include "ground/antivirus/replies.h"

// What the anti-virus engine, or whoever sits on its socket, says.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan;
  const ByteView bytes(data, size);
  const std::string reply(text_of(bytes));
  const auto answer = parse_scan_reply(reply);
  // Clean is one exact reply, and nothing that only resembles it.
  if (answer && answer->outcome == ScanOutcome::kClean) require(reply.ends_with("]: OK"));
  static_cast<void>(parse_version_reply(reply).ok());
  return 0;
}
