#include "ground/net/tls_key.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>

// EC_KEY_METHOD is deprecated in OpenSSL 3.0 without a replacement short of writing a provider.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace yizhan {

namespace {

using Held = std::shared_ptr<SigningKey>;

// Where a key of libcrypto keeps its Held.
int held_index() {
  static const int index = EC_KEY_get_ex_new_index(
      0, nullptr, nullptr, nullptr, [](void*, void* held, CRYPTO_EX_DATA*, int, long, void*) {
        delete static_cast<Held*>(held);
      });
  return index;
}

SigningKey* signing_key_of(EC_KEY* key) {
  const auto* held = static_cast<Held*>(EC_KEY_get_ex_data(key, held_index()));
  return held == nullptr ? nullptr : held->get();
}

// For one CertificateVerify of a handshake, into `signature`, which has room for ECDSA_size(key).
// 0 lets the handshake fail.
unsigned int sign(ByteView digest, unsigned char* signature, EC_KEY* key) {
  SigningKey* signer = signing_key_of(key);
  if (signer == nullptr) return 0;
  try {  // an exception may not pass through libcrypto
    const auto made = signer->sign(digest, KeyUse::kTls);
    if (made.ok() && made->size() <= static_cast<std::size_t>(ECDSA_size(key))) {
      std::ranges::copy(*made, signature);
      return static_cast<unsigned int>(made->size());
    }
    const std::string_view code = made.ok() ? "size" : code_of(made.reason());
    ERR_raise_data(ERR_LIB_EC, ERR_R_OPERATION_FAIL, "keyholder: %s", std::string(code).c_str());
  } catch (const std::exception& accident) {
    ERR_raise_data(ERR_LIB_EC, ERR_R_OPERATION_FAIL, "keyholder: %s", accident.what());
  }
  return 0;
}

ByteView view_of(const unsigned char* data, int size) {
  return {data, static_cast<std::size_t>(size)};
}

// A method of our own makes libcrypto 3.0 keep the key out of its providers, which could not call
// us. It has two doors to the same operation: the DER signature, and the pair of numbers in it.
const EC_KEY_METHOD* held_method() {
  static EC_KEY_METHOD* const method = [] {
    EC_KEY_METHOD* made = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
    YZ_ASSERT(made != nullptr);
    EC_KEY_METHOD_set_sign(
        made,
        [](int, const unsigned char* digest, int digest_size, unsigned char* signature,
           unsigned int* size, const BIGNUM*, const BIGNUM*, EC_KEY* key) {
          *size = sign(view_of(digest, digest_size), signature, key);
          return *size > 0 ? 1 : 0;
        },
        nullptr,
        [](const unsigned char* digest, int digest_size, const BIGNUM*, const BIGNUM*,
           EC_KEY* key) {
          Bytes der(static_cast<std::size_t>(ECDSA_size(key)));
          const unsigned char* at = der.data();
          const auto size = sign(view_of(digest, digest_size), der.data(), key);
          return d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size));
        });
    return made;
  }();
  return method;
}

std::shared_ptr<void> own(EVP_PKEY* key) {
  return {key, [](EVP_PKEY* owned) { EVP_PKEY_free(owned); }};
}

int refuse_passphrase(char*, int, int, void*) { return -1; }

bool scheme_fits(const SigningKey& key) {
  const KeyKind kind = key.certificate().key_kind();
  return (kind == KeyKind::kEcP256 && key.scheme() == SignatureScheme::kEcdsaSha256) ||
         (kind == KeyKind::kEcP384 && key.scheme() == SignatureScheme::kEcdsaSha384);
}

}  // namespace

Result<TlsKey> TlsKey::from_pem(std::string_view pem) {
  const std::unique_ptr<BIO, int (*)(BIO*)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  YZ_ASSERT(bio != nullptr);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio.get(), nullptr, refuse_passphrase, nullptr);
  ERR_clear_error();
  if (key == nullptr) return Refusal{Reason::kMalformed, "不是未加密之 PEM 私密金鑰"};
  return TlsKey(own(key));
}

Result<TlsKey> TlsKey::from_signing_key(std::shared_ptr<SigningKey> key) {
  if (!scheme_fits(*key)) {
    return Refusal{Reason::kAlgorithmRefused, "TLS 金鑰須為 P-256 或 P-384；請改用該類憑證"};
  }
  // Made anew from the encoded public key: the certificate's own object must not get our method.
  const auto certificate = key->certificate();
  Bytes point(256);
  std::size_t size = 0;
  auto* public_key = static_cast<EVP_PKEY*>(certificate.public_key());
  YZ_ASSERT(EVP_PKEY_get_octet_string_param(public_key, "encoded-pub-key", point.data(),
                                            point.size(), &size) == 1);
  const bool p256 = certificate.key_kind() == KeyKind::kEcP256;
  EC_KEY* ec = EC_KEY_new_by_curve_name(p256 ? NID_X9_62_prime256v1 : NID_secp384r1);
  YZ_ASSERT(ec != nullptr && EC_KEY_oct2key(ec, point.data(), size, nullptr) == 1);
  YZ_ASSERT(EC_KEY_set_method(ec, held_method()) == 1);
  YZ_ASSERT(EC_KEY_set_ex_data(ec, held_index(), new Held(std::move(key))) == 1);
  EVP_PKEY* made = EVP_PKEY_new();
  YZ_ASSERT(made != nullptr && EVP_PKEY_assign_EC_KEY(made, ec) == 1);
  return TlsKey(own(made));
}

}  // namespace yizhan
