#include "ground/keys/pkcs11_module.h"

#include <gtest/gtest.h>

#include "tests/support/clause.h"
#include "tests/support/soft_token.h"

namespace yizhan {
namespace {

// What goes wrong in the module between us and SoftHSM2. PKCS#11 functions carry no context of
// their own, so this one is static.
struct Faults {
  CK_FUNCTION_LIST* real = nullptr;
  CK_RV sign_answers = CKR_OK;  // once
  Milliseconds slow{0};
  CK_RV login_answers = CKR_OK;
  CK_FLAGS token_flags = 0;
  bool without_pss = false;
  bool removed = false;
  int logins = 0;
};
Faults faults;

CK_RV faulty_sign_init(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  std::this_thread::sleep_for(faults.slow);
  if (faults.sign_answers != CKR_OK) return std::exchange(faults.sign_answers, CKR_OK);
  return faults.real->C_SignInit(session, mechanism, key);
}

CK_RV faulty_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR* pin, CK_ULONG size) {
  ++faults.logins;
  if (faults.login_answers != CKR_OK) return faults.login_answers;
  return faults.real->C_Login(session, user, pin, size);
}

CK_RV faulty_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO* info) {
  if (faults.removed) return CKR_TOKEN_NOT_PRESENT;
  const CK_RV rv = faults.real->C_GetTokenInfo(slot, info);
  info->flags |= faults.token_flags;
  return rv;
}

CK_RV faulty_mechanisms(CK_SLOT_ID slot, CK_MECHANISM_TYPE* list, CK_ULONG* count) {
  const CK_RV rv = faults.real->C_GetMechanismList(slot, list, count);
  if (list != nullptr && faults.without_pss) {
    std::replace(list, list + *count, CK_MECHANISM_TYPE{CKM_RSA_PKCS_PSS},
                 CK_MECHANISM_TYPE{CKM_SHA256});
  }
  return rv;
}

class Pkcs11ModuleTest : public testing::Test {
 protected:
  Pkcs11ModuleTest() {
    faults = Faults{.real = &token_.library()->functions()};
    faulty_ = *faults.real;
    faulty_.C_SignInit = faulty_sign_init;
    faulty_.C_Login = faulty_login;
    faulty_.C_GetTokenInfo = faulty_token_info;
    faulty_.C_GetMechanismList = faulty_mechanisms;
  }

  Certificate make_key(const std::string& name, KeyKind kind, CertificateUsage usage) {
    return token_.make_key(name, authority_, {.subject = name, .kind = kind, .usage = usage});
  }
  std::unique_ptr<Pkcs11Module> open(Milliseconds deadline = std::chrono::seconds(10)) {
    token_.leave();
    Pkcs11Settings settings = token_.settings();
    settings.deadline = deadline;
    return std::make_unique<Pkcs11Module>(std::make_shared<Pkcs11Library>(faulty_), settings);
  }

  SoftToken token_;
  TestAuthority authority_;
  CK_FUNCTION_LIST faulty_{};
  const Bytes digest_ = Bytes(32, 7);
};

TEST_F(Pkcs11ModuleTest, ShowsItsSerialAndMechanisms) {
  CLAUSE("五(六)");
  const auto module = open();
  ASSERT_TRUE(module->login());
  const ModuleDescription description = module->description();
  EXPECT_EQ(description.kind, ModuleKind::kHardware);
  EXPECT_EQ(description.label, SoftToken::kLabel);
  EXPECT_EQ(description.serial.size(), 16);
  EXPECT_NE(description.model.find("SoftHSM"), std::string::npos);
  EXPECT_EQ(description.mechanisms.size(), 6);
}

TEST_F(Pkcs11ModuleTest, SignsWithEveryKindOfKey) {
  for (const KeyKind kind : {KeyKind::kEcP256, KeyKind::kEcP384, KeyKind::kRsa}) {
    make_key("sign-" + std::to_string(static_cast<int>(kind)), kind, CertificateUsage::kSign);
  }
  const auto module = open();
  ASSERT_TRUE(module->login());
  ASSERT_EQ(module->keys().size(), 3);
  for (const KeyDescription& key : module->keys()) {
    const Bytes input = signing_input(key.scheme, bytes_of("a document"));
    const auto signature = module->sign(key.name, input);
    ASSERT_TRUE(signature) << signature.refusal().detail;
    EXPECT_TRUE(verify_signature(key.certificate, key.scheme, input, *signature)) << key.name;
  }
}

TEST_F(Pkcs11ModuleTest, SignsWithPkcs1WhereTheTokenCanNotDoPss) {
  const Certificate certificate = make_key("old-card", KeyKind::kRsa, CertificateUsage::kSign);
  faults.without_pss = true;
  const auto module = open();
  ASSERT_TRUE(module->login());
  ASSERT_EQ(module->find("old-card")->scheme, SignatureScheme::kRsaPkcs1Sha256);
  const auto signature = module->sign("old-card", digest_);
  ASSERT_TRUE(signature);
  EXPECT_TRUE(verify_signature(certificate, SignatureScheme::kRsaPkcs1Sha256, digest_, *signature));
}

TEST_F(Pkcs11ModuleTest, OpensWhatWasSealedToItsKeys) {
  for (const KeyKind kind : {KeyKind::kRsa, KeyKind::kEcP256, KeyKind::kEcP384}) {
    make_key("open-" + std::to_string(static_cast<int>(kind)), kind, CertificateUsage::kEncrypt);
  }
  const auto module = open();
  ASSERT_TRUE(module->login());
  ASSERT_EQ(module->keys().size(), 3);
  for (const KeyDescription& description : module->keys()) {
    const auto block = wrap_key(bytes_of("{\"content_key\":1}"), description.certificate);
    ASSERT_TRUE(block);
    KeyInModule key(*module, description);
    const auto opened = unwrap_key(*block, key);
    ASSERT_TRUE(opened) << description.name << " " << opened.refusal().detail;
    EXPECT_EQ(text_of(opened->view()), "{\"content_key\":1}");
  }
}

TEST_F(Pkcs11ModuleTest, AnswersOneAndTheSameForEveryCiphertextItCanNotOpen) {
  make_key("open-rsa", KeyKind::kRsa, CertificateUsage::kEncrypt);
  make_key("open-ec", KeyKind::kEcP256, CertificateUsage::kEncrypt);
  const auto module = open();
  ASSERT_TRUE(module->login());
  for (const Bytes& ciphertext : {Bytes(256, 1), Bytes(255, 1), Bytes(256, 0xff), Bytes()}) {
    EXPECT_EQ(module->decrypt_oaep("open-rsa", ciphertext).reason(), Reason::kUnopenable);
  }
  Bytes off_curve(65, 9);
  off_curve[0] = 4;
  for (const Bytes& point : {off_curve, Bytes(65, 0), Bytes{0}, Bytes()}) {
    EXPECT_EQ(module->agree("open-ec", point).reason(), Reason::kUnopenable);
  }
}

TEST_F(Pkcs11ModuleTest, PrefersTheCertificateOnTheTokenAndRenamesKeys) {
  const Certificate certificate =
      make_key("Vendor Key 1", KeyKind::kEcP256, CertificateUsage::kSign);
  token_.store_certificate("Vendor Key 1", certificate);
  std::filesystem::remove_all(token_.certificates());
  token_.leave();
  Pkcs11Settings settings = token_.settings();
  settings.names = {{"Vendor Key 1", "agency-sign"}};
  Pkcs11Module module(std::make_shared<Pkcs11Library>(faulty_), settings);
  ASSERT_TRUE(module.login());
  ASSERT_EQ(module.keys().size(), 1);
  EXPECT_EQ(module.keys().front().name, "agency-sign");
  EXPECT_TRUE(module.sign("agency-sign", digest_));
}

TEST_F(Pkcs11ModuleTest, NeverOffersAWrongPinTwice) {
  make_key("agency-sign", KeyKind::kEcP256, CertificateUsage::kSign);
  write_private(token_.pin_file(), "000000");
  const auto module = open();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(module->login().reason(), Reason::kTokenLocked);
    EXPECT_EQ(module->sign("agency-sign", digest_).reason(), Reason::kTokenLocked);
  }
  EXPECT_EQ(module->waiting(), Waiting::kPin);
  EXPECT_EQ(faults.logins, 1);

  write_private(token_.pin_file(), SoftToken::kPin);
  EXPECT_TRUE(module->login());
  EXPECT_EQ(module->waiting(), Waiting::kNothing);
  EXPECT_TRUE(module->sign("agency-sign", digest_));
}

TEST_F(Pkcs11ModuleTest, LeavesTheLastTryToThePersonWhoKnowsThePin) {
  make_key("agency-sign", KeyKind::kEcP256, CertificateUsage::kSign);
  faults.token_flags = CKF_USER_PIN_FINAL_TRY;
  const auto module = open();
  EXPECT_EQ(module->login().reason(), Reason::kTokenLocked);
  EXPECT_EQ(module->waiting(), Waiting::kLocked);
  EXPECT_EQ(faults.logins, 0);
}

TEST_F(Pkcs11ModuleTest, SaysThatACardIsLocked) {
  faults.login_answers = CKR_PIN_LOCKED;
  const auto module = open();
  EXPECT_EQ(module->login().reason(), Reason::kTokenLocked);
  EXPECT_EQ(module->waiting(), Waiting::kLocked);
}

TEST_F(Pkcs11ModuleTest, OffersALockedCardItsPinOnceAndAgainWhenItShowsItselfUnlocked) {
  faults.login_answers = CKR_PIN_LOCKED;
  const auto module = open();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(module->login().reason(), Reason::kTokenLocked);
    EXPECT_EQ(module->waiting(), Waiting::kLocked);
  }
  EXPECT_EQ(faults.logins, 1);
  faults.token_flags = CKF_USER_PIN_LOCKED;
  EXPECT_EQ(module->login().reason(), Reason::kTokenLocked);
  EXPECT_EQ(faults.logins, 1);
  faults.token_flags = 0;
  faults.login_answers = CKR_OK;
  EXPECT_TRUE(module->login());
  EXPECT_EQ(faults.logins, 2);
}

TEST_F(Pkcs11ModuleTest, RenewsALostSessionOnce) {
  make_key("agency-sign", KeyKind::kEcP256, CertificateUsage::kSign);
  const auto module = open();
  ASSERT_TRUE(module->login());
  for (const CK_RV lost : {CKR_SESSION_HANDLE_INVALID, CKR_DEVICE_REMOVED, CKR_DEVICE_ERROR}) {
    faults.sign_answers = lost;
    EXPECT_TRUE(module->sign("agency-sign", digest_)) << lost;
  }
  EXPECT_EQ(faults.logins, 4);
}

TEST_F(Pkcs11ModuleTest, WaitsForACardThatWasPulledAndGoesOnWhenItIsBack) {
  make_key("agency-sign", KeyKind::kEcP256, CertificateUsage::kSign);
  const auto module = open();
  ASSERT_TRUE(module->login());
  faults.removed = true;
  faults.sign_answers = CKR_DEVICE_REMOVED;
  EXPECT_EQ(module->sign("agency-sign", digest_).reason(), Reason::kTokenLocked);
  EXPECT_EQ(module->waiting(), Waiting::kRemoved);
  EXPECT_TRUE(module->keys().empty());
  faults.removed = false;
  EXPECT_TRUE(module->login());
  EXPECT_TRUE(module->sign("agency-sign", digest_));
}

TEST_F(Pkcs11ModuleTest, GivesUpOnACallThatDoesNotComeBack) {
  make_key("agency-sign", KeyKind::kEcP256, CertificateUsage::kSign);
  const auto module = open(std::chrono::milliseconds(200));
  ASSERT_TRUE(module->login());
  faults.slow = std::chrono::milliseconds(700);
  EXPECT_EQ(module->sign("agency-sign", digest_).reason(), Reason::kKeyholderUnavailable);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(module->waiting(), Waiting::kSilent);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(module->sign("agency-sign", digest_).reason(), Reason::kKeyholderUnavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(150));
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  faults.slow = Milliseconds(0);
  EXPECT_EQ(module->waiting(), Waiting::kNothing);
  EXPECT_TRUE(module->sign("agency-sign", digest_));
}

TEST_F(Pkcs11ModuleTest, ServesManyThreadsAtOnce) {
  const Certificate certificate = make_key("sign", KeyKind::kEcP256, CertificateUsage::kSign);
  const auto module = open();
  ASSERT_TRUE(module->login());
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i) {
          const auto signature = module->sign("sign", digest_);
          right += signature && verify_signature(certificate, SignatureScheme::kEcdsaSha256,
                                                 digest_, *signature);
        }
      });
    }
  }
  EXPECT_EQ(right, 400);
}

}  // namespace
}  // namespace yizhan
