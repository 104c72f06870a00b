#pragma once

#include <string_view>

#include "ground/base/base.h"

namespace yizhan {

// The path of a member: relative, inside, visible. UTF-8, or else read as Big5 (CP950), which the
// zip programs of Taiwan's Windows write; nothing is ever created under it. kContentRefused.
Result<void> check_member_name(std::string_view name);

// For people: harmless on a page and in a log line, cut when long.
std::string shown_member(std::string_view name);

}  // namespace yizhan
