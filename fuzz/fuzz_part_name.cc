#include "fuzz/fuzzing.h"
#include "model/part_name/part_name.h"

// Names of files: what is allowed stays allowed, and folds to one name.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan;
  const ByteView bytes(data, size);
  const std::string name(text_of(bytes));
  if (check_part_name(name)) require(folded_name(folded_name(name)) == folded_name(name));
  return 0;
}
