#include "ground/keys/software_module.h"

#include <gtest/gtest.h>

#include "tests/support/clause.h"
#include "tests/support/key_folder.h"

namespace yizhan {
namespace {

class SoftwareModuleTest : public testing::Test {
 protected:
  SoftwareModuleTest() { write_private(folder_ / "passphrase", "correct horse\n"); }

  SoftwareKey put(const std::string& name, KeyKind kind, CertificateUsage usage) {
    const SoftwareKey key = authority_.issue({.subject = name, .kind = kind, .usage = usage});
    put_key(folder_ / "keys", name, key, "correct horse");
    return key;
  }
  SoftwareModule open() {
    return SoftwareModule({.folder = folder_ / "keys",
                           .passphrase_file = folder_ / "passphrase",
                           .label = "module",
                           .serial = "SW-0001"});
  }

  TemporaryFolder folder_;
  TestAuthority authority_;
};

TEST_F(SoftwareModuleTest, KeepsKeysEncryptedAtRest) {
  const SoftwareKey key = put("agency-sign", KeyKind::kEcP256, CertificateUsage::kSign);
  const std::string at_rest = read_file(folder_ / "keys" / "agency-sign.key");
  EXPECT_NE(at_rest.find("BEGIN ENCRYPTED PRIVATE KEY"), std::string::npos);
  const SecretBytes clear = key.private_key().pem({});
  const std::string_view body = text_of(clear.view()).substr(28, 60);
  EXPECT_EQ(at_rest.find(body), std::string::npos);
}

TEST_F(SoftwareModuleTest, WaitsForTheRightPassphrase) {
  put("agency-sign", KeyKind::kEcP256, CertificateUsage::kSign);
  write_private(folder_ / "passphrase", "wrong horse");
  SoftwareModule module = open();
  EXPECT_EQ(module.login().reason(), Reason::kTokenLocked);
  EXPECT_EQ(module.waiting(), Waiting::kPin);
  EXPECT_EQ(module.sign("agency-sign", Bytes(32)).reason(), Reason::kTokenLocked);

  write_private(folder_ / "passphrase", "correct horse");
  EXPECT_TRUE(module.login());
  EXPECT_EQ(module.waiting(), Waiting::kNothing);
  EXPECT_TRUE(module.sign("agency-sign", Bytes(32)));
}

TEST_F(SoftwareModuleTest, RefusesAPassphraseThatEverybodyMayRead) {
  put("agency-sign", KeyKind::kEcP256, CertificateUsage::kSign);
  std::filesystem::permissions(folder_ / "passphrase", std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  SoftwareModule module = open();
  EXPECT_EQ(module.login().reason(), Reason::kTokenLocked);
}

TEST_F(SoftwareModuleTest, RefusesAKeyInTheClearAndHoldsTheOthers) {
  put("agency-sign", KeyKind::kEcP256, CertificateUsage::kSign);
  const SoftwareKey clear = put("careless", KeyKind::kEcP256, CertificateUsage::kSign);
  const SecretBytes pem = clear.private_key().pem({});
  write_private(folder_ / "keys" / "careless.key", text_of(pem.view()));
  SoftwareModule module = open();
  const auto login = module.login();
  ASSERT_FALSE(login);
  EXPECT_NE(login.refusal().detail.find("careless.key"), std::string::npos);
  EXPECT_FALSE(module.find("careless"));
  EXPECT_TRUE(module.find("agency-sign"));
}

TEST_F(SoftwareModuleTest, SignsWithEveryKindOfKey) {
  for (const KeyKind kind :
       {KeyKind::kEcP256, KeyKind::kEcP384, KeyKind::kRsa, KeyKind::kEd25519}) {
    const std::string name = "sign-" + std::to_string(static_cast<int>(kind));
    const SoftwareKey key = put(name, kind, CertificateUsage::kSign);
    SoftwareModule module = open();
    ASSERT_TRUE(module.login());
    const Bytes input = signing_input(key.scheme(), bytes_of("a document"));
    const auto signature = module.sign(name, input);
    ASSERT_TRUE(signature) << name;
    EXPECT_TRUE(verify_signature(key.certificate(), key.scheme(), input, *signature)) << name;
  }
}

TEST_F(SoftwareModuleTest, OpensWhatWasSealedToItsKeys) {
  for (const KeyKind kind : {KeyKind::kRsa, KeyKind::kEcP256, KeyKind::kEcP384}) {
    const std::string name = "open-" + std::to_string(static_cast<int>(kind));
    const SoftwareKey key = put(name, kind, CertificateUsage::kEncrypt);
    SoftwareModule module = open();
    ASSERT_TRUE(module.login());
    const KeyDescription description = module.find(name).value();
    EXPECT_EQ(description.operations,
              std::set{kind == KeyKind::kRsa ? KeyOperation::kDecryptOaep : KeyOperation::kAgree});
    const auto block = wrap_key(bytes_of("{\"content_key\":1}"), key.certificate());
    ASSERT_TRUE(block);
    KeyInModule held(module, description);
    const auto opened = unwrap_key(*block, held);
    ASSERT_TRUE(opened) << name;
    EXPECT_EQ(text_of(opened->view()), "{\"content_key\":1}");
  }
}

TEST_F(SoftwareModuleTest, AnswersOneAndTheSameForWhatItCanNotOpen) {
  put("open-rsa", KeyKind::kRsa, CertificateUsage::kEncrypt);
  put("open-ec", KeyKind::kEcP256, CertificateUsage::kEncrypt);
  SoftwareModule module = open();
  ASSERT_TRUE(module.login());
  for (const Bytes& ciphertext : {Bytes(384, 1), Bytes(383, 1), Bytes(384, 0xff), Bytes()}) {
    EXPECT_EQ(module.decrypt_oaep("open-rsa", ciphertext).reason(), Reason::kUnopenable);
  }
  for (const Bytes& point : {Bytes(65, 4), Bytes(65, 0), Bytes{0}, Bytes()}) {
    EXPECT_EQ(module.agree("open-ec", point).reason(), Reason::kUnopenable);
  }
}

TEST_F(SoftwareModuleTest, SignsOnlyInputOfTheRightLength) {
  put("agency-sign", KeyKind::kEcP256, CertificateUsage::kSign);
  SoftwareModule module = open();
  ASSERT_TRUE(module.login());
  EXPECT_EQ(module.sign("agency-sign", Bytes(31)).reason(), Reason::kMalformed);
  EXPECT_EQ(module.sign("nobody", Bytes(32)).reason(), Reason::kKeyUnknown);
}

TEST_F(SoftwareModuleTest, FindsARenewedCertificateAtTheNextLogin) {
  put("agency-sign", KeyKind::kEcP256, CertificateUsage::kSign);
  SoftwareModule module = open();
  ASSERT_TRUE(module.login());
  const SoftwareKey renewed = put("agency-sign", KeyKind::kEcP256, CertificateUsage::kSign);
  ASSERT_TRUE(module.login());
  EXPECT_EQ(module.find("agency-sign")->certificate, renewed.certificate());
}

}  // namespace
}  // namespace yizhan
