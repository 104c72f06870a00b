#include "duty/addresses/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace yizhan {

namespace {

constexpr int kWidestV4 = 16, kWidestV6 = 32;

bool bit_at(const std::array<std::uint8_t, 16>& address, int bit) {
  const auto octet = address.at(static_cast<std::size_t>(bit / 8));
  return ((octet >> (7 - bit % 8)) & 1U) != 0;
}

// As bytes and prefix say, nothing more.
Result<int> parse_prefix(std::string_view text, int most) {
  int prefix = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), prefix);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || prefix < 1 || prefix > most) {
    return Refusal{Reason::kMalformed, "網段首碼須為 1 至 " + std::to_string(most)};
  }
  return prefix;
}

// 224.0.0.0/4 and ff00::/8 reach many hosts; 0.0.0.0 and :: are none. ::ffff:0:0/96 would be IPv4
// by another name, and nft keeps both families apart.
bool is_ones_own(const std::array<std::uint8_t, 16>& address, int bytes) {
  const auto end = address.begin() + bytes;
  if (std::all_of(address.begin(), end, [](auto octet) { return octet == 0; })) return false;
  if (bytes == 4) return (address[0] & 0xF0U) != 0xE0U && address[0] != 0;
  const bool mapped =
      std::all_of(address.begin(), address.begin() + 10, [](auto octet) { return octet == 0; }) &&
      address[10] == 0xFF && address[11] == 0xFF;
  return address[0] != 0xFF && !mapped;
}

}  // namespace

Result<Network> Network::parse(std::string_view text) {
  const auto slash = text.find('/');
  const std::string address(text.substr(0, slash));
  Network network;
  const bool v6 = address.find(':') != std::string::npos;
  network.bytes_ = v6 ? 16 : 4;
  if (inet_pton(v6 ? AF_INET6 : AF_INET, address.c_str(), network.address_.data()) != 1) {
    return Refusal{Reason::kMalformed, "須為 IPv4 或 IPv6 位址或網段，不得為主機名稱：" +
                                           std::string(text)};
  }
  const int most = network.bytes_ * 8;
  network.prefix_ = most;
  if (slash != std::string_view::npos) {
    network.prefix_ = YZ_TRY(parse_prefix(text.substr(slash + 1), most));
  }
  for (int bit = network.prefix_; bit < most; ++bit) {
    if (bit_at(network.address_, bit)) {
      return Refusal{Reason::kMalformed, "網段首碼之後各位元須為 0：" + std::string(text)};
    }
  }
  const bool narrow = network.prefix_ >= (v6 ? kWidestV6 : kWidestV4);
  if (!narrow || !is_ones_own(network.address_, network.bytes_)) {
    return Refusal{Reason::kMalformed, "不是可歸屬一個機關之位址或網段：" + std::string(text)};
  }
  return network;
}

std::string Network::first() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(is_v6() ? AF_INET6 : AF_INET, address_.data(), text.data(), text.size());
  return text.data();
}

std::string Network::text() const {
  return is_range() ? first() + "/" + std::to_string(prefix_) : first();
}

bool Network::contains(const Network& other) const {
  if (bytes_ != other.bytes_ || prefix_ > other.prefix_) return false;
  for (int bit = 0; bit < prefix_; ++bit) {
    if (bit_at(address_, bit) != bit_at(other.address_, bit)) return false;
  }
  return true;
}

}  // namespace yizhan
