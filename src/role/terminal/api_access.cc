#include "role/terminal/api_access.h"

#include <unistd.h>

#include "ground/files/files.h"

namespace yizhan {

namespace {

constexpr std::size_t kPemBytesMax = 64U << 10;

}  // namespace

Result<void> ApiAccess::admit(const Peer& peer) {
  const Result<void> allowed = check(peer);
  if (allowed) return {};
  refused_.note({.address = peer.uid ? "uid:" + std::to_string(*peer.uid) : peer.address,
                 .certificate_sha256 = peer.certificate ? peer.certificate->sha256().hex() : "",
                 .reason = std::string(code_of(allowed.reason()))});
  return allowed;
}

Result<void> ApiAccess::check(const Peer& peer) const {
  if (peer.uid) {
    const bool known = *peer.uid == 0 || *peer.uid == ::geteuid() ||
                       parts_.users.contains(*peer.uid);
    if (known) return {};
    return Refusal{Reason::kForbidden, "此帳號不在 api_users 名單內"};
  }
  if (peer.certificate && is_pinned(*peer.certificate)) return {};
  return Reason::kCertificateUnregistered;
}

bool ApiAccess::is_pinned(const Certificate& certificate) const {
  if (parts_.clients.empty()) return false;
  for (const std::string& name : list_files(parts_.clients)) {
    const Bytes pem = read_file(parts_.clients / name, kPemBytesMax);
    const Result<Certificate> pinned = Certificate::parse_pem(text_of(pem));
    if (pinned && *pinned == certificate) return true;
  }
  return false;
}

}  // namespace yizhan
