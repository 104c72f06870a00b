#pragma once

#include "ground/config/config.h"
#include "ground/keys/keys.h"

namespace yizhan {

struct Pkcs11Choice {
  std::filesystem::path library;
  Pkcs11Settings settings;
};

struct KeyholderConfig {
  std::filesystem::path journal;  // folder
  std::vector<SoftwareModule::Settings> software;
  std::vector<Pkcs11Choice> tokens;
  std::vector<KeyCaller> callers;
};

// Every key of the configuration file; the manual and --print-config come from it.
ConfigTable keyholder_table();

// What the table can not say. Throws ConfigError with everything that is wrong: unknown users,
// grants that do not parse, a module without what its kind needs, names given twice.
KeyholderConfig read_keyholder_config(const Config& config);

}  // namespace yizhan
