#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <p11-kit/pkcs11.h>

#include <algorithm>
#include <array>

#include "ground/keys/pkcs11_mechanisms.h"
#include "ground/keys/pkcs11_token.h"

// Signing, decrypting and agreeing on a token.

namespace yizhan {

namespace {

constexpr std::size_t kResultMax = 1024;  // RSA up to 8192 bits

// RFC 8017 §9.2: DigestInfo of a SHA-256 value, up to the digest itself.
constexpr std::array<std::uint8_t, 19> kSha256DigestInfo = {
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
    0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};

// PKCS#11 takes pointers to non-const for what it only reads.
CK_BYTE* in(ByteView bytes) { return const_cast<CK_BYTE*>(bytes.data()); }

bool is_session_lost(CK_RV code) {
  return code == CKR_SESSION_HANDLE_INVALID || code == CKR_SESSION_CLOSED ||
         code == CKR_USER_NOT_LOGGED_IN || code == CKR_DEVICE_REMOVED ||
         code == CKR_TOKEN_NOT_PRESENT || code == CKR_DEVICE_ERROR ||
         code == CKR_KEY_HANDLE_INVALID || code == CKR_OBJECT_HANDLE_INVALID ||
         code == CKR_OPERATION_ACTIVE;
}

// Answers of decryption that mean nothing but: this ciphertext is not for this key.
bool is_bad_ciphertext(CK_RV code) {
  return code == CKR_ENCRYPTED_DATA_INVALID || code == CKR_ENCRYPTED_DATA_LEN_RANGE ||
         code == CKR_DATA_INVALID || code == CKR_DATA_LEN_RANGE || code == CKR_GENERAL_ERROR ||
         code == CKR_FUNCTION_FAILED;
}

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

// An uncompressed point that lies on the certificate's curve; tokens may not look.
bool is_on_curve(ByteView point, const Certificate& certificate) {
  const auto* own = static_cast<const EVP_PKEY*>(certificate.public_key());
  const std::unique_ptr<EVP_PKEY, FreeKey> peer(EVP_PKEY_new());
  return !point.empty() && point.front() == 0x04 && peer != nullptr &&
         EVP_PKEY_copy_parameters(peer.get(), own) == 1 &&
         EVP_PKEY_set1_encoded_public_key(peer.get(), point.data(), point.size()) == 1;
}

std::size_t modulus_size(const Certificate& certificate) {
  return static_cast<std::size_t>(
      EVP_PKEY_get_size(static_cast<const EVP_PKEY*>(certificate.public_key())));
}

// For tokens that know RSA but not OAEP with SHA-256. In constant time, by OpenSSL.
std::optional<SecretBytes> remove_oaep(ByteView block) {
  SecretBytes plain(block.size());
  const int size = static_cast<int>(block.size());
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"  // OpenSSL 3 has no other door to it
  const int length =
      RSA_padding_check_PKCS1_OAEP_mgf1(plain.writable().data(), size, block.data(), size, size,
                                        nullptr, 0, EVP_sha256(), EVP_sha256());
#pragma GCC diagnostic pop
  if (length < 0) return std::nullopt;
  SecretBytes exact(static_cast<std::size_t>(length));
  std::copy_n(plain.view().begin(), length, exact.writable().begin());
  return exact;
}

SecretBytes front_of(const SecretBytes& bytes, std::size_t size) {
  SecretBytes front(std::min(size, bytes.size()));
  std::copy_n(bytes.view().begin(), front.size(), front.writable().begin());
  return front;
}

}  // namespace

// Does the work on the key named; once more after a new login if the session is gone.
template <class Value, class Work>
Result<Value> Pkcs11Token::attempt(const std::string& key, Work work) {
  YZ_TRY(be_ready());
  for (int round = 1;; ++round) {
    const auto found = keys_.find(key);
    if (found == keys_.end()) return Reason::kKeyUnknown;
    Value value;
    const Code code = work(found->second, value);
    if (code == CKR_OK) return value;
    if (round == 2 || !is_session_lost(code)) return refuse(code);
    YZ_TRY(login());
  }
}

Refusal Pkcs11Token::refuse(Code code) {
  if (code == CKR_PIN_LOCKED || code == CKR_PIN_EXPIRED) {
    return wait_locked();
  }
  if (is_session_lost(code)) {
    return wait(Waiting::kRemoved, "憑證卡或模組「" + settings_.token + "」已移除，請插入。");
  }
  return Refusal{Reason::kKeyholderUnavailable, "模組「" + settings_.token + "」回報錯誤代碼 " +
                                                    std::to_string(code) + "，請洽模組供應者。"};
}

Result<Bytes> Pkcs11Token::sign(const std::string& key, ByteView input) {
  return attempt<Bytes>(key, [&](const Key& held, Bytes& signature) {
    return check_input(held.description.scheme, input) ? sign_on_token(held, input, signature)
                                                       : CKR_DATA_LEN_RANGE;
  });
}

Result<SecretBytes> Pkcs11Token::decrypt_oaep(const std::string& key, ByteView ciphertext) {
  bool unopenable = false;
  auto plain = attempt<SecretBytes>(key, [&](const Key& held, SecretBytes& value) -> Code {
    const Code code = held.oaep == OaepBy::kNothing ? CKR_MECHANISM_INVALID
                                                    : decrypt_on_token(held, ciphertext, value);
    unopenable = is_bad_ciphertext(code);
    return code;
  });
  if (unopenable) return Reason::kUnopenable;
  return plain;
}

Result<SecretBytes> Pkcs11Token::agree(const std::string& key, ByteView peer_point) {
  bool unopenable = false;
  auto shared = attempt<SecretBytes>(key, [&](const Key& held, SecretBytes& value) -> Code {
    unopenable = !is_on_curve(peer_point, held.description.certificate);
    return unopenable ? CKR_DATA_INVALID : derive_on_token(held, peer_point, value);
  });
  if (unopenable) return Reason::kUnopenable;
  return shared;
}

Pkcs11Token::Code Pkcs11Token::sign_on_token(const Key& key, ByteView input,
                                             Bytes& signature) const {
  PssMechanism pss;
  CK_MECHANISM ecdsa = {CKM_ECDSA, nullptr, 0};
  CK_MECHANISM pkcs1 = {CKM_RSA_PKCS, nullptr, 0};
  CK_MECHANISM* mechanism = &ecdsa;
  Bytes data = copy_of(input);
  const SignatureScheme scheme = key.description.scheme;
  if (scheme == SignatureScheme::kRsaPssSha256) mechanism = pss.get();
  if (scheme == SignatureScheme::kRsaPkcs1Sha256) {
    mechanism = &pkcs1;
    data.insert(data.begin(), kSha256DigestInfo.begin(), kSha256DigestInfo.end());
  }
  signature.resize(kResultMax);
  CK_ULONG size = signature.size();
  const CK_RV started = call_.C_SignInit(session_, mechanism, key.object);
  if (started != CKR_OK) return started;
  const CK_RV done = call_.C_Sign(session_, data.data(), data.size(), signature.data(), &size);
  if (done != CKR_OK) return done;
  signature.resize(std::min<std::size_t>(size, kResultMax));
  if (mechanism != &ecdsa) return CKR_OK;
  auto encoded = encode_ecdsa(signature, key.description.certificate.key_kind());
  if (!encoded) return CKR_FUNCTION_FAILED;
  signature = std::move(*encoded);
  return CKR_OK;
}

Pkcs11Token::Code Pkcs11Token::decrypt_on_token(const Key& key, ByteView ciphertext,
                                                SecretBytes& plain) const {
  const std::size_t modulus = modulus_size(key.description.certificate);
  if (ciphertext.size() != modulus) return CKR_ENCRYPTED_DATA_LEN_RANGE;
  OaepMechanism oaep;
  CK_MECHANISM raw = {CKM_RSA_X_509, nullptr, 0};
  CK_MECHANISM* mechanism = key.oaep == OaepBy::kToken ? oaep.get() : &raw;
  const CK_RV started = call_.C_DecryptInit(session_, mechanism, key.object);
  if (started != CKR_OK) return started;
  SecretBytes block(kResultMax);
  CK_ULONG size = block.size();
  const CK_RV done =
      call_.C_Decrypt(session_, in(ciphertext), ciphertext.size(), block.writable().data(), &size);
  if (done != CKR_OK) return done;
  if (key.oaep == OaepBy::kToken) {
    plain = front_of(block, size);
    return CKR_OK;
  }
  if (size != modulus) return CKR_ENCRYPTED_DATA_INVALID;
  auto opened = remove_oaep(block.view().first(modulus));
  if (!opened) return CKR_ENCRYPTED_DATA_INVALID;
  plain = std::move(*opened);
  return CKR_OK;
}

Pkcs11Token::Code Pkcs11Token::derive_on_token(const Key& key, ByteView peer_point,
                                               SecretBytes& shared) const {
  CK_ECDH1_DERIVE_PARAMS parameters{};
  parameters.kdf = CKD_NULL;
  parameters.pPublicData = in(peer_point);
  parameters.ulPublicDataLen = peer_point.size();
  CK_MECHANISM mechanism = {CKM_ECDH1_DERIVE, &parameters, sizeof parameters};
  CK_OBJECT_CLASS object_class = CKO_SECRET_KEY;
  CK_KEY_TYPE key_type = CKK_GENERIC_SECRET;
  CK_BBOOL yes = CK_TRUE;
  CK_BBOOL no = CK_FALSE;
  CK_ULONG length = (peer_point.size() - 1) / 2;
  CK_ATTRIBUTE wish[] = {{CKA_CLASS, &object_class, sizeof object_class},
                         {CKA_KEY_TYPE, &key_type, sizeof key_type},
                         {CKA_TOKEN, &no, sizeof no},
                         {CKA_SENSITIVE, &no, sizeof no},
                         {CKA_EXTRACTABLE, &yes, sizeof yes},
                         {CKA_VALUE_LEN, &length, sizeof length}};
  CK_OBJECT_HANDLE secret = CK_INVALID_HANDLE;
  const CK_RV derived =
      call_.C_DeriveKey(session_, &mechanism, key.object, wish, std::size(wish), &secret);
  if (derived != CKR_OK) return derived;
  shared = SecretBytes(length);
  CK_ATTRIBUTE value = {CKA_VALUE, shared.writable().data(), length};
  const CK_RV read = call_.C_GetAttributeValue(session_, secret, &value, 1);
  call_.C_DestroyObject(session_, secret);
  if (read == CKR_OK && value.ulValueLen != length) return CKR_FUNCTION_FAILED;
  return read;
}

}  // namespace yizhan
