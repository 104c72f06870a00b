#pragma once

#include <functional>

#include "ground/files/files.h"
#include "ground/journal/journal.h"
#include "model/agency/agency.h"
#include "model/mailbox/mailbox.h"
#include "way/seal/addressing.h"

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
    SigningKey& key;
    DocumentJudge& judge;
    FileScanner& scanner;
    Journal& journal;
    const Clock& clock;
    std::filesystem::path workspace;  // for ciphertext in the making, beside the objects
    std::function<void()> wake_submitting;
  };

  explicit Sealing(Parts parts);

  // Seals the next sending that is due, or says why not. false when none is. One thread only.
  bool work();

 private:
  struct Sealed;

  Result<std::vector<Sealed>> seal(Sending& sending);
  Result<JudgedDocument> validate(Sending& sending, const Pair& pair,
                                  const std::vector<FileHandle>& files);
  Result<void> scan(const Pair& pair, const std::vector<FileHandle>& files);
  Result<Sealed> seal_group(const Sending& sending, const AddressedGroup& group,
                            const JudgedDocument& document);
  void enter(const Sending& sending, const std::vector<Sealed>& sealed);
  void settle(Sending sending, const Refusal& why);
  void mark(Sending& sending, SendingState state);

  Parts parts_;
  OutboxStore outbox_;
};

}  // namespace yizhan
