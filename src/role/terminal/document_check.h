#pragma once

#include "model/agency/agency.h"
#include "model/mailbox/mailbox.h"

namespace yizhan {

// What of a document matters to who sends it.
struct CheckedDocument {
  std::optional<DocumentFacts> facts;     // with the recipients whom the exchange reaches
  std::vector<PaperRecipient> paper;      // the others
  std::vector<InspectionIssue> issues;    // empty: it would be sealed as it stands
};

// Answers before anything is stored: would this document be sealed as it stands, and for whom?
class DocumentCheck {
 public:
  DocumentCheck(DocumentJudge& judge, const DirectorySource& directory, OrgCode own,
                const Clock& clock)
      : judge_(judge), directory_(directory), own_(std::move(own)), clock_(clock) {}

  struct Question {
    std::span<const Part> parts;
    std::span<const FileHandle> files;  // those that are neither DI nor SW need not be open
    const PaperChoice& paper;
    bool is_resend = false;
    std::int64_t pair = 0;
  };
  // Refuses kScanIncomplete and the like.
  Result<CheckedDocument> check(const Question& question) const;

 private:
  DocumentJudge& judge_;
  const DirectorySource& directory_;
  OrgCode own_;
  const Clock& clock_;
};

// ODF and PDF are what everybody can open: what the clerk may wish to convert before sending.
Json warnings_about(std::span<const Part> parts);

Json describe(const DocumentFacts& facts);
Json describe(std::span<const PaperRecipient> paper);

}  // namespace yizhan
