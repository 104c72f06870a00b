#pragma once

#include <string>

#include "ground/crypto/crypto.h"

// Keys that no authority knows yet: what a newcomer asks a certificate for, and with what it signs
// until it has one.

namespace yizhan {

enum class FirstUse { kSigning, kReceiving };  // key usage digitalSignature, or keyAgreement

// DER of a certificate request (PKCS#10, RFC 2986) for an EC key under that common name, signed by
// it.
Bytes first_request(const PrivateKey& key, const std::string& common_name, FirstUse use);

// A certificate that the key gives itself, for 30 days: it carries the public key beside a
// signature, and nobody trusts it.
Certificate self_signed(const PrivateKey& key, const std::string& common_name, Time now);

// The public key (PEM, SubjectPublicKeyInfo) of a request that its own key has signed. Refuses
// kMalformed (no DER of one, or more than it), kBadSignature.
Result<std::string> requested_key(ByteView request);

}  // namespace yizhan
