#pragma once

#include <set>

#include "ground/journal/journal.h"
#include "ground/net/net.h"

namespace yizhan {

// Who may use the API: on this host root, ourselves and the listed accounts; over TLS the pinned
// client certificates of document-management systems.
class ApiAccess {
 public:
  struct Parts {
    Database& database;
    Journal& journal;
    const Clock& clock;
    std::set<std::uint32_t> users;
    std::filesystem::path clients;  // *.pem, read at each connection; empty: none
  };

  explicit ApiAccess(Parts parts)
      : parts_(std::move(parts)), refused_(parts_.database, parts_.journal, parts_.clock) {}

  // kForbidden, kCertificateUnregistered; the journal says who was refused.
  Result<void> admit(const Peer& peer);
  void tend() { refused_.tend(); }

 private:
  [[nodiscard]] Result<void> check(const Peer& peer) const;
  [[nodiscard]] bool is_pinned(const Certificate& certificate) const;

  Parts parts_;
  RefusedConnections refused_;
};

}  // namespace yizhan
