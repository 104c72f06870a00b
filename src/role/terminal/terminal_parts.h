#pragma once

#include <set>

#include "ground/config/config.h"
#include "ground/keys/keys.h"
#include "ground/net/net.h"
#include "model/agency/agency.h"
#include "model/mailbox/mailbox.h"
#include "model/renewal/renewal.h"

// How the settings become parts of the terminal.

namespace yizhan {

std::filesystem::path data_folder(const Config& config);  // made when absent
std::string store_url(const Config& config);

// Every generation of it. Waits half a minute for the keyholder, then throws.
KeyGenerations require_key(Keyholder& keyholder, const std::string& name);

TerminalIdentity terminal_identity(const Config& config, const Certificate& signer,
                                   Keyholder& keyholder);

BatchRule batches_of(const Config& config);  // throws ConfigError

// uid numbers of those who may use the local socket, beside root and ourselves. Throws for an
// account that does not exist.
std::set<std::uint32_t> api_users(const std::vector<std::string>& names);

}  // namespace yizhan
