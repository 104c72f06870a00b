#pragma once

#include <span>

#include "ground/crypto/certificate.h"

// RFC 3161 time-stamps: asking for one, and judging what came. By OpenSSL's own reading of them.

namespace yizhan {

// A question for an authority about the SHA-256 of `data`, with a fresh nonce; DER.
Bytes make_timestamp_query(ByteView data);

// The token in an authority's answer, when it grants what that query asks. Its signature is for
// verify_timestamp. Refuses kMalformed, kUnavailable (the authority does not grant it),
// kProofMismatch (it answers another query).
Result<Bytes> timestamp_token(ByteView answer, ByteView query);

struct TimeStamp {
  Time at;                // to the second
  std::string authority;  // subject of who signed it, RFC 4514
};

// The token is about the SHA-256 of `data`, signed by a certificate for time-stamping alone that
// leads to one of `anchors` at that time. Revocation is not asked: a token outlives its
// authority's lists. Refuses kMalformed, kProofMismatch (about something else), kBadSignature (or
// no path to an anchor).
Result<TimeStamp> verify_timestamp(ByteView token, ByteView data,
                                   std::span<const Certificate> anchors);

}  // namespace yizhan
