#pragma once

#include <functional>

#include "ground/trust/trust.h"
#include "role/cli/session.h"

namespace yizhan {

// A copy of the distribution on this host, and what this host trusts of it: not what the program
// that made the copy does, since that one listens to the network.
struct MirrorOptions {
  std::string mirror;
  std::string root;
  std::string state;
};

void add_mirror_options(CLI::App& app, MirrorOptions& options);

// Reads it with a client that has refreshed from the root and the versions seen so far. Refuses as
// TrustClient::refresh() and `read`. Throws FileError (no root).
Result<void> read_mirror(const MirrorOptions& options,
                         const std::function<Result<void>(TrustClient&)>& read);

}  // namespace yizhan
