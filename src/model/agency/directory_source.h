#pragma once

#include <filesystem>
#include <memory>
#include <mutex>

#include "model/agency/directory.h"

// The directory in force on this host: a signed snapshot in a file, verified against the trust
// anchors of management, never older than one already used.

namespace yizhan {

// Seals a snapshot: CMS SignedData (crypto/cms_signed.h) over its canonical JSON.
Result<Bytes> sign_directory(const Directory& directory, SigningKey& key, Time now);

// Signature, signer among `anchors` (compared whole), content. Refuses kBadSignature,
// kCertificateUntrusted and what Directory::parse refuses. Expiry is for the reader to judge.
Result<Directory> verify_directory(ByteView signed_snapshot,
                                   const std::vector<Certificate>& anchors);

class DirectorySource {
 public:
  // Loads the file at once; an unusable file is an exception (nothing may start without it).
  // `editions`: keeps over a restart when each version was issued; empty: that is remembered while
  // the program runs only.
  DirectorySource(std::filesystem::path file, std::vector<Certificate> anchors,
                  std::filesystem::path editions = {});

  // Never null; safe from any thread. The caller keeps its version while it works.
  [[nodiscard]] std::shared_ptr<const Directory> current() const;
  // The same version as management signed it, whatever lies over it.
  [[nodiscard]] std::shared_ptr<const Directory> as_signed() const;
  [[nodiscard]] Bytes signed_bytes() const;

  // Reads the file again. true when a newer version came into force. Refuses kDirectoryStale for
  // an older version than the one in force, kConflict for other content under its version; the one
  // in force stays.
  Result<bool> reload();
  // Verifies, stores durably in the file, and takes it into force.
  Result<bool> adopt(ByteView signed_snapshot);
  // From now on these lie over it, and over every version that comes; in place of those before.
  void lay_over(Restrictions restrictions);

 private:
  Result<bool> take(ByteView signed_snapshot);
  [[nodiscard]] std::shared_ptr<const Directory> laid_over(
      const std::shared_ptr<const Directory>& as_signed) const;
  void load_editions();
  void save_editions(const std::map<std::int64_t, Time>& issued) const;
  Result<bool> advances(const Directory& fresh) const;

  std::filesystem::path file_;
  std::vector<Certificate> anchors_;
  std::filesystem::path editions_;
  // Of those who replace what is in force, one after the other; readers do not wait for them.
  std::mutex replacing_;
  // By version, of those whose documents may still be on their way.
  std::map<std::int64_t, Time> issued_;
  Restrictions restrictions_;
  mutable std::mutex mutex_;  // of all that follows
  // shared_ptr: readers keep the version they started with.
  std::shared_ptr<const Directory> as_signed_;
  std::shared_ptr<const Directory> current_;
  Bytes signed_bytes_;
};

}  // namespace yizhan
