#pragma once

#include <optional>
#include <string>
#include <string_view>

// Inside model/record: what names of kinds, fields, states and steps are made of.

namespace yizhan {

// 1 to 64 of a–z, 0–9 and '_'.
bool is_kind_word(std::string_view text);
std::optional<std::string> parse_kind_word(std::string_view text);

// 1 to 200 bytes without control characters, for the codes and names of agencies, hosts, accounts.
std::optional<std::string> parse_party(std::string_view text);

}  // namespace yizhan
