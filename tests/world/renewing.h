#pragma once

#include "tests/world/lab.h"

namespace yizhan {

struct Renewing {
  Lab& lab;
  std::filesystem::path requests;  // a folder
};

// `yizhan key renew`, what the authority does, and `yizhan key install`, by the keyholder of that
// folder ("centre", "b" …). The new certificate, for the directory.
RegisteredCertificate renew_key(const Renewing& renewing, const std::string& holder,
                                const std::string& key, Purpose purpose);

}  // namespace yizhan
