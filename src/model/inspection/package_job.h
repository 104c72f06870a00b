#pragma once

#include <span>

#include "ground/base/base.h"

// The child's side of Inspector::inspect_package. Internal.

namespace yizhan {

// {"document": a question of document_job.h, "document_files": how many of the descriptors are its,
// "policy" (model/content), "parts": the name, as base64, for each of the other descriptors}; the
// answers stand under "document" and "parts". Throws when the question is not one of ours.
Bytes answer_package_question(ByteView question, std::span<const int> descriptors);

}  // namespace yizhan
