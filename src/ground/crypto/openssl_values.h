#pragma once

#include "ground/crypto/openssl_handles.h"
#include "ground/crypto/private_key.h"

// Between the values of OpenSSL and ours. Inside ground/crypto only.

namespace yizhan::openssl {

// nullopt unless RSA 2048–4096, P-256, P-384 or Ed25519.
std::optional<KeyKind> find_key_kind(const EVP_PKEY* key);
bool is_sound_digest(int nid);  // SHA-256, SHA-384, SHA-512
std::optional<Time> find_time(const ASN1_TIME* time);
std::string text_in(BIO* memory);

X509* x509_of(const Certificate& certificate);
EVP_PKEY* key_of(const Certificate& certificate);

// Padding and digest of a context that signs or verifies a digest.
void set_scheme(EVP_PKEY_CTX* context, SignatureScheme scheme);

// PEM of PKCS#8 under PBES2 with scrypt and AES-256-CBC. False when OpenSSL can not.
bool write_encrypted_pkcs8(BIO* to, const EVP_PKEY* key, ByteView passphrase);

// DER of IssuerAndSerialNumber: how both CMS shapes name a certificate.
Bytes issuer_and_serial(const Certificate& certificate);

}  // namespace yizhan::openssl
