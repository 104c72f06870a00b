#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace yizhan {

// "1.4.0": of the product. A later one is greater.
class ReleaseVersion {
 public:
  // Three numbers without leading zeros, each below a million. nullopt otherwise.
  static std::optional<ReleaseVersion> parse(std::string_view text);

  [[nodiscard]] std::string text() const;
  auto operator<=>(const ReleaseVersion&) const = default;

 private:
  ReleaseVersion(std::int64_t major, std::int64_t minor, std::int64_t patch)
      : major_(major), minor_(minor), patch_(patch) {}

  std::int64_t major_, minor_, patch_;
};

}  // namespace yizhan
