#include "ground/archive/member_name.h"

#include <algorithm>
#include <array>

namespace yizhan {

namespace {

constexpr std::size_t kNameBytesMax = 1024;

std::uint8_t octet(char c) { return static_cast<std::uint8_t>(c); }

// Length of the well-formed UTF-8 sequence at the beginning (RFC 3629), or 0.
std::size_t sequence_length(std::string_view text) {
  const std::uint8_t first = octet(text.front());
  if (first < 0x80) return 1;
  const std::size_t length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (length == 0 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((octet(text[i]) & 0xc0) != 0x80) return 0;
  }
  const std::uint8_t second = octet(text[1]);
  const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool surrogate = first == 0xed && second > 0x9f;
  const bool too_high = first == 0xf4 && second > 0x8f;
  return overlong || surrogate || too_high ? 0 : length;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

// C1 controls, bidi controls, zero-width characters and byte order marks, as UTF-8.
bool is_invisible(std::string_view sequence) {
  if (sequence.size() == 2) {
    return (sequence[0] == '\xc2' && octet(sequence[1]) < 0xa0) || sequence == "\u061c";
  }
  constexpr std::array<std::string_view, 15> kInvisible{
      "\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u202a", "\u202b", "\u202c",
      "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069", "\ufeff"};
  return std::find(kInvisible.begin(), kInvisible.end(), sequence) != kInvisible.end();
}

// The name with every character that is not ASCII as one '?': what path rules look at. A trail
// byte of Big5 may be 0x5C, and then is no backslash.
std::string ascii_outline(std::string_view name, bool utf8) {
  std::string outline;
  while (!name.empty()) {
    const bool wide = octet(name.front()) >= 0x80;
    const std::size_t length = utf8 ? sequence_length(name) : wide && name.size() > 1 ? 2 : 1;
    outline += wide ? '?' : name.front();
    name.remove_prefix(length);
  }
  return outline;
}

bool hides_something(std::string_view name, bool utf8, std::string_view outline) {
  if (std::any_of(outline.begin(), outline.end(),
                  [](char c) { return octet(c) < 0x20 || octet(c) == 0x7f; })) {
    return true;
  }
  while (utf8 && !name.empty()) {
    const std::size_t length = sequence_length(name);
    if (is_invisible(name.substr(0, length))) return true;
    name.remove_prefix(length);
  }
  return false;
}

bool leads_outside(std::string_view path) {
  if (path.starts_with('/') || (path.size() > 1 && path[1] == ':')) return true;
  while (true) {
    const std::size_t end = path.find('/');
    if (path.substr(0, end) == "..") return true;
    if (end == std::string_view::npos) return false;
    path.remove_prefix(end + 1);
  }
}

}  // namespace

Result<void> check_member_name(std::string_view name) {
  const bool utf8 = is_utf8(name);
  const std::string outline = ascii_outline(name, utf8);
  const char* wrong = nullptr;
  if (name.empty()) wrong = "檔名為空";
  if (name.size() > kNameBytesMax) wrong = "檔名過長";
  if (outline.find('\\') != std::string::npos) wrong = "檔名含反斜線";
  if (leads_outside(outline)) wrong = "檔名指向壓縮檔之外";
  if (hides_something(name, utf8, outline)) wrong = "檔名含控制字元或隱形字元";
  if (wrong == nullptr) return {};
  return Refusal{Reason::kContentRefused, std::string("壓縮檔內「") + shown_member(name) + "」" +
                                              wrong + "，請改名後重新壓縮。"};
}

std::string shown_member(std::string_view name) {
  constexpr std::size_t kShownMax = 80;
  std::string shown;
  while (!name.empty() && shown.size() < kShownMax) {
    const std::size_t length = sequence_length(name);
    const std::string_view sequence = name.substr(0, std::max<std::size_t>(length, 1));
    const std::uint8_t first = octet(sequence.front());
    const bool visible = length > 0 && first >= 0x20 && first != 0x7f && !is_invisible(sequence);
    shown += visible ? sequence : std::string_view("\ufffd");
    name.remove_prefix(sequence.size());
  }
  return name.empty() ? shown : shown + "…";
}

}  // namespace yizhan
