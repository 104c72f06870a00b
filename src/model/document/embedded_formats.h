#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace yizhan {

// One file of formats/, as it stood when the program was built (cmake/formats.cmake).
struct EmbeddedFormat {
  std::string_view name;
  std::span<const std::uint8_t> bytes;
};
std::span<const EmbeddedFormat> embedded_formats();

}  // namespace yizhan
