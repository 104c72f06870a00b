#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ground/confine/confine.h"
#include "ground/files/files.h"
#include "model/agency/agency.h"
#include "model/content/content.h"
#include "model/package/package.h"

// The face of model/inspection: DI, SW and files of strangers are parsed in children that hold
// nothing and may do nothing (ground/confine); only plain facts come back. The scanner and the
// terminal ask the same questions.

namespace yizhan {

// For Nursery::start, first thing in main().
std::vector<ConfinedJob> inspection_jobs();

// One thing wrong with a document, for the clerk who must mend it. May quote the document.
struct InspectionIssue {
  std::string code;     // stable, snake_case; "classified" when 密等 is the trouble
  std::string element;  // where
  int line = 0;         // 1 is the first; 0 where none applies
  std::string message;  // what is wrong
  std::string remedy;   // how to mend it
  std::string file;     // the name of the part that it is about

  bool operator==(const InspectionIssue&) const = default;
};

struct InspectedRecipient {
  std::string org_code;   // 10 characters, or empty where a 受文者 states none
  std::string unit_code;  // 7 characters, or empty
  std::string name;       // as the document has it; of a person with its title
  bool is_person = false;  // its name is no agency's
  CopyKind copy_kind = CopyKind::kOriginal;
  bool with_attachments = false;
  std::string rendition = {};  // 內含本文與附件之可攜式文件檔名, or empty

  // Two that agree in this are one.
  [[nodiscard]] std::string who() const { return org_code + unit_code + (is_person ? name : ""); }
  bool operator==(const InspectedRecipient&) const = default;
};

// What DI and SW say.
struct InspectedNumber {
  std::string year;  // ROC, or empty
  std::string text;

  bool operator==(const InspectedNumber&) const = default;
};

struct DocumentFacts {
  std::string type;                       // "letter", "order" …
  std::vector<std::string> sender_codes;  // 發文機關; those that state their code
  std::vector<std::string> sender_names;
  std::string subject;
  std::string number;                    // the first that it names, or empty
  std::vector<InspectedNumber> numbers;  // each that is its own 發文字號
  std::optional<Urgency> urgency;
  std::string secrecy;                          // 密等, or empty
  std::vector<InspectedRecipient> recipients;   // of the SW; without one, the 受文者
  std::vector<std::string> attachments;         // file names that the document declares
  std::string file;             // the DI's own name
  std::string recipients_file;  // the SW's; without one, the DI's
  // Whom 正本 and 副本 name and the SW does not: by name, without codes.
  std::vector<InspectedRecipient> unlisted = {};

  bool operator==(const DocumentFacts&) const = default;
};

struct DocumentInspection {
  std::optional<DocumentFacts> facts;   // none: unreadable, see issues
  std::vector<InspectionIssue> issues;  // empty when all agrees; at most kIssuesMax
};

// What a sealed package says in clear: the document inside must say the same (step 11 of the order
// of checks).
struct SealedClaims {
  struct Recipient {
    Addressee addressee;
    CopyKind copy_kind;
  };
  OrgCode sender;
  std::optional<Urgency> urgency;
  bool with_attachments;               // without: declared attachments are not there, nor may be
  std::optional<Recipient> recipient;  // of a recipient's own leaf
};

struct DocumentQuestion {
  std::span<const Part> parts;        // exactly one DI, at most one SW and one DM
  std::span<const FileHandle> files;  // beside them
  std::optional<SealedClaims> claims = {};
  bool classified_allowed = false;  // 密等: only where an approved channel exists
  // Whose package it is (verified): its child may go on with the next of the same. Empty: one of
  // its own.
  std::string compartment = {};
};

struct PackageInspection {
  Result<DocumentInspection> document;
  std::vector<Result<ContentFacts>> parts;  // in their order
};

class Inspector {
 public:
  static constexpr std::size_t kIssuesMax = 200;

  // `nursery` was started with inspection_jobs().
  explicit Inspector(Nursery& nursery) : nursery_(nursery) {}

  // DI, SW and DM are read and held against each other, against the list of files, and against the
  // claims. No directory is asked: names and codes are compared by the asker.
  // Refuses kScanIncomplete when the child did not answer, or not as it should.
  [[nodiscard]] Result<DocumentInspection> inspect_document(const DocumentQuestion& question) const;

  // The whole judgement of one part: name, type, archive inventory. Refuses what judge_part
  // refuses, and kScanIncomplete.
  [[nodiscard]] Result<ContentFacts> inspect_part(const std::string& name, const FileHandle& file,
                                                  const ContentPolicy& policy) const;

  // Both for a whole package, in one child: all of it comes from one hand. When that child does not
  // come to its end, document and parts have children of their own, so that one spoils nothing for
  // the others. A child in which all was as it should be may see the next package of its
  // compartment.
  [[nodiscard]] PackageInspection inspect_package(const DocumentQuestion& question,
                                                  const ContentPolicy& policy) const;

 private:
  [[nodiscard]] Result<PackageInspection> inspect_together(const DocumentQuestion& question,
                                                           const ContentPolicy& policy) const;

  Nursery& nursery_;
};

}  // namespace yizhan
