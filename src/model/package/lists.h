#pragma once

#include <optional>
#include <vector>

#include "ground/json/json.h"

// Lists of bytes (base64) and digests (hex) in the JSON of the wire, and what goes behind it.

namespace yizhan {

Result<std::vector<Bytes>> parse_blobs(const Json& json, std::string_view name);
Result<std::vector<Sha256>> parse_digests(const Json& json, std::string_view name);
Json blob_list(const std::vector<Bytes>& blobs);
Json digest_list(const std::vector<Sha256>& digests);

// A JSON object with a body behind it: the object's length (4 bytes, big-endian), the object, the
// body as it is. Refuses kMalformed when the object is shorter than its length says.
struct JsonAndBody {
  ByteView json;
  ByteView body;  // empty: none came along
};
Result<JsonAndBody> split_json_and_body(ByteView bytes);
Bytes join_json_and_body(ByteView json, const std::optional<Bytes>& body);

}  // namespace yizhan
