#pragma once

#include <string>
#include <string_view>

#include "ground/base/base.h"

// The face of model/part_name: what a file that travels may be called.

namespace yizhan {

// A name is data: NFC, at most 200 bytes of UTF-8, one path component, visible characters, and
// storable on every terminal (Windows' reserved names and characters), and such as a DI can declare
// (no #). kAttachmentName.
Result<void> check_part_name(std::string_view name);

// NFC and case folded: two names that people or file systems would confuse become one. `name` has
// passed check_part_name.
std::string folded_name(std::string_view name);

}  // namespace yizhan
