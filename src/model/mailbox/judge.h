#pragma once

#include "model/inspection/inspection.h"

// What the terminal's ways ask of others about files; answered by the role.

namespace yizhan {

// Reads DI and SW in a confined child, and holds them against each other and against the files.
// Answered by Inspector. It sees no directory: names and codes are compared by the asker.
class DocumentJudge {
 public:
  virtual ~DocumentJudge() = default;
  // Refuses kScanIncomplete and the like when the child could not do its work.
  virtual Result<DocumentInspection> judge(const DocumentQuestion& question) = 0;
};

struct ScannedPart {
  bool active_content = false;  // macros, scripts, things that start by themselves
};

// The terminal's own scan of one file: name, type and contents by Inspector, malware by the engine.
class FileScanner {
 public:
  virtual ~FileScanner() = default;
  // Refuses kInfected (the detail is the malware's name); kArchiveEncrypted, kArchiveLimits,
  // kAttachmentType, kAttachmentName, kContentRefused, kScanIncomplete: it may not pass;
  // kScannerUnavailable: ask again later.
  virtual Result<ScannedPart> scan(const Part& part, const FileHandle& file) = 0;
};

}  // namespace yizhan
