#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/document/instance.h"
#include "model/document/roster.h"

// What no type definition can check: document, roster and files against each other, and policy. Who
// has a directory compares names and codes with it (way/seal).

namespace yizhan {

// What a file beside the document is sent as.
enum class FileRole {
  kAttachment,
  kMessage,    // 文書訊息 (DM): why a document is sent again
  kRendition,  // 內含本文與附件之可攜式文件, for the recipients that name it
};

// A file that stands beside the document. Neither the DI nor the SW itself.
struct AttachmentFact {
  std::string name;
  std::uint64_t size = 0;
  FileRole role = FileRole::kAttachment;
};

struct CheckPolicy {
  bool classified_allowed = false;  // 密等: only where an approved channel exists
};

// Empty when all agrees. `roster` may be nullptr.
std::vector<Issue> cross_check(const Document& document, const Roster* roster,
                               const std::vector<AttachmentFact>& files,
                               const CheckPolicy& policy = {});

}  // namespace yizhan
