#pragma once

#include "ground/crypto/private_key.h"

struct evp_pkey_st;

// Private keys in this process: the keyholder's software module, tools and tests.

namespace yizhan {

// A private key without a certificate.
class PrivateKey {
 public:
  // `rsa_bits`: 2048 to 4096; of no meaning for other kinds.
  static PrivateKey generate(KeyKind kind, std::size_t rsa_bits = 3072);
  // PEM: PKCS#8, encrypted or plain (empty passphrase), or the older forms of OpenSSL.
  // Refuses kMalformed (also a wrong passphrase) and kAlgorithmRefused (another kind of key).
  static Result<PrivateKey> parse_pem(ByteView pem, const SecretBytes& passphrase);

  // PKCS#8; PBES2 with AES-256-CBC and scrypt, or plain when the passphrase is empty.
  [[nodiscard]] SecretBytes pem(const SecretBytes& passphrase) const;
  [[nodiscard]] Bytes public_key() const;  // DER SubjectPublicKeyInfo
  [[nodiscard]] KeyKind kind() const { return kind_; }

  // The OpenSSL object, for ground/crypto, ground/keys and ground/net only.
  [[nodiscard]] void* handle() const { return key_.get(); }

 private:
  PrivateKey(std::shared_ptr<evp_pkey_st> key, KeyKind kind) : key_(std::move(key)), kind_(kind) {}

  std::shared_ptr<evp_pkey_st> key_;  // immutable; copies and threads share it
  KeyKind kind_;
};

// A private key and its certificate. Whatever KeyUse is asked: the keyholder decides about that.
// Safe to use from several threads.
class SoftwareKey final : public SigningKey, public DecryptionKey {
 public:
  // RSA keys sign with PSS unless told otherwise. Refuses kMalformed when the two do not belong
  // together, kAlgorithmRefused for a scheme that the key can not do.
  static Result<SoftwareKey> make(PrivateKey key, Certificate certificate,
                                  std::optional<SignatureScheme> scheme = std::nullopt);

  [[nodiscard]] const Certificate& certificate() const override { return certificate_; }
  [[nodiscard]] SignatureScheme scheme() const override { return scheme_; }
  [[nodiscard]] Result<Bytes> sign(ByteView input, KeyUse use) override;
  // Refuse kUnopenable, and kKeyForbidden when the key is of another kind.
  [[nodiscard]] Result<SecretBytes> decrypt_oaep(ByteView ciphertext) override;
  [[nodiscard]] Result<SecretBytes> agree(ByteView peer_point) override;

  [[nodiscard]] const PrivateKey& private_key() const { return key_; }

 private:
  SoftwareKey(PrivateKey key, Certificate certificate, SignatureScheme scheme)
      : key_(std::move(key)), certificate_(std::move(certificate)), scheme_(scheme) {}

  PrivateKey key_;
  Certificate certificate_;
  SignatureScheme scheme_;
};

}  // namespace yizhan
