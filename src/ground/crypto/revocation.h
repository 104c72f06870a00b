#pragma once

#include "ground/crypto/openssl_handles.h"
#include "ground/crypto/path.h"

// Inside ground/crypto only.

namespace yizhan {

struct RevocationLists::List {
  Bytes der;
  openssl::X509List crl;
  Time this_update;
};

}  // namespace yizhan
