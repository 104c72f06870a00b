#include <p11-kit/pkcs11.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "ground/keys/pkcs11_mechanisms.h"
#include "ground/keys/pkcs11_token.h"

// What keys a token holds, and what each can be asked.

namespace yizhan {

namespace {

constexpr std::size_t kObjectsMax = 256;

bool fits_on_token(KeyKind kind) {
  switch (kind) {
    case KeyKind::kRsa:
    case KeyKind::kEcP256:
    case KeyKind::kEcP384:
      return true;
    case KeyKind::kEd25519:
      return false;  // only in the software module
  }
  YZ_ASSERT(false);
}

}  // namespace

void Pkcs11Token::load_keys(const std::string& serial) {
  for (const Handle object : find_objects(CKO_PRIVATE_KEY, {})) {
    auto key = load_key(object);
    if (!key) continue;
    key->description.module_serial = serial;
    std::string name = key->description.name;
    keys_.emplace(std::move(name), std::move(*key));
  }
}

std::optional<Pkcs11Token::Key> Pkcs11Token::load_key(Handle object) const {
  std::string name(text_of(attribute(object, CKA_LABEL)));
  const auto renamed = settings_.names.find(name);
  if (renamed != settings_.names.end()) name = renamed->second;
  if (!is_key_name(name)) return std::nullopt;
  auto certificate = certificate_of(object, name);
  if (!certificate || !fits_on_token(certificate->key_kind())) return std::nullopt;
  SignatureScheme scheme = scheme_of(certificate->key_kind());
  if (scheme == SignatureScheme::kRsaPssSha256 && !has_mechanism(CKM_RSA_PKCS_PSS)) {
    scheme = SignatureScheme::kRsaPkcs1Sha256;
  }
  const OaepBy oaep =
      certificate->key_kind() == KeyKind::kRsa ? probe_oaep(object) : OaepBy::kNothing;
  auto operations = operations_on(object, *certificate, oaep);
  return Key{.object = object,
             .description = {.name = name,
                             .certificate = std::move(*certificate),
                             .scheme = scheme,
                             .operations = std::move(operations),
                             .module_kind = ModuleKind::kHardware,
                             .module_serial = {}},
             .oaep = oaep};
}

std::vector<Pkcs11Token::Handle> Pkcs11Token::find_objects(unsigned long object_class,
                                                           ByteView id) const {
  CK_OBJECT_CLASS wanted = object_class;
  Bytes wanted_id = copy_of(id);
  CK_ATTRIBUTE wish[] = {{CKA_CLASS, &wanted, sizeof wanted},
                         {CKA_ID, wanted_id.data(), wanted_id.size()}};
  std::vector<Handle> found(kObjectsMax);
  CK_ULONG count = 0;
  if (call_.C_FindObjectsInit(session_, wish, id.empty() ? 1 : 2) != CKR_OK) return {};
  const CK_RV rv = call_.C_FindObjects(session_, found.data(), found.size(), &count);
  call_.C_FindObjectsFinal(session_);
  found.resize(rv == CKR_OK ? std::min<std::size_t>(count, kObjectsMax) : 0);
  return found;
}

Bytes Pkcs11Token::attribute(Handle object, unsigned long type) const {
  CK_ATTRIBUTE wish{type, nullptr, 0};
  if (call_.C_GetAttributeValue(session_, object, &wish, 1) != CKR_OK) return {};
  if (wish.ulValueLen == CK_UNAVAILABLE_INFORMATION || wish.ulValueLen > 65536) return {};
  Bytes value(wish.ulValueLen);
  wish.pValue = value.data();
  if (call_.C_GetAttributeValue(session_, object, &wish, 1) != CKR_OK) return {};
  return value;
}

// A token that does not tell is asked at use.
bool Pkcs11Token::permits(Handle object, unsigned long type) const {
  const Bytes flag = attribute(object, type);
  return flag.empty() || flag.front() != CK_FALSE;
}

Result<Certificate> Pkcs11Token::certificate_of(Handle object, const std::string& name) const {
  const Bytes id = attribute(object, CKA_ID);
  if (!id.empty()) {
    for (const Handle found : find_objects(CKO_CERTIFICATE, id)) {
      auto certificate = Certificate::parse(attribute(found, CKA_VALUE));
      if (certificate) return certificate;
    }
  }
  std::ifstream file(settings_.certificates / (name + ".crt"), std::ios::binary);
  const std::string pem{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return Certificate::parse_pem(pem);
}

std::set<KeyOperation> Pkcs11Token::operations_on(Handle object, const Certificate& certificate,
                                                  OaepBy oaep) const {
  const bool rsa = certificate.key_kind() == KeyKind::kRsa;
  const bool can_sign = rsa ? has_mechanism(CKM_RSA_PKCS_PSS) || has_mechanism(CKM_RSA_PKCS)
                            : has_mechanism(CKM_ECDSA);
  std::set<KeyOperation> operations = operations_of(certificate);
  if (!can_sign || !permits(object, CKA_SIGN)) operations.erase(KeyOperation::kSign);
  if (oaep == OaepBy::kNothing || !permits(object, CKA_DECRYPT)) {
    operations.erase(KeyOperation::kDecryptOaep);
  }
  if (!has_mechanism(CKM_ECDH1_DERIVE) || !permits(object, CKA_DERIVE)) {
    operations.erase(KeyOperation::kAgree);
  }
  return operations;
}

// Only the start of a decryption is tried, in a session of its own that ends it: no use of the key.
Pkcs11Token::OaepBy Pkcs11Token::probe_oaep(Handle object) const {
  CK_SESSION_INFO here{};
  CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
  if (call_.C_GetSessionInfo(session_, &here) != CKR_OK ||
      call_.C_OpenSession(here.slotID, CKF_SERIAL_SESSION, nullptr, nullptr, &session) != CKR_OK) {
    return OaepBy::kNothing;
  }
  OaepMechanism oaep;
  CK_MECHANISM raw = {CKM_RSA_X_509, nullptr, 0};
  OaepBy by = OaepBy::kNothing;
  if (has_mechanism(CKM_RSA_PKCS_OAEP) &&
      call_.C_DecryptInit(session, oaep.get(), object) == CKR_OK) {
    by = OaepBy::kToken;
  } else if (has_mechanism(CKM_RSA_X_509) && call_.C_DecryptInit(session, &raw, object) == CKR_OK) {
    by = OaepBy::kRawRsa;
  }
  call_.C_CloseSession(session);
  return by;
}

}  // namespace yizhan
