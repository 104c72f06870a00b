#pragma once

#include <vector>

#include "ground/json/json.h"

// Lists of bytes (base64) and digests (hex) in the JSON of the wire.

namespace yizhan {

Result<std::vector<Bytes>> parse_blobs(const Json& json, std::string_view name);
Result<std::vector<Sha256>> parse_digests(const Json& json, std::string_view name);
Json blob_list(const std::vector<Bytes>& blobs);
Json digest_list(const std::vector<Sha256>& digests);

}  // namespace yizhan
