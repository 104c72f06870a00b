#include "ground/trust/names.h"

#include <algorithm>

namespace yizhan {

namespace {

constexpr std::size_t kRolePartMax = 64;
constexpr std::size_t kPathMax = 200;
constexpr std::ptrdiff_t kPathPartsMax = 4;  // what a centre's mirror has routes for
constexpr std::string_view kMetadataFolder = "metadata/";
constexpr std::string_view kTargetsFolder = "targets/";

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

bool is_role_part(std::string_view part) {
  return !part.empty() && part.size() <= kRolePartMax && std::ranges::all_of(part, is_plain);
}

// The first part of a path, taken off it.
std::string_view take_part(std::string_view& path) {
  const std::size_t slash = path.find('/');
  const std::string_view part = path.substr(0, slash);
  path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  return part;
}

bool is_path_of(std::string_view path, std::string_view more) {
  if (path.empty() || path.size() > kPathMax || path.back() == '/') return false;
  if (std::ranges::count(path, '/') >= kPathPartsMax) return false;
  while (!path.empty()) {
    const std::string_view part = take_part(path);
    if (part.empty() || part.front() == '.') return false;
    const bool plain = std::ranges::all_of(part, [&](char c) {
      return is_plain(c) || c == '.' || c == '_' || more.find(c) != std::string_view::npos;
    });
    if (!plain) return false;
  }
  return true;
}

// Two cursors and the last star: never more than length times length steps.
bool matches_part(std::string_view pattern, std::string_view part) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < part.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == part[t])) {
      ++p, ++t;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

std::string encoded(std::string_view role) {
  std::string text(role);
  const std::size_t slash = text.find('/');
  if (slash != std::string::npos) text.replace(slash, 1, "%2F");
  return text;
}

}  // namespace

bool is_role_name(std::string_view name) {
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos) return is_role_part(name);
  return is_role_part(name.substr(0, slash)) && is_role_part(name.substr(slash + 1));
}

bool is_target_path(std::string_view path) { return is_path_of(path, ""); }

bool is_path_pattern(std::string_view pattern) { return is_path_of(pattern, "*?"); }

bool matches_path(std::string_view pattern, std::string_view path) {
  while (!pattern.empty() && !path.empty()) {
    if (!matches_part(take_part(pattern), take_part(path))) return false;
  }
  return pattern.empty() && path.empty();
}

std::string metadata_location(std::string_view role, std::int64_t version) {
  return std::string(kMetadataFolder) + std::to_string(version) + "." + encoded(role) + ".json";
}

std::string target_location(std::string_view path, const Sha256& sha256) {
  const std::size_t slash = path.rfind('/');
  const std::size_t name = slash == std::string_view::npos ? 0 : slash + 1;
  return std::string(kTargetsFolder) + std::string(path.substr(0, name)) + sha256.hex() + "." +
         std::string(path.substr(name));
}

bool is_repository_location(std::string_view location) {
  if (location.starts_with(kTargetsFolder)) {
    return is_path_of(location.substr(kTargetsFolder.size()), "");
  }
  if (!location.starts_with(kMetadataFolder)) return false;
  const std::string_view name = location.substr(kMetadataFolder.size());
  return name.find('/') == std::string_view::npos && is_path_of(name, "%");
}

}  // namespace yizhan
