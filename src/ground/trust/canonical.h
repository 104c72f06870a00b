#pragma once

#include "ground/json/json.h"

namespace yizhan {

// The bytes that TUF signatures are about: OLPC canonical JSON. No white space; members sorted by
// name; in strings only '"' and '\' are escaped, each with '\', and every other character stands
// as it is, line ends too; integers in decimal. (Not RFC 8785, which escapes control characters.)
// Member names are ASCII here, so that all orders of characters are one. Anything that parse_json
// lets through can be written.
Bytes tuf_canonical_json(const Json& value);

}  // namespace yizhan
