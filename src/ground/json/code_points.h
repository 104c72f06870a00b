#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace yizhan {

// Takes the first code point off `text`. nullopt where it does not begin with a well-formed UTF-8
// sequence (RFC 3629: shortest form, no surrogates, at most U+10FFFF).
std::optional<char32_t> take_code_point(std::string_view& text);

// UTF-8, and free of the code points that RFC 7493 §2.1 forbids (surrogates, noncharacters).
bool is_interchange_text(std::string_view text);

bool is_utf8(std::string_view text);

// A member name out of hostile bytes, quoted, harmless on a page and in a log line.
std::string shown_name(std::string_view name);

}  // namespace yizhan
