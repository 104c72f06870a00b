#pragma once

#include "ground/crypto/openssl_handles.h"
#include "ground/crypto/path.h"

// Inside ground/crypto only.

namespace yizhan {

// One list, as its issuer signed it.
struct RevocationList {
  Bytes der;
  openssl::X509List crl;
  Time this_update;
  std::optional<Time> next_update = std::nullopt;
  openssl::Integer number = nullptr;       // nullptr: a complete list may be without
  openssl::Integer base_number = nullptr;  // of a delta: the oldest complete list that it adds to
  bool indirect = false;                   // speaks of certificates of other issuers too

  [[nodiscard]] bool is_delta() const { return base_number != nullptr; }
  [[nodiscard]] bool is_of_issuer(const X509* certificate) const;
  [[nodiscard]] bool covers(const X509* certificate) const;
};

// What an issuer says with one key about one part of its certificates: a complete list and what
// changed since (RFC 5280 §5.2.4). At least one of the two is there.
struct RevocationLists::Scope {
  std::shared_ptr<const RevocationList> complete;
  std::shared_ptr<const RevocationList> delta;  // newer than the complete list

  [[nodiscard]] std::vector<const RevocationList*> lists() const;
  // The delta adds to this complete list; else the two together say nothing about the present.
  [[nodiscard]] bool is_joined() const;
  [[nodiscard]] std::optional<Revocation> find(X509* certificate) const;
  // The complete list holds the certificate, and the delta lets it go.
  [[nodiscard]] bool lifts_hold(X509* certificate) const;
};

}  // namespace yizhan
