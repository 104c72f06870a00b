#include "fuzz/fuzzing.h"
#include "model/export/export.h"
#include "model/export/verify_files.h"

// The list of what an export holds.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan;
  const ByteView bytes(data, size);
  if (const auto index = ExportIndex::parse(bytes)) require(ExportIndex::parse(bytes).ok());
  return 0;
}
