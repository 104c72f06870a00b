#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace yizhan {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

ByteView bytes_of(std::string_view text);
std::string_view text_of(ByteView bytes);
Bytes copy_of(ByteView bytes);
void append(Bytes& to, ByteView more);
void append_u64_be(Bytes& to, std::uint64_t value);
std::uint64_t read_u64_be(ByteView eight_bytes);

std::string to_hex(ByteView bytes);  // lower case
// nullopt unless an even number of lower-case hex digits and nothing else.
std::optional<Bytes> from_hex(std::string_view hex);

std::string to_base64(ByteView bytes);  // RFC 4648 §4, padded, no line breaks
// nullopt unless canonical: right padding, no white space, no stray bits.
std::optional<Bytes> from_base64(std::string_view base64);

// True when equal, in time that depends on the lengths only.
bool equal_in_constant_time(ByteView a, ByteView b);

// A SHA-256 value. How it is computed: ground/crypto/digest.h.
struct Sha256 {
  std::array<std::uint8_t, 32> octets{};

  [[nodiscard]] ByteView view() const { return octets; }
  [[nodiscard]] std::string hex() const { return to_hex(octets); }
  static std::optional<Sha256> from_hex(std::string_view hex);
  static std::optional<Sha256> from_bytes(ByteView bytes);

  auto operator<=>(const Sha256&) const = default;
};

}  // namespace yizhan
