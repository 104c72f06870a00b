#include "duty/baseline/debian_version.h"

#include <algorithm>

namespace yizhan {

namespace {

constexpr std::size_t kLengthMax = 128;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// A tilde before the end, the end before letters, letters before the rest.
int weight(std::string_view rest) {
  if (rest.empty() || is_digit(rest.front())) return 0;
  const char c = rest.front();
  if (c == '~') return -1;
  return is_letter(c) ? c : c + 256;
}

std::string_view take_digits(std::string_view& rest) {
  const auto end = std::ranges::find_if_not(rest, is_digit);
  std::string_view digits = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  rest.remove_prefix(digits.size());
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  return digits;
}

// Both parts are read together: what is no number by its signs, then a number by its value.
std::strong_ordering compare_part(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    while ((!a.empty() && !is_digit(a.front())) || (!b.empty() && !is_digit(b.front()))) {
      if (const auto order = weight(a) <=> weight(b); order != 0) return order;
      if (!a.empty()) a.remove_prefix(1);
      if (!b.empty()) b.remove_prefix(1);
    }
    const std::string_view left = take_digits(a), right = take_digits(b);
    if (const auto order = left.size() <=> right.size(); order != 0) return order;
    if (const auto order = left <=> right; order != 0) return order;
  }
  return std::strong_ordering::equal;
}

struct Parts {
  std::string_view epoch, upstream, revision;
};

Parts parts_of(std::string_view text) {
  Parts parts;
  if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    parts.epoch = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  const auto dash = text.rfind('-');
  parts.upstream = text.substr(0, dash);
  if (dash != std::string_view::npos) parts.revision = text.substr(dash + 1);
  return parts;
}

}  // namespace

std::optional<DebianVersion> DebianVersion::parse(std::string_view text) {
  const auto fits = [](char c) {
    constexpr std::string_view kSigns = ".+-~:";
    return is_digit(c) || is_letter(c) || kSigns.find(c) != std::string_view::npos;
  };
  if (text.empty() || text.size() > kLengthMax || !std::ranges::all_of(text, fits)) {
    return std::nullopt;
  }
  const Parts parts = parts_of(text);
  const bool begins = !parts.upstream.empty() && is_digit(parts.upstream.front());
  if (!begins || !std::ranges::all_of(parts.epoch, is_digit)) return std::nullopt;
  return DebianVersion(std::string(text));
}

std::strong_ordering DebianVersion::operator<=>(const DebianVersion& other) const {
  const Parts mine = parts_of(text_), theirs = parts_of(other.text_);
  if (const auto order = compare_part(mine.epoch, theirs.epoch); order != 0) return order;
  if (const auto order = compare_part(mine.upstream, theirs.upstream); order != 0) return order;
  return compare_part(mine.revision, theirs.revision);
}

}  // namespace yizhan
