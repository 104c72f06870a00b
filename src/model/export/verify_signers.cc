#include "model/export/verify_signers.h"

#include <algorithm>

#include "model/export/verify_files.h"

namespace yizhan {

namespace {

constexpr std::string_view kLink = "憑證路徑";

std::string words(const Revocation& revocation) {
  return "憑證於 " + revocation.revoked_at.text() + " 廢止" +
         (revocation.compromised ? "（金鑰外洩）" : "");
}

}  // namespace

Result<void> ExportSigners::add_certificate(const std::string& file, ByteView pem) {
  Certificate certificate = YZ_TRY(at_link(file, "憑證", Certificate::parse_pem(text_of(pem))));
  intermediates_.push_back(std::move(certificate));
  return {};
}

Result<void> ExportSigners::add_revocation_list(const std::string& file, ByteView der) {
  const Result<void> added = revocations_.add(der, issuers());
  if (added || added.reason() == Reason::kCertificateUntrusted) return {};
  return broken_at(file, "憑證廢止清冊", added.refusal());
}

std::vector<Certificate> ExportSigners::issuers() const {
  std::vector<Certificate> all = trust_.authorities.anchors.roots();
  const auto& given = trust_.authorities.intermediates;
  all.insert(all.end(), given.begin(), given.end());
  all.insert(all.end(), intermediates_.begin(), intermediates_.end());
  return all;
}

void ExportSigners::signed_by(const Certificate& signer, Time at, const std::string& file) {
  const auto [found, is_new] =
      signers_.emplace(signer.sha256(), Signer{signer, {at, file}, {at, file}});
  if (is_new) return;
  if (at < found->second.first.at) found->second.first = {at, file};
  if (at > found->second.last.at) found->second.last = {at, file};
}

void ExportSigners::unknown(const Certificate& signer, const std::string& file) {
  const bool known = std::any_of(unknown_.begin(), unknown_.end(), [&](const UnknownAnchor& item) {
    return item.sha256 == signer.sha256();
  });
  if (!known) unknown_.push_back({signer.subject(), signer.sha256(), file});
}

Result<void> ExportSigners::check() {
  for (const auto& [digest, signer] : signers_) {
    YZ_TRY(check(signer.certificate, signer.first));
    YZ_TRY(check(signer.certificate, signer.last));
  }
  // Who issued them is what can be compared by other means.
  if (!unknown_.empty()) {
    for (const Certificate& issuer : intermediates_) unknown(issuer, "certificates/");
  }
  return {};
}

Result<void> ExportSigners::check(const Certificate& signer, const Use& use) {
  std::vector<Certificate> intermediates = trust_.authorities.intermediates;
  intermediates.insert(intermediates.end(), intermediates_.begin(), intermediates_.end());
  const PathQuestion question{.certificate = signer, .at = use.at};
  const Result<Path> path =
      validate_path(question, trust_.authorities.anchors, intermediates, revocations_);
  if (!path && path.reason() == Reason::kCertificateUntrusted) {
    unknown(signer, use.file);
    return {};
  }
  if (!path) return broken_at(use.file, kLink, path.refusal());
  const auto learned = trust_.authorities.revocations.find(signer);
  for (const auto& revocation : {path->revoked_later, learned}) {
    if (!revocation) continue;
    if (revocation->revoked_at <= use.at || revocation->casts_doubt_on(use.at)) {
      return broken_at(use.file, kLink, Refusal{Reason::kCertificateRevoked, words(*revocation)});
    }
  }
  return {};
}

}  // namespace yizhan
