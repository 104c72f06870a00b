#pragma once

#include "duty/release/release.h"

namespace yizhan {

// Before anybody signs a release: each package as it is, and every file that it would install or
// run, unpacked by dpkg-deb, is looked at by the engine at that socket, which must first find what
// it has to. Refuses kInfected (with file and name), kMalformed (not a Debian package), what the
// engine could not look at whole, and kScannerUnavailable.
Result<ReleaseScan> scan_packages(const std::string& clamd_socket,
                                  const std::vector<std::string>& packages);

}  // namespace yizhan
