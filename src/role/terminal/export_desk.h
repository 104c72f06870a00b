#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>

#include "ground/files/files.h"
#include "model/export/export.h"
#include "model/mailbox/mailbox.h"

namespace yizhan {

struct ExportNoun;
using ExportId = Id<ExportNoun>;

struct Export {
  ExportId id;
  Time made;
  std::vector<ExportFile> files;

  [[nodiscard]] Json describe() const;
};

// Puts together what was kept of a document. An export is held in memory while it is fetched: for
// an hour, and the last few only.
class ExportDesk {
 public:
  struct Parts {
    Database& database;
    ObjectStore& objects;
    const DirectorySource& directory;
    const TrustSource& trust;
    std::filesystem::path trust_folder;
    OrgCode own;
    SigningKey& key;
    const Clock& clock;
    std::function<Result<LogProof>(const Sha256&)> prove;
  };

  explicit ExportDesk(Parts parts) : parts_(std::move(parts)) {}

  // shared_ptr: fetched by several requests while newer ones push it out.
  using Held = std::shared_ptr<const Export>;

  // Refuse kNotFound, kStepNotAllowed (nothing to show yet), and what build_export refuses.
  Result<Held> export_document(const DocumentId& id, ExportForm form = ExportForm::kFolder);
  Result<Held> export_mail(const DeliveryId& id, ExportForm form = ExportForm::kFolder);

  Result<Held> find(const ExportId& id);  // kNotFound
  [[nodiscard]] Bytes read(const ExportFile& file, std::uint64_t offset, std::size_t length) const;

 private:
  Result<Held> make(ExportRole role, std::vector<ExportedPackage> packages, ExportForm form);
  Result<ExportedPackage> package_of(const OutgoingPackage& outgoing,
                                     std::vector<EvidenceRow> evidence) const;
  Result<ExportedPackage> package_of(const Mail& mail, std::vector<EvidenceRow> evidence) const;
  Result<Bytes> manifest_of(ByteView header) const;
  std::vector<Bytes> revocation_lists() const;
  // The proof that was kept, or a better one while the centre answers.
  std::function<Result<LogProof>(const Sha256&)> proofs() const;

  Parts parts_;
  OutboxStore outbox_;
  InboxStore inbox_;
  EvidenceStore evidence_;
  std::mutex mutex_;
  std::list<Held> held_;  // the newest first
};

}  // namespace yizhan
