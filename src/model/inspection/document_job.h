#pragma once

#include <span>

#include "ground/base/base.h"

// The child's side of Inspector::inspect_document. Internal.

namespace yizhan {

// Question and answer are JSON (inspector.cc); the descriptors are DI, then SW and DM if there are
// any. Throws when the question is not one of ours.
Bytes answer_document_question(ByteView question, std::span<const int> descriptors);

// Loads what libxml2 and ICU load lazily.
void warm_documents();

}  // namespace yizhan
