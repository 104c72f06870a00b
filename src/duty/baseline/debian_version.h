#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace yizhan {

// The version of a Debian package, [epoch:]upstream[-revision], in the order of Debian policy
// 5.6.12.
class DebianVersion {
 public:
  // nullopt: empty, longer than 128, or with a sign that no version has.
  static std::optional<DebianVersion> parse(std::string_view text);

  [[nodiscard]] const std::string& text() const { return text_; }
  std::strong_ordering operator<=>(const DebianVersion& other) const;
  // As dpkg sees it: 1.0 and 1.00 are the same version.
  bool operator==(const DebianVersion& other) const { return *this <=> other == 0; }

 private:
  explicit DebianVersion(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

}  // namespace yizhan
