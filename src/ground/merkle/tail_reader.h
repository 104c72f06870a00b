#pragma once

#include <optional>
#include <vector>

#include "ground/merkle/tree.h"

// The records of a log's tail (tail.h) out of its bytes, for who reads a log that is not his.
// Inside ground/merkle.

namespace yizhan {

struct TailReading {
  std::vector<ByteView> entries;              // that go on where `size` entries end
  std::optional<std::uint64_t> damaged_at;    // later records stand behind what ends them
};

// The views live as long as the bytes.
TailReading read_tail_records(ByteView tail, std::uint64_t size);

}  // namespace yizhan
