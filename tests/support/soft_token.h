#pragma once

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <p11-kit/pkcs11.h>

#include "ground/keys/keys.h"
#include "tests/support/key_folder.h"

// A real PKCS#11 token: SoftHSM2 with a configuration and a token folder of its own. Only one lives
// at a time, as SoftHSM2 reads SOFTHSM2_CONF when it starts.

namespace yizhan {

class SoftToken {
 public:
  static constexpr const char* kLabel = "station";
  static constexpr const char* kPin = "740512-of-the-station";

  SoftToken() {
    std::filesystem::create_directories(folder_ / "tokens");
    write_private(folder_ / "softhsm2.conf",
                  "directories.tokendir = " + (folder_ / "tokens").string() +
                      "\nobjectstore.backend = file\nlog.level = ERROR\n");
    ::setenv("SOFTHSM2_CONF", (folder_ / "softhsm2.conf").c_str(), 1);
    std::filesystem::create_directories(certificates());
    write_private(pin_file(), kPin);
    library_ = Pkcs11Library::load(module());
    initialise();
  }
  ~SoftToken() { leave(); }
  SoftToken(const SoftToken&) = delete;
  SoftToken& operator=(const SoftToken&) = delete;

  // A key made on the token, and its certificate in certificates().
  Certificate make_key(const std::string& label, TestAuthority& authority,
                       const CertificateRequest& request) {
    const CK_OBJECT_HANDLE key =
        request.kind == KeyKind::kRsa ? make_rsa(label) : make_ec(label, request.kind);
    const Bytes public_key =
        request.kind == KeyKind::kRsa ? rsa_public(key) : ec_public(key, request.kind);
    Certificate certificate = authority.certify(request, public_key);
    write_private(certificates() / (label + ".crt"), certificate.pem());
    return certificate;
  }

  // The same certificate on the token itself, beside its key.
  void store_certificate(const std::string& label, const Certificate& certificate) {
    CK_OBJECT_CLASS object_class = CKO_CERTIFICATE;
    CK_CERTIFICATE_TYPE type = CKC_X_509;
    Bytes der = copy_of(certificate.der());
    std::string id = label;
    CK_BBOOL yes = CK_TRUE;
    Bytes subject = {0x30, 0x00};
    CK_ATTRIBUTE object[] = {{CKA_CLASS, &object_class, sizeof object_class},
                             {CKA_CERTIFICATE_TYPE, &type, sizeof type},
                             {CKA_TOKEN, &yes, sizeof yes},
                             {CKA_ID, id.data(), id.size()},
                             {CKA_SUBJECT, subject.data(), subject.size()},
                             {CKA_VALUE, der.data(), der.size()}};
    CK_OBJECT_HANDLE made = CK_INVALID_HANDLE;
    must(call().C_CreateObject(session_, object, std::size(object), &made));
  }

  [[nodiscard]] std::filesystem::path pin_file() const { return folder_ / "pin"; }
  [[nodiscard]] std::filesystem::path certificates() const { return folder_ / "certificates"; }
  [[nodiscard]] std::filesystem::path folder() const { return folder_.path(); }
  [[nodiscard]] std::shared_ptr<Pkcs11Library> library() const { return library_; }
  [[nodiscard]] Pkcs11Settings settings() const {
    return {.token = kLabel, .pin_file = pin_file(), .certificates = certificates()};
  }
  static std::filesystem::path module() { return "/usr/lib/softhsm/libsofthsm2.so"; }
  // Ends our own login, which PKCS#11 keeps per program, so that the module logs in by itself.
  void leave() {
    if (session_ != CK_INVALID_HANDLE) call().C_CloseSession(session_);
    session_ = CK_INVALID_HANDLE;
  }

 private:
  static void must(CK_RV rv) { YZ_ASSERT(rv == CKR_OK); }
  [[nodiscard]] CK_FUNCTION_LIST& call() const { return library_->functions(); }
  static CK_UTF8CHAR* pin() { return reinterpret_cast<CK_UTF8CHAR*>(const_cast<char*>(kPin)); }

  [[nodiscard]] CK_SLOT_ID slot_with(bool initialised) const {
    CK_ULONG count = 16;
    std::vector<CK_SLOT_ID> slots(count);
    must(call().C_GetSlotList(CK_TRUE, nullptr, &count));
    must(call().C_GetSlotList(CK_TRUE, slots.data(), &count));
    for (CK_ULONG i = 0; i < count; ++i) {
      CK_TOKEN_INFO info{};
      must(call().C_GetTokenInfo(slots[i], &info));
      if (((info.flags & CKF_TOKEN_INITIALIZED) != 0) == initialised) return slots[i];
    }
    YZ_ASSERT(false);
  }

  void initialise() {
    std::string label = kLabel;
    label.resize(32, ' ');
    const CK_ULONG size = std::string_view(kPin).size();
    must(call().C_InitToken(slot_with(false), pin(), size,
                            reinterpret_cast<CK_UTF8CHAR*>(label.data())));
    must(call().C_OpenSession(slot_with(true), CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr,
                              nullptr, &session_));
    must(call().C_Login(session_, CKU_SO, pin(), size));
    must(call().C_InitPIN(session_, pin(), size));
    must(call().C_Logout(session_));
    must(call().C_Login(session_, CKU_USER, pin(), size));
  }

  // `first` are the attributes of the public key that decide its kind.
  CK_OBJECT_HANDLE generate(CK_MECHANISM_TYPE type, std::string label,
                            std::vector<CK_ATTRIBUTE> first) {
    CK_BBOOL yes = CK_TRUE;
    const CK_ATTRIBUTE token = {CKA_TOKEN, &yes, sizeof yes};
    const CK_ATTRIBUTE name = {CKA_LABEL, label.data(), label.size()};
    const CK_ATTRIBUTE id = {CKA_ID, label.data(), label.size()};
    first.insert(first.end(), {token, name, id});
    std::vector<CK_ATTRIBUTE> secret = {token,
                                        name,
                                        id,
                                        {CKA_PRIVATE, &yes, sizeof yes},
                                        {CKA_SENSITIVE, &yes, sizeof yes},
                                        {CKA_SIGN, &yes, sizeof yes}};
    const bool rsa = type == CKM_RSA_PKCS_KEY_PAIR_GEN;
    secret.push_back({rsa ? CKA_DECRYPT : CKA_DERIVE, &yes, sizeof yes});
    CK_MECHANISM mechanism = {type, nullptr, 0};
    CK_OBJECT_HANDLE public_key = CK_INVALID_HANDLE;
    CK_OBJECT_HANDLE private_key = CK_INVALID_HANDLE;
    must(call().C_GenerateKeyPair(session_, &mechanism, first.data(), first.size(), secret.data(),
                                  secret.size(), &public_key, &private_key));
    return public_key;
  }

  CK_OBJECT_HANDLE make_rsa(const std::string& label) {
    CK_ULONG bits = 2048;
    CK_BYTE exponent[] = {1, 0, 1};
    return generate(
        CKM_RSA_PKCS_KEY_PAIR_GEN, label,
        {{CKA_MODULUS_BITS, &bits, sizeof bits}, {CKA_PUBLIC_EXPONENT, exponent, sizeof exponent}});
  }

  CK_OBJECT_HANDLE make_ec(const std::string& label, KeyKind kind) {
    Bytes p256 = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
    Bytes p384 = {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22};
    Bytes& curve = kind == KeyKind::kEcP256 ? p256 : p384;
    return generate(CKM_EC_KEY_PAIR_GEN, label, {{CKA_EC_PARAMS, curve.data(), curve.size()}});
  }

  Bytes attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
    CK_ATTRIBUTE wish = {type, nullptr, 0};
    must(call().C_GetAttributeValue(session_, object, &wish, 1));
    Bytes value(wish.ulValueLen);
    wish.pValue = value.data();
    must(call().C_GetAttributeValue(session_, object, &wish, 1));
    return value;
  }

  Bytes rsa_public(CK_OBJECT_HANDLE key) {
    const Bytes n = attribute(key, CKA_MODULUS);
    const std::unique_ptr<BIGNUM, decltype(&BN_free)> modulus(
        BN_bin2bn(n.data(), static_cast<int>(n.size()), nullptr), BN_free);
    const std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)> build(
        OSSL_PARAM_BLD_new(), OSSL_PARAM_BLD_free);
    OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
    OSSL_PARAM_BLD_push_ulong(build.get(), OSSL_PKEY_PARAM_RSA_E, 65537);
    return public_info("RSA", build.get());
  }

  Bytes ec_public(CK_OBJECT_HANDLE key, KeyKind kind) {
    const Bytes wrapped = attribute(key, CKA_EC_POINT);  // an OCTET STRING of less than 128
    const std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)> build(
        OSSL_PARAM_BLD_new(), OSSL_PARAM_BLD_free);
    OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                    kind == KeyKind::kEcP256 ? "P-256" : "P-384", 0);
    OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, wrapped.data() + 2,
                                     wrapped.size() - 2);
    return public_info("EC", build.get());
  }

  static Bytes public_info(const char* kind, OSSL_PARAM_BLD* build) {
    const std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> parameters(
        OSSL_PARAM_BLD_to_param(build), OSSL_PARAM_free);
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
        EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr), EVP_PKEY_CTX_free);
    EVP_PKEY* made = nullptr;
    YZ_ASSERT(EVP_PKEY_fromdata_init(context.get()) == 1 &&
              EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) == 1);
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(made, EVP_PKEY_free);
    Bytes der(static_cast<std::size_t>(i2d_PUBKEY(made, nullptr)));
    unsigned char* at = der.data();
    i2d_PUBKEY(made, &at);
    return der;
  }

  TemporaryFolder folder_;
  std::shared_ptr<Pkcs11Library> library_;
  CK_SESSION_HANDLE session_ = CK_INVALID_HANDLE;
};

}  // namespace yizhan
