#include "ground/net/target.h"

#include <algorithm>
#include <optional>

namespace yizhan {

namespace {

enum class Plus { kPlus, kSpace };

Refusal bad(std::string_view what) { return {Reason::kBadRequest, "網址" + std::string(what)}; }

bool is_target_character(char c) {
  constexpr std::string_view kOthers = "-._~!$&'()*+,;=:@/?%";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kOthers.find(c) != std::string_view::npos;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The length of the one UTF-8 character at the front (RFC 3629), 0 if it is none.
std::size_t utf8_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = at(0);
  if (first < 0x80) return 1;
  const std::size_t length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (length == 0 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xe0 && at(1) < 0xa0) || (first == 0xf0 && at(1) < 0x90);
  const bool surrogate = first == 0xed && at(1) > 0x9f;
  const bool too_high = first == 0xf4 && at(1) > 0x8f;
  return overlong || surrogate || too_high ? 0 : length;
}

bool is_clean_text(std::string_view text) {
  while (!text.empty()) {
    const auto length = utf8_length(text);
    const auto first = static_cast<std::uint8_t>(text.front());
    if (length == 0 || first < 0x20 || first == 0x7f) return false;
    text.remove_prefix(length);
  }
  return true;
}

Result<std::string> decode(std::string_view raw, Plus plus) {
  std::string decoded;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '%') {
      const int high = i + 2 < raw.size() ? hex_digit(raw[i + 1]) : -1;
      const int low = i + 2 < raw.size() ? hex_digit(raw[i + 2]) : -1;
      if (high < 0 || low < 0) return bad("之百分號編碼有誤");
      decoded.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      decoded.push_back(raw[i] == '+' && plus == Plus::kSpace ? ' ' : raw[i]);
    }
  }
  if (!is_clean_text(decoded)) return bad("含有控制字元，或不是 UTF-8");
  return decoded;
}

Result<std::string> decode_path(std::string_view raw) {
  if (raw == "/") return std::string(raw);
  std::string path;
  while (!raw.empty()) {
    raw.remove_prefix(1);  // the "/" before each segment
    const auto end = std::min(raw.find('/'), raw.size());
    const auto segment = YZ_TRY(decode(raw.substr(0, end), Plus::kPlus));
    if (segment.empty() || segment == "." || segment == "..") return bad("路徑含有空節或點節");
    if (segment.find('/') != std::string::npos) return bad("路徑含有編碼之斜線");
    path.append("/").append(segment);
    raw.remove_prefix(end);
  }
  return path;
}

Result<std::map<std::string, std::string>> decode_query(std::string_view raw) {
  std::map<std::string, std::string> query;
  while (!raw.empty()) {
    const auto pair = raw.substr(0, raw.find('&'));
    raw.remove_prefix(std::min(pair.size() + 1, raw.size()));
    const auto equals = std::min(pair.find('='), pair.size());
    auto name = YZ_TRY(decode(pair.substr(0, equals), Plus::kSpace));
    auto value = YZ_TRY(decode(pair.substr(std::min(equals + 1, pair.size())), Plus::kSpace));
    if (name.empty()) return bad("之查詢參數沒有名稱");
    if (!query.emplace(std::move(name), std::move(value)).second) return bad("之查詢參數重複");
  }
  return query;
}

}  // namespace

Result<Target> parse_target(std::string_view raw) {
  if (!raw.starts_with('/')) return bad("須為以斜線起始之路徑");
  if (!std::ranges::all_of(raw, is_target_character)) return bad("含有未編碼之字元");
  const auto mark = std::min(raw.find('?'), raw.size());
  auto path = YZ_TRY(decode_path(raw.substr(0, mark)));
  auto query = YZ_TRY(decode_query(raw.substr(std::min(mark + 1, raw.size()))));
  return Target{std::move(path), std::move(query)};
}

}  // namespace yizhan
