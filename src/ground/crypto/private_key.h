#pragma once

#include "ground/crypto/certificate.h"

// What a private key can be asked to do, wherever it lives: in this process (tests, the keyholder
// itself) or behind the keyholder's socket (everything else; ground/keys).

namespace yizhan {

enum class SignatureScheme {
  kEcdsaSha256,     // P-256; DER ECDSA-Sig-Value, low S
  kEcdsaSha384,     // P-384; DER ECDSA-Sig-Value, low S
  kRsaPssSha256,    // RSASSA-PSS, MGF1-SHA-256, salt 32
  kRsaPkcs1Sha256,  // only for cards that can not do PSS
  kEd25519,         // signs the message itself, not a digest
};

// Who signs with it, for the journal and the count of uses.
enum class KeyUse { kDocument, kEvidence, kVerdict, kTls, kLog, kDirectory };

class SigningKey {
 public:
  virtual ~SigningKey() = default;
  [[nodiscard]] virtual const Certificate& certificate() const = 0;
  [[nodiscard]] virtual SignatureScheme scheme() const = 0;
  // `input` is the digest that the scheme names (32 or 48 octets), or the message for kEd25519.
  // What is answered holds under the certificate: whoever asks another program or a module has seen
  // to that. Refuses: kKeyUnknown, kKeyForbidden, kKeyholderUnavailable, kTokenLocked.
  [[nodiscard]] virtual Result<Bytes> sign(ByteView input, KeyUse use) = 0;
};

class DecryptionKey {
 public:
  virtual ~DecryptionKey() = default;
  [[nodiscard]] virtual const Certificate& certificate() const = 0;
  // RSAES-OAEP, SHA-256, MGF1-SHA-256, empty label.
  [[nodiscard]] virtual Result<SecretBytes> decrypt_oaep(ByteView ciphertext) = 0;
  // Raw ECDH shared secret (X coordinate) with an uncompressed point of the same curve.
  [[nodiscard]] virtual Result<SecretBytes> agree(ByteView peer_point) = 0;
};

}  // namespace yizhan
