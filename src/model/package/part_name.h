#pragma once

#include <string>
#include <string_view>

namespace yizhan {

// NFC and case folded: two names that people or file systems would confuse become one.
std::string folded_name(std::string_view name);

}  // namespace yizhan
