#include <algorithm>

#include "fuzz/fuzzing.h"
#include "model/package/package.h"

// A recipient's leaf and the path that places it: whatever follows the first line is path.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan;
  const ByteView bytes(data, size);
  require_round_trip<RecipientLeaf>(bytes);
  PlacedLeaf placed{{}, static_cast<std::int64_t>(size % 7), {}};
  std::size_t at = std::min<std::size_t>(size, size % 400);
  placed.leaf = copy_of(bytes.first(at));
  for (; at + 32 <= size; at += 32) {
    Sha256 node;
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), 32, node.octets.begin());
    placed.path.push_back(node);
  }
  require(!verify_placed(placed, 5, Sha256{}).ok());
  return 0;
}
