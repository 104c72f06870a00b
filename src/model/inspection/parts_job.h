#pragma once

#include <span>

#include "ground/base/base.h"

// The child's side of Inspector::inspect_parts. Internal.

namespace yizhan {

// {"parts": […]}: a part question (model/content) for each descriptor, and so the answers. Throws
// when the question is not one of ours.
Bytes answer_parts_question(ByteView question, std::span<const int> descriptors);

}  // namespace yizhan
