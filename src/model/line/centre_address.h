#pragma once

#include "ground/net/net.h"
#include "model/agency/agency.h"

// How a centre is reached, as directory and trust folder have it.

namespace yizhan {

// What a connection of ours shows and trusts.
TlsIdentity tls_identity(const std::shared_ptr<SigningKey>& key, const Trust& trust);
std::vector<Certificate> tls_anchors(const Trust& trust);

// A centre's address and certificates as the directory has them.
struct CentreAddress {
  std::string name;
  std::string host;
  std::uint16_t port;
  std::vector<Sha256> certificates;  // of its line, not yet expired

  bool operator==(const CentreAddress&) const = default;
};
CentreAddress address_of(const Centre& centre, Time now);
// The home centre's. Throws when the directory does not know this agency or its centre, or no
// certificate of its line.
CentreAddress centre_address(const Directory& directory, const OrgCode& own, Time now);
// Of the centre from which this agency has moved, while it serves it still.
std::optional<CentreAddress> find_former_address(const Directory& directory, const OrgCode& own,
                                                 Time now);
// Where that centre takes over from others; nullopt where it does not, or has no certificate for
// its line.
std::optional<CentreAddress> find_relay_address(const Centre& centre, Time now);

Endpoint centre_endpoint(const CentreAddress& centre, const TlsIdentity& identity,
                         const Trust& trust);

}  // namespace yizhan
