#include "model/record/words.h"

#include <algorithm>

namespace yizhan {

namespace {

constexpr std::size_t kWordBytesMax = 64;
constexpr std::size_t kPartyBytesMax = 200;

bool may_stand(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

}  // namespace

bool is_kind_word(std::string_view text) {
  return !text.empty() && text.size() <= kWordBytesMax && std::ranges::all_of(text, may_stand);
}

std::optional<std::string> parse_kind_word(std::string_view text) {
  if (!is_kind_word(text)) return std::nullopt;
  return std::string(text);
}

std::optional<std::string> parse_party(std::string_view text) {
  if (text.empty() || text.size() > kPartyBytesMax || std::ranges::any_of(text, is_control)) {
    return std::nullopt;
  }
  return std::string(text);
}

}  // namespace yizhan
