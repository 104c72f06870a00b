#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "ground/crypto/crypto.h"

namespace yizhan {

// The key of a person who signs here and now, from files.
struct OfficerKeyOptions {
  std::string key;
  std::string certificate;
  std::string passphrase_file;
};

void add_officer_key_options(CLI::App& app, OfficerKeyOptions& options);

// Refuses kMalformed (a wrong passphrase too), kAlgorithmRefused. Throws FileError.
Result<SoftwareKey> read_officer_key(const OfficerKeyOptions& options);

// An officer's certificate (PEM). Refuses kMalformed. Throws FileError.
Result<Certificate> read_certificate(const std::string& file);

}  // namespace yizhan
