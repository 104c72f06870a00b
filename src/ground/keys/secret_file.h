#pragma once

#include <filesystem>

#include "ground/base/base.h"

namespace yizhan {

// A PIN or passphrase from a file, without its final line end; at most 1,024 octets. Read without
// any buffer but the one that is wiped. Refuses kTokenLocked when the file can not be read, is
// empty or too long, or when others than its owner and group may read it.
Result<SecretBytes> read_secret(const std::filesystem::path& file);

}  // namespace yizhan
