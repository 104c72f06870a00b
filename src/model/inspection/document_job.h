#pragma once

#include <span>

#include "ground/json/json.h"

// The child's side of Inspector::inspect_document. Internal.

namespace yizhan {

// Question and answer are JSON (inspector.cc); the descriptors are DI, then SW and DM if there are
// any. Throws when the question is not one of ours.
Bytes answer_document_question(ByteView question, std::span<const int> descriptors);

// The same, as JSON.
struct DocumentAnswer {
  Json json;
  bool readable;  // DI, and SW if there is one, are valid XML of ours, all of their bytes
};
DocumentAnswer answer_document(const Json& question, std::span<const int> descriptors);

// Loads what libxml2 and ICU load lazily.
void warm_documents();

}  // namespace yizhan
