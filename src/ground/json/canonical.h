#pragma once

#include "ground/json/parse.h"

// JSON Canonicalization Scheme (RFC 8785).

namespace yizhan {

// The one byte form of a value: no white space, names in UTF-16 code unit order. Takes null, bools,
// strings, integers within ±(2^53 - 1), arrays and objects; anything else is a bug (YZ_ASSERT).
// Throws std::invalid_argument when a string is not UTF-8, which parse_json never lets through.
Bytes canonical_json(const Json& value);

}  // namespace yizhan
