#pragma once

#include "ground/crypto/private_key.h"

// A content key for one certificate: CMS AuthEnvelopedData (RFC 5083), AES-256-GCM, exactly one
// RecipientInfo (by issuer and serial). RSA: RSAES-OAEP with SHA-256 and MGF1-SHA-256. P-256 and
// P-384: dhSinglePass-stdDH-sha256kdf with aes256-wrap (RFC 5753).

namespace yizhan {

constexpr std::size_t kKeyBlockMax = 8 * 1024;

// Refuses kAlgorithmRefused: a key that can not receive (Ed25519).
Result<Bytes> wrap_key(ByteView content_json, const Certificate& recipient);

// Refuses kUnopenable for everything that is wrong with the block, whatever it is, so that nobody
// learns from the answer. When the module can not be asked, its own refusal is handed on:
// kKeyUnknown, kKeyForbidden, kKeyholderUnavailable, kTokenLocked.
Result<SecretBytes> unwrap_key(ByteView key_block, DecryptionKey& key);

}  // namespace yizhan
