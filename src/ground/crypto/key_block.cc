#include "ground/crypto/key_block.h"

#include <algorithm>
#include <array>

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include "ground/crypto/cms_names.h"
#include "ground/crypto/der.h"
#include "ground/crypto/openssl_values.h"

namespace yizhan {
namespace {

using der::encode;
using der::Reader;
using openssl::require;

constexpr std::size_t kKeySize = 32;
constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kTagSize = 16;

// The context that OpenSSL gives each recipient: its defaults are PKCS#1 v1.5 and SHA-1.
void set_transport(EVP_PKEY_CTX* context, KeyKind kind) {
  const bool set = kind == KeyKind::kRsa
                       ? EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
                             EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) == 1 &&
                             EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1
                       : EVP_PKEY_CTX_set_ecdh_kdf_md(context, EVP_sha256()) == 1;
  require(set, "key transport");
}

struct KeyBlock {
  ByteView peer_point;  // of the ephemeral key; empty for RSA
  ByteView encrypted_key;
  ByteView nonce;
  ByteView cipher;
  ByteView tag;
};

// RFC 5652 §6.2.1
Result<void> read_key_transport(Reader recipients, const Certificate& own, KeyBlock& block) {
  Reader info(YZ_TRY(recipients.content(der::kSequence)));
  YZ_TRY(recipients.check_end());
  YZ_TRY(info.expect(cms::kZero));
  YZ_TRY(info.expect(openssl::issuer_and_serial(own)));
  YZ_TRY(info.expect(cms::kRsaOaepSha256));
  block.encrypted_key = YZ_TRY(info.content(der::kOctetString));
  return info.check_end();
}

// RFC 5652 §6.2.2, RFC 5753 §3.1
Result<void> read_key_agreement(Reader recipients, const Certificate& own, KeyBlock& block) {
  Reader info(YZ_TRY(recipients.content(der::kContext1)));
  YZ_TRY(recipients.check_end());
  YZ_TRY(info.expect(cms::kThree));
  Reader originator(YZ_TRY(info.content(der::kContext0)));
  Reader ephemeral(YZ_TRY(originator.content(der::kContext1)));
  YZ_TRY(originator.check_end());
  YZ_TRY(ephemeral.expect(cms::kEcPublicKey));
  const ByteView bits = YZ_TRY(ephemeral.content(der::kBitString));
  YZ_TRY(ephemeral.check_end());
  if (bits.empty() || bits[0] != 0) return Reason::kMalformed;
  block.peer_point = bits.subspan(1);
  YZ_TRY(info.expect(cms::kEcdhSha256Aes256Wrap));
  Reader keys(YZ_TRY(info.content(der::kSequence)));
  YZ_TRY(info.check_end());
  Reader wrapped(YZ_TRY(keys.content(der::kSequence)));
  YZ_TRY(keys.check_end());
  YZ_TRY(wrapped.expect(openssl::issuer_and_serial(own)));
  block.encrypted_key = YZ_TRY(wrapped.content(der::kOctetString));
  return wrapped.check_end();
}

// RFC 5083 §2.1, RFC 5084 §3.2
Result<void> read_content(Reader& enveloped, KeyBlock& block) {
  Reader content(YZ_TRY(enveloped.content(der::kSequence)));
  YZ_TRY(content.expect(cms::kData));
  Reader algorithm(YZ_TRY(content.content(der::kSequence)));
  YZ_TRY(algorithm.expect(cms::kAes256Gcm));
  Reader parameters(YZ_TRY(algorithm.content(der::kSequence)));
  YZ_TRY(algorithm.check_end());
  block.nonce = YZ_TRY(parameters.content(der::kOctetString));
  YZ_TRY(parameters.expect(cms::kSixteen));
  YZ_TRY(parameters.check_end());
  block.cipher = YZ_TRY(content.content(der::kContext0Primitive));
  YZ_TRY(content.check_end());
  block.tag = YZ_TRY(enveloped.content(der::kOctetString));
  if (block.nonce.size() != kNonceSize || block.tag.size() != kTagSize) return Reason::kMalformed;
  return enveloped.check_end();
}

Result<KeyBlock> read_key_block(ByteView bytes, const Certificate& own) {
  if (bytes.size() > kKeyBlockMax) return Reason::kTooLarge;
  Reader file(bytes);
  Reader info(YZ_TRY(file.content(der::kSequence)));
  YZ_TRY(file.check_end());
  YZ_TRY(info.expect(cms::kAuthEnvelopedData));
  Reader wrapped(YZ_TRY(info.content(der::kContext0)));
  YZ_TRY(info.check_end());
  Reader enveloped(YZ_TRY(wrapped.content(der::kSequence)));
  YZ_TRY(wrapped.check_end());
  YZ_TRY(enveloped.expect(cms::kZero));
  Reader recipients(YZ_TRY(enveloped.content(der::kSet)));
  KeyBlock block;
  if (own.key_kind() == KeyKind::kRsa) {
    YZ_TRY(read_key_transport(recipients, own, block));
  } else {
    YZ_TRY(read_key_agreement(recipients, own, block));
  }
  YZ_TRY(read_content(enveloped, block));
  return block;
}

// RFC 5753 §7.2: ECC-CMS-SharedInfo without ukm, for a key of 256 bits.
SecretBytes key_encryption_key(const SecretBytes& shared_secret) {
  constexpr std::uint8_t kBits[] = {0x00, 0x00, 0x01, 0x00};
  const Bytes bits = encode(der::kContext2, encode(der::kOctetString, kBits));
  Bytes shared_info = encode(der::kSequence, {cms::kAes256Wrap, bits});
  using Kdf = openssl::Owned<EVP_KDF, EVP_KDF_free>;
  using KdfContext = openssl::Owned<EVP_KDF_CTX, EVP_KDF_CTX_free>;
  const Kdf kdf(require(EVP_KDF_fetch(nullptr, "X963KDF", nullptr), "X9.63 KDF"));
  const KdfContext context(require(EVP_KDF_CTX_new(kdf.get()), "X9.63 KDF"));
  char digest[] = "SHA256";
  SecretBytes secret = shared_secret.copy();
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, secret.writable().data(),
                                        secret.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, shared_info.data(),
                                        shared_info.size()),
      OSSL_PARAM_construct_end()};
  SecretBytes key(kKeySize);
  require(EVP_KDF_derive(context.get(), key.writable().data(), kKeySize, parameters) == 1,
          "X9.63 KDF");
  return key;
}

// RFC 3394
Result<SecretBytes> unwrap_aes(const SecretBytes& key, ByteView wrapped) {
  if (wrapped.size() != kKeySize + 8) return Reason::kUnopenable;
  const openssl::CipherContext context(require(EVP_CIPHER_CTX_new(), "cipher context"));
  EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  require(EVP_DecryptInit_ex(context.get(), EVP_aes_256_wrap(), nullptr, key.view().data(),
                             nullptr) == 1,
          "AES key wrap");
  SecretBytes out(wrapped.size() + 8);
  int length = 0;
  if (EVP_DecryptUpdate(context.get(), out.writable().data(), &length, wrapped.data(),
                        static_cast<int>(wrapped.size())) != 1 ||
      length != static_cast<int>(kKeySize)) {
    return Reason::kUnopenable;
  }
  SecretBytes content_key(kKeySize);
  std::copy_n(out.view().begin(), kKeySize, content_key.writable().begin());
  return content_key;
}

Result<SecretBytes> recover_key(const KeyBlock& block, DecryptionKey& key) {
  if (key.certificate().key_kind() != KeyKind::kRsa) {
    const SecretBytes shared_secret = YZ_TRY(key.agree(block.peer_point));
    return unwrap_aes(key_encryption_key(shared_secret), block.encrypted_key);
  }
  SecretBytes content_key = YZ_TRY(key.decrypt_oaep(block.encrypted_key));
  if (content_key.size() != kKeySize) return Reason::kUnopenable;
  return content_key;
}

Result<SecretBytes> open_content(const KeyBlock& block, const SecretBytes& key) {
  const openssl::CipherContext context(require(EVP_CIPHER_CTX_new(), "cipher context"));
  std::array<std::uint8_t, kTagSize> tag{};
  std::ranges::copy(block.tag, tag.begin());
  SecretBytes plain(block.cipher.size());
  int length = 0;
  int rest = 0;
  std::uint8_t none = 0;
  require(EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.view().data(),
                             block.nonce.data()) == 1 &&
              EVP_DecryptUpdate(context.get(), plain.writable().data(), &length,
                                block.cipher.data(), static_cast<int>(block.cipher.size())) == 1 &&
              EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagSize, tag.data()) == 1,
          "AES-256-GCM");
  if (EVP_DecryptFinal_ex(context.get(), &none, &rest) != 1) return Reason::kUnopenable;
  return plain;
}

Result<SecretBytes> open_key_block(ByteView bytes, DecryptionKey& key) {
  const KeyBlock block = YZ_TRY(read_key_block(bytes, key.certificate()));
  const SecretBytes content_key = YZ_TRY(recover_key(block, key));
  return open_content(block, content_key);
}

}  // namespace

Result<Bytes> wrap_key(ByteView content_json, const Certificate& recipient) {
  openssl::QuietErrors quiet;
  if (recipient.key_kind() == KeyKind::kEd25519) {
    return Refusal{Reason::kAlgorithmRefused, "Ed25519 憑證不能加密，請登記 RSA 或 EC 加密憑證。"};
  }
  const openssl::Cms cms(require(CMS_AuthEnvelopedData_create(EVP_aes_256_gcm()), "CMS"));
  CMS_RecipientInfo* const info = require(
      CMS_add1_recipient_cert(cms.get(), openssl::x509_of(recipient), CMS_KEY_PARAM), "CMS");
  set_transport(CMS_RecipientInfo_get0_pkey_ctx(info), recipient.key_kind());
  const openssl::Bio content = openssl::reader(content_json);
  require(CMS_set_detached(cms.get(), 0) == 1, "CMS");
  require(CMS_final(cms.get(), content.get(), nullptr, CMS_BINARY) == 1, "CMS");
  return openssl::der_of(i2d_CMS_ContentInfo, cms.get());
}

Result<SecretBytes> unwrap_key(ByteView key_block, DecryptionKey& key) {
  openssl::QuietErrors quiet;
  Result<SecretBytes> content = open_key_block(key_block, key);
  if (content.ok()) return content;
  constexpr Reason kOfTheModule[] = {Reason::kKeyUnknown, Reason::kKeyForbidden,
                                     Reason::kKeyholderUnavailable, Reason::kTokenLocked};
  if (std::ranges::find(kOfTheModule, content.reason()) != std::end(kOfTheModule)) return content;
  return Reason::kUnopenable;
}

}  // namespace yizhan
