#include "ground/base/bytes.h"

#include <algorithm>
#include <cstring>

#include "ground/base/assert.h"

namespace yizhan {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> inverse_of(std::string_view digits) {
  std::array<std::int8_t, 256> inverse{};
  inverse.fill(-1);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    inverse[static_cast<std::uint8_t>(digits[i])] = static_cast<std::int8_t>(i);
  }
  return inverse;
}

constexpr auto kHexValues = inverse_of(kHexDigits);
constexpr auto kBase64Values = inverse_of(kBase64Digits);

int base64_value(char digit) { return kBase64Values[static_cast<std::uint8_t>(digit)]; }

}  // namespace

ByteView bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string_view text_of(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Bytes copy_of(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

void append(Bytes& to, ByteView more) { to.insert(to.end(), more.begin(), more.end()); }

void append_u64_be(Bytes& to, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    to.push_back(static_cast<std::uint8_t>(value >> shift));
  }
}

std::uint64_t read_u64_be(ByteView eight_bytes) {
  YZ_ASSERT(eight_bytes.size() == 8);
  std::uint64_t value = 0;
  for (std::uint8_t octet : eight_bytes) value = (value << 8) | octet;
  return value;
}

std::string to_hex(ByteView bytes) {
  std::string hex(bytes.size() * 2, '\0');
  char* digit = hex.data();
  for (std::uint8_t octet : bytes) {
    *digit++ = kHexDigits[octet >> 4];
    *digit++ = kHexDigits[octet & 15];
  }
  return hex;
}

std::optional<Bytes> from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  Bytes bytes;
  bytes.reserve(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = kHexValues[static_cast<std::uint8_t>(hex[i])];
    const int low = kHexValues[static_cast<std::uint8_t>(hex[i + 1])];
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return bytes;
}

std::string to_base64(ByteView bytes) {
  std::string base64((bytes.size() + 2) / 3 * 4, '=');
  char* digit = base64.data();
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t rest = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = static_cast<std::uint32_t>(bytes[i]) << 16;
    if (rest > 1) group |= static_cast<std::uint32_t>(bytes[i + 1]) << 8;
    if (rest > 2) group |= bytes[i + 2];
    digit[0] = kBase64Digits[group >> 18];
    digit[1] = kBase64Digits[(group >> 12) & 63];
    if (rest > 1) digit[2] = kBase64Digits[(group >> 6) & 63];
    if (rest > 2) digit[3] = kBase64Digits[group & 63];
    digit += 4;
  }
  return base64;
}

std::optional<Bytes> from_base64(std::string_view base64) {
  if (base64.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < base64.size() && base64[base64.size() - 1 - padding] == '=') {
    ++padding;
  }
  Bytes bytes(base64.size() / 4 * 3 - padding);
  std::uint8_t* octet = bytes.data();
  for (std::size_t i = 0; i < base64.size(); i += 4) {
    const bool last = i + 4 == base64.size();
    const std::size_t digits = last ? 4 - padding : 4;
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < digits; ++k) {
      const int value = base64_value(base64[i + k]);
      if (value < 0) return std::nullopt;
      group |= static_cast<std::uint32_t>(value) << (18 - 6 * k);
    }
    // Bits that carry nothing must be zero, or two texts would name the same bytes.
    if (digits == 3 && (group & 0xff) != 0) return std::nullopt;
    if (digits == 2 && (group & 0xffff) != 0) return std::nullopt;
    *octet++ = static_cast<std::uint8_t>(group >> 16);
    if (digits > 2) *octet++ = static_cast<std::uint8_t>(group >> 8);
    if (digits > 3) *octet++ = static_cast<std::uint8_t>(group);
  }
  return bytes;
}

bool equal_in_constant_time(ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  volatile std::uint8_t difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
  }
  return difference == 0;
}

std::optional<Sha256> Sha256::from_hex(std::string_view hex) {
  const auto bytes = yizhan::from_hex(hex);
  return bytes ? from_bytes(*bytes) : std::nullopt;
}

std::optional<Sha256> Sha256::from_bytes(ByteView bytes) {
  if (bytes.size() != 32) return std::nullopt;
  Sha256 digest;
  std::copy(bytes.begin(), bytes.end(), digest.octets.begin());
  return digest;
}

}  // namespace yizhan
