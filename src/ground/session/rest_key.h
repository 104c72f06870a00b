#pragma once

#include "ground/base/base.h"

// Inside ground/session: small secrets that stand in the database, encrypted.

namespace yizhan {

// C2SP chunked encryption (ground/crypto) under one key of the site, a fresh salt each time. What
// is sealed opens only where it was sealed for: a row's secret can not be carried to another row.
class RestKey {
 public:
  explicit RestKey(SecretBytes key);  // 32 octets (YZ_ASSERT)

  [[nodiscard]] Bytes seal(const SecretBytes& secret, std::string_view whose) const;
  // Throws std::runtime_error: another key, or not what was sealed for this one.
  [[nodiscard]] SecretBytes open(ByteView sealed, std::string_view whose) const;

 private:
  SecretBytes key_;
};

}  // namespace yizhan
