#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ground/files/files.h"
#include "model/package/package.h"

// What the terminal's ways ask of others about files; answered by the role, with a confined child
// and with the anti-virus engine.

namespace yizhan {

// One thing wrong with a document, for the clerk who must mend it.
struct DocumentIssue {
  std::string code;     // stable, snake_case
  std::string element;  // where: an element, or a file's name
  int line = 0;         // 1 is the first; 0 where none applies
  std::string message;  // what is wrong
  std::string remedy;   // how to mend it

  bool operator==(const DocumentIssue&) const = default;
};

struct JudgedRecipient {
  std::string org_code;   // 10 characters
  std::string unit_code;  // 7 characters, or empty
  std::string name;       // as the document has it
  bool is_person;         // its name is no agency's
  CopyKind copy_kind;
  bool with_attachments;
};

// What DI and SW say, as far as the ways need it.
struct JudgedDocument {
  std::string type;  // "letter", "order" …
  std::vector<std::string> sender_codes;  // 發文機關; those that state their code
  std::vector<std::string> sender_names;
  std::string subject;
  std::string number;       // 發文字號
  std::string number_year;  // ROC year in it, or empty
  std::optional<Urgency> urgency;
  std::string secrecy;                      // 密等, or empty
  std::vector<JudgedRecipient> recipients;  // of the SW; without one, the 受文者
};

struct Judgement {
  std::optional<JudgedDocument> document;  // none: unreadable, see issues
  std::vector<DocumentIssue> issues;       // empty when all agrees
};

// The parts of one package or pair, each beside its open file.
struct JudgeQuestion {
  const std::vector<Part>& parts;
  const std::vector<FileHandle>& files;
};

// Reads DI and SW, holds them against each other and against the files. It sees no directory:
// names and codes are compared by the asker.
class DocumentJudge {
 public:
  virtual ~DocumentJudge() = default;
  // Refuses kScanIncomplete and the like when the child could not do its work.
  virtual Result<Judgement> judge(const JudgeQuestion& question) = 0;
};

// The terminal's own scan of one file.
class FileScanner {
 public:
  virtual ~FileScanner() = default;
  // Refuses kInfected (the detail is the malware's name); kArchiveEncrypted, kArchiveLimits,
  // kAttachmentType, kAttachmentName, kContentRefused, kScanIncomplete: it may not pass;
  // kScannerUnavailable: ask again later.
  virtual Result<void> scan(const Part& part, const FileHandle& file) = 0;
};

}  // namespace yizhan
