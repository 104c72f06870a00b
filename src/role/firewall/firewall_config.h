#pragma once

#include "duty/addresses/addresses.h"
#include "ground/config/config.h"

namespace yizhan {

struct FirewallConfig {
  CentreCode centre;
  std::filesystem::path folder, mirror, first_root, nft;
  std::string table;
  std::vector<Gate> gates;
  Milliseconds look;
};

// Every key of the configuration file; the manual and --print-config come from it.
ConfigTable firewall_table();

// What the table can not say. Throws ConfigError: no centre's code, no port at all, one port twice.
FirewallConfig read_firewall_config(const Config& config);

}  // namespace yizhan
