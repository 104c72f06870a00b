#pragma once

#include <functional>

#include "ground/journal/journal.h"
#include "model/line/line.h"
#include "way/open/checking.h"

// open: what was consigned is leased, fetched by groups, checked in full in the order of
// docs/protocol/package.md, and only then named and handed over with E.1; or refused with E.2. What
// can not be decided now (no scanner, no directory, no key) waits, and nothing is handed over.

namespace yizhan {

class Opening {
 public:
  struct Parts {
    Database& database;
    ObjectStore& objects;
    CentreLine& centre;
    const TerminalIdentity& terminal;
    Checking checking;
    Journal& journal;
    const Clock& clock;
    std::function<void()> wake_signing;
    std::string centre_code = {};
  };

  explicit Opening(Parts parts);

  // Fetches and opens the next mail that is due. false when none is. One thread only, and not
  // before NewsFollowing::caught_up().
  bool work();

 private:
  struct Fetched;

  Result<void> fetch_body(const Mail& mail, const Fetched& fetched);
  std::int64_t whole_groups(const std::string& partial, const Fetched& fetched);
  Result<Consignment> lease(Mail& mail);

  void hand_over(Mail mail, const Fetched& fetched, const OpenedPackage& opened);
  void store_parts(const Mail& mail, const OpenedPackage& opened);
  Sha256 keep_for_export(const Fetched& fetched, const OpenedPackage& opened);
  void refuse(Mail mail, const Sha256& header_sha256, const Refusal& why);
  void settle(Mail mail, const Refusal& why);
  void end(Mail mail, const Refusal& why);
  [[nodiscard]] Statement statement(Transaction& tx, EvidenceType type, const Mail& mail,
                                    const Sha256& header_sha256);

  Parts parts_;
  InboxStore inbox_;
  EvidenceStore evidence_;
};

}  // namespace yizhan
