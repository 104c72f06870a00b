#pragma once

#include <optional>

#include "ground/base/base.h"

namespace yizhan {

// Width times height of a PNG, GIF, JPEG or TIFF as its header states them: what opening it will
// cost. nullopt when the header does not say, or is damaged.
std::optional<std::uint64_t> picture_pixels(int descriptor);

}  // namespace yizhan
