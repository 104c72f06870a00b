#pragma once

#include <filesystem>
#include <functional>

#include "ground/files/files.h"
#include "ground/journal/journal.h"
#include "model/agency/agency.h"
#include "model/line/line.h"
#include "model/mailbox/mailbox.h"

// open: what was consigned is leased, fetched by groups, checked in full in the order of package.md,
// and only then named and handed over with E.1; or refused with E.2. What can not be decided now
// (no scanner, no directory, no key) waits, and nothing is handed over.

namespace yizhan {

class Opening {
 public:
  struct Parts {
    Database& database;
    ObjectStore& objects;
    CentreLine& centre;
    const TerminalIdentity& terminal;
    const DirectorySource& directory;
    const TrustSource& trust;
    // The key for that certificate. Refuses kKeyUnknown and what the keyholder refuses.
    std::function<Result<std::shared_ptr<DecryptionKey>>(const Sha256& certificate)> find_key;
    DocumentJudge& judge;
    FileScanner& scanner;
    Journal& journal;
    const Clock& clock;
    std::filesystem::path quarantine;  // O_TMPFILE, on the objects' disk
    std::function<void()> wake_signing;
  };

  explicit Opening(Parts parts);

  // Fetches and opens the next mail that is due. false when none is. One thread only.
  bool work();

 private:
  struct Opened;

  Result<Opened> open(Mail& mail, const Consignment& consignment);
  Result<Consignment> lease(Mail& mail);
  Result<void> fetch(const Mail& mail, const Consignment& consignment, const Header& header);
  void hand_over(Mail mail, Opened& opened);
  void settle(Mail mail, const Refusal& why);

  Parts parts_;
  InboxStore inbox_;
  EvidenceStore evidence_;
};

}  // namespace yizhan
