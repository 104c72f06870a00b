#include "model/package/lists.h"

namespace yizhan {

namespace {

constexpr std::size_t kLengthBytes = 4;

}  // namespace

Result<std::vector<Bytes>> parse_blobs(const Json& json, std::string_view name) {
  std::vector<Bytes> blobs;
  for (const Json& item : json) {
    auto blob = item.is_string() ? from_base64(item.get_ref<const std::string&>()) : std::nullopt;
    if (!blob) return Refusal{Reason::kMalformed, std::string(name) + " 須為 base64"};
    blobs.push_back(std::move(*blob));
  }
  return blobs;
}

Result<std::vector<Sha256>> parse_digests(const Json& json, std::string_view name) {
  std::vector<Sha256> digests;
  for (const Json& item : json) {
    const auto digest =
        item.is_string() ? Sha256::from_hex(item.get_ref<const std::string&>()) : std::nullopt;
    if (!digest) return Refusal{Reason::kMalformed, std::string(name) + " 須為 SHA-256"};
    digests.push_back(*digest);
  }
  return digests;
}

Json blob_list(const std::vector<Bytes>& blobs) {
  Json items = Json::array();
  for (const Bytes& blob : blobs) items.push_back(to_base64(blob));
  return items;
}

Json digest_list(const std::vector<Sha256>& digests) {
  Json items = Json::array();
  for (const Sha256& digest : digests) items.push_back(digest.hex());
  return items;
}

Result<JsonAndBody> split_json_and_body(ByteView bytes) {
  const Refusal torn{Reason::kMalformed, "內容不足其所載長度"};
  if (bytes.size() < kLengthBytes) return torn;
  std::size_t length = 0;
  for (const std::uint8_t octet : bytes.first(kLengthBytes)) length = length << 8 | octet;
  bytes = bytes.subspan(kLengthBytes);
  if (bytes.size() < length) return torn;
  return JsonAndBody{bytes.first(length), bytes.subspan(length)};
}

Bytes join_json_and_body(ByteView json, const std::optional<Bytes>& body) {
  Bytes bytes;
  bytes.reserve(kLengthBytes + json.size() + (body ? body->size() : 0));
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<std::uint8_t>(json.size() >> shift));
  }
  append(bytes, json);
  if (body) append(bytes, *body);
  return bytes;
}

}  // namespace yizhan
