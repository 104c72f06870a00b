#include "fuzz/fuzzing.h"
#include "ground/json/json.h"

// I-JSON: what is taken has one canonical form.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan;
  const ByteView bytes(data, size);
  const auto json = parse_json(bytes, {.bytes_max = 1U << 16, .depth_max = 32});
  if (!json) return 0;
  const Bytes canonical = canonical_json(*json);
  const auto again = parse_json(canonical, {.bytes_max = 1U << 20, .depth_max = 32});
  require(again.ok() && canonical_json(*again) == canonical);
  return 0;
}
