#pragma once

#include <map>

#include "model/export/verify_export.h"

namespace yizhan {

// Inside model/export: every certificate that signed, and when, judged at the end under the given
// anchors. A certificate that holds at its first and its last signature holds between them.
class ExportSigners {
 public:
  // What the export brings helps to build paths; only `trust` holds anchors. A revocation list
  // whose issuer is unknown counts as none. Refuses what is no certificate or no list, and a
  // list with a false signature.
  explicit ExportSigners(const ExportTrust& trust) : trust_(trust) {}
  Result<void> add_certificate(const std::string& file, ByteView pem);
  Result<void> add_revocation_list(const std::string& file, ByteView der);

  void signed_by(const Certificate& signer, Time at, const std::string& file);
  // Signed by someone whom the checker was to know directly, and does not.
  void unknown(const Certificate& signer, const std::string& file);

  // Refuses, naming the file, a signer that was expired, revoked, or not to be judged.
  Result<void> check();
  [[nodiscard]] const std::vector<UnknownAnchor>& unknown_anchors() const { return unknown_; }

 private:
  struct Use {
    Time at;
    std::string file;
  };
  struct Signer {
    Certificate certificate;
    Use first;
    Use last;
  };
  Result<void> check(const Certificate& signer, const Use& use);
  [[nodiscard]] std::vector<Certificate> issuers() const;

  const ExportTrust& trust_;
  std::vector<Certificate> intermediates_;
  RevocationLists revocations_;
  std::map<Sha256, Signer> signers_;
  std::vector<UnknownAnchor> unknown_;
};

}  // namespace yizhan
