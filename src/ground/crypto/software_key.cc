#include "ground/crypto/software_key.h"

#include <algorithm>

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "ground/crypto/openssl_values.h"
#include "ground/crypto/policy.h"
#include "ground/crypto/signature.h"

namespace yizhan {
namespace {

using openssl::require;

constexpr std::size_t kPemMax = 64 * 1024;

EVP_PKEY* generate_key(KeyKind kind, std::size_t rsa_bits) {
  switch (kind) {
    case KeyKind::kRsa:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", rsa_bits);
    case KeyKind::kEcP256:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
    case KeyKind::kEcP384:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384");
    case KeyKind::kEd25519:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  }
  return nullptr;
}

int answer_passphrase(char* to, int size, int, void* passphrase) {
  const ByteView bytes = static_cast<const SecretBytes*>(passphrase)->view();
  if (bytes.size() > static_cast<std::size_t>(size)) return -1;
  std::ranges::copy(bytes, to);
  return static_cast<int>(bytes.size());
}

SignatureScheme usual_scheme(KeyKind kind) {
  switch (kind) {
    case KeyKind::kRsa:
      return SignatureScheme::kRsaPssSha256;
    case KeyKind::kEcP256:
      return SignatureScheme::kEcdsaSha256;
    case KeyKind::kEcP384:
      return SignatureScheme::kEcdsaSha384;
    case KeyKind::kEd25519:
      return SignatureScheme::kEd25519;
  }
  return SignatureScheme::kEd25519;
}

EVP_PKEY* pkey(const PrivateKey& key) { return static_cast<EVP_PKEY*>(key.handle()); }

Bytes sign_message(EVP_PKEY* key, ByteView message) {
  const openssl::DigestContext context(require(EVP_MD_CTX_new(), "digest context"));
  Bytes signature(64);
  std::size_t length = signature.size();
  require(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key) == 1 &&
              EVP_DigestSign(context.get(), signature.data(), &length, message.data(),
                             message.size()) == 1,
          "Ed25519");
  signature.resize(length);
  return signature;
}

Bytes sign_digest(EVP_PKEY* key, SignatureScheme scheme, ByteView digest) {
  const openssl::KeyContext context(require(EVP_PKEY_CTX_new(key, nullptr), "key context"));
  require(EVP_PKEY_sign_init(context.get()) == 1, "sign");
  openssl::set_scheme(context.get(), scheme);
  Bytes signature(static_cast<std::size_t>(EVP_PKEY_get_size(key)));
  std::size_t length = signature.size();
  require(
      EVP_PKEY_sign(context.get(), signature.data(), &length, digest.data(), digest.size()) == 1,
      "sign");
  signature.resize(length);
  return signature;
}

Result<Bytes> with_low_s(ByteView der, KeyKind kind) {
  const unsigned char* at = der.data();
  const openssl::EcSignature signature(
      require(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), "ECDSA"));
  const std::size_t half = kind == KeyKind::kEcP256 ? 32 : 48;
  Bytes raw(2 * half);
  const int length = static_cast<int>(half);
  require(BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), raw.data(), length) == length &&
              BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), raw.data() + half, length) == length,
          "ECDSA");
  return encode_ecdsa(raw, kind);
}

// nullptr for a point that is not on the curve.
openssl::Key find_public_key(ByteView point, KeyKind kind) {
  char group[] = "P-256";
  char larger[] = "P-384";
  char* const name = kind == KeyKind::kEcP256 ? group : larger;
  Bytes octets = copy_of(point);
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, octets.data(), octets.size()),
      OSSL_PARAM_construct_end()};
  const openssl::KeyContext context(
      require(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr), "key context"));
  require(EVP_PKEY_fromdata_init(context.get()) == 1, "key");
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1) return nullptr;
  return openssl::Key(key);
}

}  // namespace

PrivateKey PrivateKey::generate(KeyKind kind, std::size_t rsa_bits) {
  return PrivateKey({require(generate_key(kind, rsa_bits), "key generation"), EVP_PKEY_free}, kind);
}

Result<PrivateKey> PrivateKey::parse_pem(ByteView pem, const SecretBytes& passphrase) {
  openssl::QuietErrors quiet;
  if (pem.size() > kPemMax) return Reason::kMalformed;
  const openssl::Bio bio = openssl::reader(pem);
  openssl::Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, answer_passphrase,
                                           const_cast<SecretBytes*>(&passphrase)));
  if (!key) return Refusal{Reason::kMalformed, "無法讀取私密金鑰：請確認檔案為 PEM 且通行碼正確。"};
  const auto kind = openssl::find_key_kind(key.get());
  if (!kind) {
    return Refusal{Reason::kAlgorithmRefused, "金鑰須為 RSA 2048–4096、P-256、P-384 或 Ed25519。"};
  }
  return PrivateKey({key.release(), EVP_PKEY_free}, *kind);
}

SecretBytes PrivateKey::pem(const SecretBytes& passphrase) const {
  const openssl::Bio bio(require(BIO_new(BIO_s_secmem()), "BIO"));
  bool written = false;
  if (passphrase.empty()) {
    written = PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr,
                                            nullptr) == 1;
  } else {
    written = openssl::write_encrypted_pkcs8(bio.get(), key_.get(), passphrase.view());
  }
  require(written, "PKCS#8");
  char* text = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &text);
  SecretBytes out(static_cast<std::size_t>(length));
  std::copy_n(text, length, out.writable().begin());
  return out;
}

Bytes PrivateKey::public_key() const { return openssl::der_of(i2d_PUBKEY, key_.get()); }

Result<SoftwareKey> SoftwareKey::make(PrivateKey key, Certificate certificate,
                                      std::optional<SignatureScheme> scheme) {
  openssl::QuietErrors quiet;
  if (EVP_PKEY_eq(pkey(key), openssl::key_of(certificate)) != 1) {
    return Refusal{Reason::kMalformed, "私密金鑰與憑證不是同一對。"};
  }
  const SignatureScheme chosen = scheme.value_or(usual_scheme(key.kind()));
  if (!scheme_fits(chosen, key.kind())) return Reason::kAlgorithmRefused;
  return SoftwareKey(std::move(key), std::move(certificate), chosen);
}

Result<Bytes> SoftwareKey::sign(ByteView input, KeyUse) {
  openssl::QuietErrors quiet;
  if (scheme_ == SignatureScheme::kEd25519) return sign_message(pkey(key_), input);
  const std::size_t digest_size = scheme_ == SignatureScheme::kEcdsaSha384 ? 48 : 32;
  if (input.size() != digest_size) {
    return Refusal{Reason::kBadRequest, "簽章輸入不是此演算法的雜湊值。"};
  }
  Bytes signature = sign_digest(pkey(key_), scheme_, input);
  if (key_.kind() == KeyKind::kRsa) return signature;
  return with_low_s(signature, key_.kind());
}

Result<SecretBytes> SoftwareKey::decrypt_oaep(ByteView ciphertext) {
  openssl::QuietErrors quiet;
  if (key_.kind() != KeyKind::kRsa) return Reason::kKeyForbidden;
  const openssl::KeyContext context(require(EVP_PKEY_CTX_new(pkey(key_), nullptr), "key context"));
  require(EVP_PKEY_decrypt_init(context.get()) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) == 1 &&
              EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), EVP_sha256()) == 1 &&
              EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), EVP_sha256()) == 1,
          "OAEP");
  SecretBytes room(static_cast<std::size_t>(EVP_PKEY_get_size(pkey(key_))));
  std::size_t length = room.size();
  if (EVP_PKEY_decrypt(context.get(), room.writable().data(), &length, ciphertext.data(),
                       ciphertext.size()) != 1) {
    return Reason::kUnopenable;
  }
  SecretBytes plain(length);
  std::copy_n(room.view().begin(), length, plain.writable().begin());
  return plain;
}

Result<SecretBytes> SoftwareKey::agree(ByteView peer_point) {
  openssl::QuietErrors quiet;
  if (key_.kind() != KeyKind::kEcP256 && key_.kind() != KeyKind::kEcP384) {
    return Reason::kKeyForbidden;
  }
  const std::size_t coordinate = key_.kind() == KeyKind::kEcP256 ? 32 : 48;
  const bool uncompressed = peer_point.size() == 1 + 2 * coordinate && peer_point[0] == 0x04;
  const openssl::Key peer = uncompressed ? find_public_key(peer_point, key_.kind()) : nullptr;
  if (!peer) return Reason::kUnopenable;
  const openssl::KeyContext context(require(EVP_PKEY_CTX_new(pkey(key_), nullptr), "key context"));
  require(EVP_PKEY_derive_init(context.get()) == 1, "ECDH");
  SecretBytes secret(coordinate);
  std::size_t length = coordinate;
  if (EVP_PKEY_derive_set_peer(context.get(), peer.get()) != 1 ||
      EVP_PKEY_derive(context.get(), secret.writable().data(), &length) != 1 ||
      length != coordinate) {
    return Reason::kUnopenable;
  }
  return secret;
}

}  // namespace yizhan
