#pragma once

#include <cstdint>
#include <span>

namespace yizhan {

// Fills from getrandom(2). Aborts if the kernel refuses: nothing here works without it.
void fill_random(std::span<std::uint8_t> bytes);

}  // namespace yizhan
