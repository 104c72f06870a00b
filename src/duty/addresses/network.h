#pragma once

#include <array>
#include <compare>
#include <string>
#include <string_view>

#include "ground/base/base.h"

namespace yizhan {

// One IPv4 or IPv6 address, or a range of them in CIDR notation. Always a literal: a name would be
// looked up by whoever reads it (nft does), and would let the name server decide who comes in.
class Network {
 public:
  // "203.0.113.7", "203.0.113.0/28", "2001:db8::7". Refuses kMalformed: anything else, a range with
  // bits behind its prefix, an IPv4 address written as IPv6, and what is nobody's alone
  // (unspecified, multicast, wider than /16 or /32).
  static Result<Network> parse(std::string_view text);

  // As inet_ntop writes it; without prefix where it is one address.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool is_v6() const { return bytes_ == 16; }
  [[nodiscard]] bool is_range() const { return prefix_ != bytes_ * 8; }
  [[nodiscard]] std::string first() const;  // its lowest address
  [[nodiscard]] int prefix() const { return prefix_; }
  [[nodiscard]] bool contains(const Network& other) const;
  [[nodiscard]] bool overlaps(const Network& other) const {
    return contains(other) || other.contains(*this);
  }
  auto operator<=>(const Network&) const = default;

 private:
  Network() = default;

  int bytes_ = 0;   // 4 or 16 of them count
  int prefix_ = 0;  // in bits
  std::array<std::uint8_t, 16> address_{};
};

}  // namespace yizhan
