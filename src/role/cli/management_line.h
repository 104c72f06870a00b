#pragma once

#include <CLI/CLI.hpp>

#include "role/cli/officer_key.h"
#include "role/cli/session.h"

namespace yizhan {

// How management is reached, and in whose session: options of every command below `management`.
struct ManagementLineOptions {
  std::string socket = "/run/yizhan-management/operator.sock";
  std::string server;  // ADDRESS:PORT, instead of the socket
  std::string anchors;
  std::string token_file;
};

void add_management_line_options(CLI::App& app, ManagementLineOptions& options);

// Over the socket of this host or over HTTPS; in the session of the token's file, if there is one.
// With a `card`, shows its certificate (HTTPS only). Refuses kBadRequest, and as SoftwareKey does.
Result<Line*> management_line(Session& session, const ManagementLineOptions& options,
                              const SoftwareKey* card = nullptr);

// A secret alone in a file, without the end of its line. Throws FileError.
SecretBytes read_secret(const std::string& file);

}  // namespace yizhan
