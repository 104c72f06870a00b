#pragma once

#include "model/agency/agency.h"
#include "model/mailbox/mailbox.h"

namespace yizhan {

// Answers before anything is stored: would this document be sealed as it stands?
class DocumentCheck {
 public:
  DocumentCheck(DocumentJudge& judge, const DirectorySource& directory, OrgCode own,
                const Clock& clock)
      : judge_(judge), directory_(directory), own_(std::move(own)), clock_(clock) {}

  // `files` beside the parts; those that are neither DI nor SW need not be open.
  // Refuses kScanIncomplete and the like.
  Result<DocumentInspection> check(std::span<const Part> parts,
                                   std::span<const FileHandle> files) const;

 private:
  DocumentJudge& judge_;
  const DirectorySource& directory_;
  OrgCode own_;
  const Clock& clock_;
};

// ODF and PDF are what everybody can open: what the clerk may wish to convert before sending.
Json warnings_about(std::span<const Part> parts);

Json describe(const DocumentFacts& facts);

}  // namespace yizhan
