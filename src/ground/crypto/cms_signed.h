#pragma once

#include "ground/crypto/private_key.h"

// CMS SignedData (RFC 5652) in the one shape that Yizhan signs: DER, content inside (id-data), one
// SignerInfo by issuer and serial, the signer's certificate and no other, no CRL, no unsigned
// attribute; signed attributes content-type, message-digest, signing-time and ESS
// signing-certificate-v2 (CAdES-B-B). Every byte but the content, the time and the signature
// follows from the certificate and the scheme, so a reader builds it anew and compares.

namespace yizhan {

// `signing_time` is cut to the second. Refuses what SigningKey::sign refuses, and kAlgorithmRefused
// for kEd25519.
Result<Bytes> cms_sign(ByteView content, SigningKey& key, KeyUse use, Time signing_time);

struct SignedContent {
  Bytes content;
  Certificate signer;
  Time signing_time;
  SignatureScheme scheme;
};

// The signature holds under the certificate inside; whether that certificate is to be trusted
// (path, revocation, key usage, registration, CryptoPolicy) is the caller's business.
// Refuses: kTooLarge (more than `max_bytes`), kMalformed (any other shape), kAlgorithmRefused,
// kBadSignature (content, time or certificate are not what was signed).
Result<SignedContent> cms_verify(ByteView cms, std::size_t max_bytes);

}  // namespace yizhan
