#pragma once

#include "ground/config/config.h"
#include "way/screen/screen.h"

namespace yizhan {

// Every key of the configuration file; the manual and --print-config come from it.
ConfigTable scanner_table();

struct ScannerConfig {
  CentreCode centre;
  ScannerSocket::Settings socket;
  std::filesystem::path keyholder;
  std::filesystem::path directory;
  std::filesystem::path directory_anchors;
  std::filesystem::path trust;
  CryptoPolicy crypto;
  ClamdSettings engine;
  int workers;
  ScanPolicy policy;
};

// What the table can not say. Throws ConfigError with everything that is wrong: a code that is
// none, unknown users, file types that are not known.
ScannerConfig read_scanner_config(const Config& config);

}  // namespace yizhan
