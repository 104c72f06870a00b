#pragma once

#include <functional>

#include "ground/files/files.h"
#include "ground/journal/journal.h"
#include "model/agency/agency.h"
#include "model/mailbox/mailbox.h"
#include "way/seal/wrapping.h"

// seal: a sending becomes packages that only its recipients and the scanners on the way can open.
// Validate, scan, address, encrypt, sign; the packages exist once their rows do. Whatever dies on
// the way starts again with fresh keys: nothing was submitted yet.

namespace yizhan {

class Sealing {
 public:
  struct Parts {
    Database& database;
    ObjectStore& objects;
    const TerminalIdentity& terminal;
    const DirectorySource& directory;
    const CryptoPolicy& policy;
    SigningKey& key;
    DocumentJudge& judge;
    FileScanner& scanner;
    Journal& journal;
    const Clock& clock;
    std::filesystem::path workspace;  // for ciphertext in the making, on the objects' disk
    std::function<void()> wake_submitting;
    // Malware was found in that document, which is not sent; in the transaction that refuses it.
    std::function<void(Transaction& tx, const DocumentId& document, const std::string& found)>
        on_malware = {};
  };

  explicit Sealing(Parts parts);

  // Seals the next sending that is due, or says why not. false when none is. One thread only.
  bool work();

 private:
  Result<void> seal(Sending& sending);
  bool is_under_way(const Sending& sending, const AddressedGroup& group);
  Result<void> check_ready(const Directory& directory) const;
  Result<std::vector<ApartRecipients>> validate(Sending& sending, const Directory& directory);
  Result<DocumentFacts> read(const Pair& pair, std::vector<InspectionIssue>& issues);
  Result<void> scan(const Sending& sending);
  // false: cancelled meanwhile. kNumberReused
  Result<bool> enter(const Sending& sending, const std::vector<ApartRecipients>& documents,
                     const std::vector<WrappedPackage>& packages);
  Result<void> claim_numbers(Transaction& tx, const Sending& sending,
                             const DocumentFacts& document);
  bool resends(Transaction& tx, const Sending& sending, const DocumentId& owner);
  void add(Transaction& tx, const Sending& sending, const WrappedPackage& package);
  void set_apart_on_paper(Transaction& tx, const Sending& sending,
                          const std::vector<ApartRecipients>& documents);
  void note_resend(Transaction& tx, const Sending& sending,
                   const std::vector<WrappedPackage>& packages);
  void settle(Sending sending, const Refusal& why);
  void mark(Sending& sending, SendingState state);
  [[nodiscard]] std::vector<FileHandle> open_files(const std::vector<Part>& parts) const;

  Parts parts_;
  OutboxStore outbox_;
};

}  // namespace yizhan
