#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "model/agency/agency.h"
#include "model/mailbox/mailbox.h"

// The order of checks of docs/protocol/package.md, as a recipient makes them. What is refused
// before step 6 and after step 11 has its own name; 6 to 11 are all kUnopenable, and the step
// stands in the detail.

namespace yizhan {

// Steps 1 to 6 held: this package is from that sender, and for us.
struct ProvenPackage {
  SealedHeader sealed;
  RecipientLeaf leaf;
  ProvenEvidence evidence;
  Time accepted;
  CentreCode consigning;  // whose mail it is: the home centre, or the one before it for a while
};

// Steps 7 to 13 held too: these are its parts, still without a name.
struct OpenedPackage {
  OpenedBody body;
  DocumentFacts document;
  std::vector<std::int64_t> active_parts;  // those that our own scan flagged, by position
};

class Checking {
 public:
  // The key for that certificate. Refuses kKeyUnknown and what the keyholder refuses.
  using FindKey = std::function<Result<std::shared_ptr<DecryptionKey>>(const Sha256& certificate)>;

  struct Parts {
    const DirectorySource& directory;
    const TrustSource& trust;
    FindKey find_key;
    DocumentJudge& judge;
    FileScanner& scanner;
    const Clock& clock;
    std::filesystem::path quarantine;  // O_TMPFILE, on the objects' disk
  };

  explicit Checking(Parts parts) : parts_(std::move(parts)) {}

  // `seen`: under which header the replay register knows this message.
  Result<ProvenPackage> prove_package(const Mail& mail, const Consignment& consignment,
                                      const std::optional<Sha256>& seen) const;
  Result<OpenedPackage> open(const ProvenPackage& package, const Consignment& consignment,
                             const ReadBody& read) const;

 private:
  Result<SecretBytes> content_key(const ProvenPackage& package,
                                  const Consignment& consignment) const;
  Result<DocumentFacts> judge(const ProvenPackage& package, const OpenedBody& body) const;
  Result<std::vector<std::int64_t>> scan(const ProvenPackage& package,
                                         const OpenedBody& body) const;
  bool is_let_pass(const ProvenPackage& package, Reason reason) const;

  Parts parts_;
};

}  // namespace yizhan
