#include "fuzz/fuzzing.h"
#include "model/agency/agency.h"

// The directory that management signs.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan;
  const ByteView bytes(data, size);
  if (const auto directory = Directory::parse(bytes)) {
    const Json json = directory->describe();
    const auto again = Directory::parse(canonical_json(json));
    require(again.ok() && again->describe() == json);
  }
  return 0;
}
