#include "ground/json/code_points.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace yizhan {

namespace {

// How a lead octet begins: value bits, number of continuation octets, least code point allowed.
struct Lead {
  unsigned char mask;
  unsigned char bits;
  std::size_t more;
  char32_t least;
};
constexpr std::array<Lead, 4> kLeads{{
    {0x80, 0x00, 0, 0},
    {0xE0, 0xC0, 1, 0x80},
    {0xF0, 0xE0, 2, 0x800},
    {0xF8, 0xF0, 3, 0x10000},
}};

// Most text, and all base64, is ASCII: eight octets at a time.
void skip_ascii(std::string_view& text) {
  std::size_t count = 0;
  for (std::uint64_t eight = 0; count + sizeof eight <= text.size(); count += sizeof eight) {
    std::memcpy(&eight, text.data() + count, sizeof eight);
    if ((eight & 0x8080808080808080) != 0) break;
  }
  while (count < text.size() && static_cast<unsigned char>(text[count]) < 0x80) ++count;
  text.remove_prefix(count);
}

bool is_noncharacter(char32_t c) { return (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE; }

}  // namespace

std::optional<char32_t> take_code_point(std::string_view& text) {
  if (text.empty()) return std::nullopt;
  const auto first = static_cast<unsigned char>(text.front());
  for (const Lead& lead : kLeads) {
    if ((first & lead.mask) != lead.bits) continue;
    if (text.size() <= lead.more) return std::nullopt;
    char32_t value = first & static_cast<unsigned char>(~lead.mask);
    for (std::size_t i = 1; i <= lead.more; ++i) {
      const auto next = static_cast<unsigned char>(text[i]);
      if ((next & 0xC0) != 0x80) return std::nullopt;
      value = (value << 6) | (next & 0x3F);
    }
    if (value < lead.least || value > 0x10FFFF) return std::nullopt;
    if (value >= 0xD800 && value <= 0xDFFF) return std::nullopt;
    text.remove_prefix(lead.more + 1);
    return value;
  }
  return std::nullopt;
}

bool is_interchange_text(std::string_view text) {
  for (skip_ascii(text); !text.empty(); skip_ascii(text)) {
    const auto c = take_code_point(text);
    if (!c || is_noncharacter(*c)) return false;
  }
  return true;
}

bool is_utf8(std::string_view text) {
  for (skip_ascii(text); !text.empty(); skip_ascii(text)) {
    if (!take_code_point(text)) return false;
  }
  return true;
}

std::string shown_name(std::string_view name) {
  constexpr std::size_t kShown = 64;
  const bool plain = name.size() <= kShown && std::ranges::all_of(name, [](char c) {
                       return c == '_' || c == '-' || c == '.' || (c >= '0' && c <= '9') ||
                              (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
                     });
  return plain ? "「" + std::string(name) + "」" : "（名稱含特殊字元或過長）";
}

}  // namespace yizhan
