#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ground/base/time.h"

// UUIDv7 (RFC 9562): sorts in the order of birth, never reused. Typed by what it names, so that a
// message id can not be handed where a lease id is wanted.

namespace yizhan {

class Uuid {
 public:
  static Uuid generate(Time now);  // 62 random bits from getrandom(2)
  // Lower-case, hyphenated, version 7, RFC variant; anything else is nullopt.
  static std::optional<Uuid> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
  auto operator<=>(const Uuid&) const = default;

 private:
  std::array<std::uint8_t, 16> octets_{};
};

template <class Noun>
class Id {
 public:
  static Id generate(Time now) { return Id(Uuid::generate(now)); }
  static std::optional<Id> parse(std::string_view text) {
    const auto uuid = Uuid::parse(text);
    return uuid ? std::optional<Id>(Id(*uuid)) : std::nullopt;
  }
  [[nodiscard]] std::string text() const { return uuid_.text(); }
  auto operator<=>(const Id&) const = default;

 private:
  explicit Id(Uuid uuid) : uuid_(uuid) {}
  Uuid uuid_;
};

}  // namespace yizhan
