#include "model/export/detached.h"

#include <algorithm>

namespace yizhan {

namespace {

constexpr std::uint8_t kOctetString = 0x04;
constexpr std::uint8_t kSequence = 0x30;
constexpr std::uint8_t kContext0 = 0xA0;
// OBJECT IDENTIFIER of signed data and of data (RFC 5652 §4, §5.1).
constexpr std::uint8_t kSignedData[] = {0x06, 0x09, 0x2A, 0x86, 0x48, 0x86,
                                        0xF7, 0x0D, 0x01, 0x07, 0x02};
constexpr std::uint8_t kData[] = {0x06, 0x09, 0x2A, 0x86, 0x48, 0x86,
                                  0xF7, 0x0D, 0x01, 0x07, 0x01};

// DER: a length as short as can be.
Bytes encode(std::uint8_t tag, ByteView content) {
  Bytes der = {tag};
  if (content.size() < 0x80) {
    der.push_back(static_cast<std::uint8_t>(content.size()));
  } else {
    Bytes octets;
    for (std::size_t rest = content.size(); rest > 0; rest >>= 8) {
      octets.insert(octets.begin(), static_cast<std::uint8_t>(rest));
    }
    der.push_back(static_cast<std::uint8_t>(0x80 | octets.size()));
    append(der, octets);
  }
  append(der, content);
  return der;
}

Bytes joined(ByteView first, ByteView second) {
  Bytes both = copy_of(first);
  append(both, second);
  return both;
}

// EncapsulatedContentInfo with and without the content.
Bytes with(ByteView content) {
  const Bytes wrapped = encode(kContext0, encode(kOctetString, content));
  return encode(kSequence, joined(kData, wrapped));
}
Bytes without() { return encode(kSequence, kData); }

Bytes enclosed(ByteView signed_data) {
  const Bytes wrapped = encode(kContext0, encode(kSequence, signed_data));
  return encode(kSequence, joined(kSignedData, wrapped));
}

// How long the tag and length of the value there are.
std::size_t head_of(ByteView der) {
  if (der.size() < 2) return der.size();
  const std::size_t head = der[1] < 0x80 ? 2 : 2 + (der[1] & 0x7FU);
  return std::min(head, der.size());
}

// `cms` with one EncapsulatedContentInfo in the place of another; whatever is not exactly an
// enclosed SignedData around `from` is refused.
Result<Bytes> exchanged(ByteView cms, ByteView from, ByteView to) {
  const Refusal malformed{Reason::kMalformed, "不是本系統格式的 CMS 簽章訊息"};
  ByteView inner = cms.subspan(head_of(cms));
  if (inner.size() < sizeof kSignedData) return malformed;
  inner = inner.subspan(sizeof kSignedData);
  for (int wrapping = 0; wrapping < 2; ++wrapping) inner = inner.subspan(head_of(inner));
  if (!std::ranges::equal(enclosed(inner), cms)) return malformed;
  const auto place = std::search(inner.begin(), inner.end(), from.begin(), from.end());
  if (place == inner.end()) return malformed;
  const auto before = static_cast<std::size_t>(place - inner.begin());
  Bytes changed = joined(inner.first(before), to);
  append(changed, inner.subspan(before + from.size()));
  return enclosed(changed);
}

}  // namespace

Result<Bytes> detached(ByteView cms, ByteView content) {
  return exchanged(cms, with(content), without());
}

Result<Bytes> attached(ByteView detached, ByteView content) {
  return exchanged(detached, without(), with(content));
}

}  // namespace yizhan
