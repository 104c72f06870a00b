#pragma once

#include <set>

#include "ground/config/config.h"
#include "ground/keys/keys.h"
#include "ground/net/net.h"
#include "model/agency/agency.h"
#include "model/mailbox/mailbox.h"

// How the settings become parts of the terminal.

namespace yizhan {

std::filesystem::path data_folder(const Config& config);  // made when absent
std::string store_url(const Config& config);
std::vector<Certificate> certificates_in(const std::filesystem::path& pem_file);

// Waits half a minute for the keyholder, then throws.
std::shared_ptr<SigningKey> require_key(Keyholder& keyholder, const std::string& name);

TerminalIdentity terminal_identity(const Config& config, const Certificate& signer,
                                   Keyholder& keyholder);

// What a connection of ours shows and trusts.
TlsIdentity tls_identity(const std::shared_ptr<SigningKey>& key, const Trust& trust);
std::vector<Certificate> tls_anchors(const Trust& trust);

// The home centre's address and certificates as the directory has them. Throws when the directory
// does not know this agency or its centre.
struct CentreAddress {
  std::string name;
  std::string host;
  std::uint16_t port;
  std::vector<Sha256> certificates;  // of its line, not yet expired

  bool operator==(const CentreAddress&) const = default;
};
CentreAddress centre_address(const Directory& directory, const OrgCode& own, Time now);

// uid numbers of those who may use the local socket, beside root and ourselves. Throws for an
// account that does not exist.
std::set<std::uint32_t> api_users(const std::vector<std::string>& names);

}  // namespace yizhan
