#pragma once

#include "ground/crypto/crypto.h"

// A signed message of ours (ground/crypto, CMS SignedData) with its content beside it, as RFC 5652
// §5.2 allows and ASiC wants. Only what stands around the content changes: what is signed is its
// digest.

namespace yizhan {

// `cms` is by cms_sign over `content`. Refuses kMalformed when it is not.
Result<Bytes> detached(ByteView cms, ByteView content);
// Put together again, for cms_verify, which judges everything else. Refuses kMalformed.
Result<Bytes> attached(ByteView detached, ByteView content);

}  // namespace yizhan
