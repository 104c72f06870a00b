#pragma once

#include <functional>

#include "ground/base/base.h"

// Reading a part at any place, without moving anybody's position. Internal.

namespace yizhan {

std::uint64_t file_size(int descriptor);  // throws std::system_error unless a regular file

// Shorter at the end of the file.
Bytes read_bytes(int descriptor, std::uint64_t place, std::size_t count);

// The whole file in windows of 1 MiB that overlap by kWindowOverlap, so that whatever is shorter
// stands whole in one of them. `look` answers true to stop; so does the function.
inline constexpr std::size_t kWindowOverlap = 4096;
bool look_through(int descriptor,
                  const std::function<bool(std::uint64_t place, std::string_view window)>& look);

}  // namespace yizhan
