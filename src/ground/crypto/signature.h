#pragma once

#include "ground/crypto/private_key.h"

// Bare signatures, as a SigningKey makes them.

namespace yizhan {

// `input` is what SigningKey::sign took: the digest that the scheme names, or the message for
// kEd25519. ECDSA only in strict DER with low S.
// Refuses: kAlgorithmRefused (the scheme is not one of the certificate's key), kBadSignature.
Result<void> verify_signature(const Certificate& certificate, SignatureScheme scheme,
                              ByteView input, ByteView signature);

// What a scheme signs of a message: its SHA-256, its SHA-384, or (kEd25519) the message itself.
Bytes signing_input(SignatureScheme scheme, ByteView message);

// DER ECDSA-Sig-Value with low S from r ‖ s as PKCS#11 modules give it (64 or 96 octets).
// Refuses kBadSignature: another length, zero, or not below the order of the curve.
Result<Bytes> encode_ecdsa(ByteView r_and_s, KeyKind kind);

}  // namespace yizhan
