#include "ground/crypto/openssl_values.h"

#include <ctime>

#include <openssl/pkcs12.h>
#include <openssl/rsa.h>

#include "ground/crypto/der.h"

namespace yizhan::openssl {

std::optional<KeyKind> find_key_kind(const EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA: {
      const int bits = EVP_PKEY_get_bits(key);
      return bits >= 2048 && bits <= 4096 ? std::optional(KeyKind::kRsa) : std::nullopt;
    }
    case EVP_PKEY_EC: {
      char group[32] = "";
      if (EVP_PKEY_get_group_name(key, group, sizeof group, nullptr) != 1) return std::nullopt;
      const std::string_view name(group);
      if (name == "prime256v1") return KeyKind::kEcP256;
      if (name == "secp384r1") return KeyKind::kEcP384;
      return std::nullopt;
    }
    case EVP_PKEY_ED25519:
      return KeyKind::kEd25519;
    default:
      return std::nullopt;
  }
}

bool is_sound_digest(int nid) {
  return nid == NID_sha256 || nid == NID_sha384 || nid == NID_sha512;
}

std::optional<Time> find_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return Time::from_ms(static_cast<std::int64_t>(timegm(&parts)) * 1000);
}

std::string text_in(BIO* memory) {
  char* text = nullptr;
  const long length = BIO_get_mem_data(memory, &text);
  return {text, static_cast<std::size_t>(length)};
}

X509* x509_of(const Certificate& certificate) { return static_cast<X509*>(certificate.x509()); }

EVP_PKEY* key_of(const Certificate& certificate) {
  return static_cast<EVP_PKEY*>(certificate.public_key());
}

void set_scheme(EVP_PKEY_CTX* context, SignatureScheme scheme) {
  const bool sha384 = scheme == SignatureScheme::kEcdsaSha384;
  bool set = EVP_PKEY_CTX_set_signature_md(context, sha384 ? EVP_sha384() : EVP_sha256()) == 1;
  if (scheme == SignatureScheme::kRsaPkcs1Sha256) {
    set = set && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
  } else if (scheme == SignatureScheme::kRsaPssSha256) {
    set = set && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
          EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1 &&
          EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
  }
  require(set, "signature parameters");
}

bool write_encrypted_pkcs8(BIO* to, const EVP_PKEY* key, ByteView passphrase) {
  using Plain = Owned<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;
  using Algorithm = Owned<X509_ALGOR, X509_ALGOR_free>;
  using Sealed = Owned<X509_SIG, X509_SIG_free>;
  const Plain plain(EVP_PKEY2PKCS8(key));
  std::uint8_t salt[16];
  fill_random(salt);
  Algorithm scrypt(PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt, sizeof salt, nullptr,
                                         std::uint64_t{1} << 14, 8, 1));
  if (!plain || !scrypt) return false;
  const Sealed sealed(PKCS8_set0_pbe(reinterpret_cast<const char*>(passphrase.data()),
                                     static_cast<int>(passphrase.size()), plain.get(),
                                     scrypt.get()));
  if (!sealed) return false;
  static_cast<void>(scrypt.release());  // PKCS8_set0_pbe took it
  return PEM_write_bio_PKCS8(to, sealed.get()) == 1;
}

Bytes issuer_and_serial(const Certificate& certificate) {
  const X509* x509 = x509_of(certificate);
  const Bytes issuer = der_of(i2d_X509_NAME, X509_get_issuer_name(x509));
  const Bytes serial = der_of(i2d_ASN1_INTEGER, X509_get0_serialNumber(x509));
  return der::encode(der::kSequence, {issuer, serial});
}

}  // namespace yizhan::openssl
