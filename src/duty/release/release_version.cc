#include "duty/release/release_version.h"

#include <array>
#include <charconv>

namespace yizhan {

namespace {

constexpr std::int64_t kPartEnd = 1'000'000;

std::optional<std::int64_t> find_part(std::string_view text) {
  std::int64_t part = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), part);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  const bool plain = text.size() == 1 || !text.starts_with('0');
  if (!whole || !plain || part < 0 || part >= kPartEnd) return std::nullopt;
  return part;
}

}  // namespace

std::optional<ReleaseVersion> ReleaseVersion::parse(std::string_view text) {
  std::array<std::int64_t, 3> parts{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t dot = text.find('.');
    const bool last = i + 1 == parts.size();
    if (last != (dot == std::string_view::npos)) return std::nullopt;
    const auto part = find_part(text.substr(0, dot));
    if (!part) return std::nullopt;
    parts.at(i) = *part;
    text.remove_prefix(last ? text.size() : dot + 1);
  }
  return ReleaseVersion(parts[0], parts[1], parts[2]);
}

std::string ReleaseVersion::text() const {
  return std::to_string(major_) + "." + std::to_string(minor_) + "." + std::to_string(patch_);
}

}  // namespace yizhan
