#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>

#include "ground/base/base.h"

// JSON of strangers, read as I-JSON (RFC 7493) and narrower still: integers only.

namespace yizhan {

using Json = nlohmann::json;

inline constexpr std::int64_t kJsonIntegerMax = (std::int64_t{1} << 53) - 1;  // RFC 7493 §2.2

struct JsonLimits {
  std::size_t bytes_max = 65536;
  int depth_max = 32;  // arrays and objects inside each other; a plain value is depth 0
};

// One JSON value and nothing else. Memory stays within a small multiple of the input; depth never
// becomes recursion.
// Refuses: kTooLarge above bytes_max; kMalformed for bad UTF-8, surrogates, noncharacters, a byte
// order mark, NUL, a name given twice, a float or exponent, |n| > 2^53 - 1, depth above depth_max,
// trailing bytes. The detail names the offset (grammar) or the last member name seen (rules).
Result<Json> parse_json(ByteView bytes, JsonLimits limits = {});

}  // namespace yizhan
