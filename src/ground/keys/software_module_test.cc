#include "ground/keys/software_module.h"

#include <gtest/gtest.h>

#include "tests/support/clause.h"
#include "tests/support/key_folder.h"
#include "tests/support/openssl_command.h"

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

  // DER SubjectPublicKeyInfo, as openssl reads it.
  static Bytes public_key_in(const Bytes& request) {
    OpensslCommand openssl;
    openssl.write("request.csr", bytes_of(request_pem(request)));
    EXPECT_TRUE(openssl.run({"req", "-in", "request.csr", "-pubkey", "-noout", "-out", "k.pem"}));
    EXPECT_TRUE(
        openssl.run({"pkey", "-pubin", "-in", "k.pem", "-outform", "DER", "-out", "k.der"}));
    return openssl.read("k.der");
  }
  Certificate certify(const Bytes& request, CertificateUsage usage) {
    return authority_.certify({.subject = "next", .usage = usage}, public_key_in(request));
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

// Both at once: what was sealed to the old key is opened while others seal to the new.
TEST_F(SoftwareModuleTest, KeepsTheOldKeyBesideTheNext) {
  const SoftwareKey old = put("encrypt", KeyKind::kEcP256, CertificateUsage::kEncrypt);
  SoftwareModule module = open();
  ASSERT_TRUE(module.login());
  const auto next = module.prepare("encrypt");
  ASSERT_TRUE(next) << next.refusal().detail;
  EXPECT_EQ(next->name, "encrypt@2");
  EXPECT_FALSE(module.find("encrypt@2")) << "without its certificate it is of no use";
  const std::string at_rest = read_file(folder_ / "keys" / "encrypt@2.next");
  EXPECT_NE(at_rest.find("BEGIN ENCRYPTED PRIVATE KEY"), std::string::npos);

  const Certificate certificate = certify(next->request, CertificateUsage::kEncrypt);
  EXPECT_EQ(module.install("encrypt", certificate).value(), "encrypt@2");
  const SecretBytes secret = secret_of("content key of 32 octets, or so..");
  for (const Certificate& sealed_to : {old.certificate(), certificate}) {
    const Bytes block = wrap_key(secret.view(), sealed_to).value();
    const std::string name = sealed_to == certificate ? "encrypt@2" : "encrypt";
    KeyInModule key(module, module.find(name).value());
    const auto opened = unwrap_key(block, key);
    ASSERT_TRUE(opened) << name;
    EXPECT_TRUE(std::ranges::equal(opened->view(), secret.view()));
  }
  // And after a restart; the one after it is the third.
  SoftwareModule again = open();
  ASSERT_TRUE(again.login());
  EXPECT_TRUE(again.find("encrypt") && again.find("encrypt@2"));
  EXPECT_EQ(again.prepare("encrypt@2").value().name, "encrypt@3");
}

TEST_F(SoftwareModuleTest, AsksTwiceForOneKeyAlsoAfterARestart) {
  put("sign", KeyKind::kEcP384, CertificateUsage::kSign);
  SoftwareModule module = open();
  ASSERT_TRUE(module.login());
  const Bytes first = public_key_in(module.prepare("sign").value().request);
  EXPECT_EQ(public_key_in(module.prepare("sign").value().request), first);
  SoftwareModule again = open();
  ASSERT_TRUE(again.login()) << "a key that waits is no fault";
  EXPECT_EQ(public_key_in(again.prepare("sign").value().request), first);
}

TEST_F(SoftwareModuleTest, RefusesACertificateForAnotherKey) {
  put("sign", KeyKind::kEcP256, CertificateUsage::kSign);
  const SoftwareKey other = authority_.issue({.subject = "sign"});
  SoftwareModule module = open();
  ASSERT_TRUE(module.login());
  EXPECT_EQ(module.install("sign", other.certificate()).reason(),
            Reason::kCertificateUnregistered);
  ASSERT_TRUE(module.prepare("sign"));
  EXPECT_EQ(module.install("sign", other.certificate()).reason(),
            Reason::kCertificateUnregistered);
  EXPECT_EQ(module.prepare("nobody").reason(), Reason::kKeyUnknown);
}

// openssl says what the request asks for, and that the new key itself has signed it.
TEST_F(SoftwareModuleTest, AsksForWhatTheOldCertificateSays) {
  for (const KeyKind kind :
       {KeyKind::kEcP256, KeyKind::kEcP384, KeyKind::kRsa, KeyKind::kEd25519}) {
    const std::string name = "sign-" + std::to_string(static_cast<int>(kind));
    put(name, kind, CertificateUsage::kSign);
    SoftwareModule module = open();
    ASSERT_TRUE(module.login());
    OpensslCommand openssl;
    openssl.write("request.csr", bytes_of(request_pem(module.prepare(name).value().request)));
    EXPECT_TRUE(openssl.run({"req", "-in", "request.csr", "-verify", "-text"})) << name;
    EXPECT_NE(openssl.log().find("CN = " + name), std::string::npos) << openssl.log();
    EXPECT_NE(openssl.log().find("Digital Signature"), std::string::npos) << openssl.log();
  }
}

TEST(KeyNames, HaveOneWayToWriteAGeneration) {
  for (const char* good : {"sign", "sign@2", "a-b_c.d@999"}) EXPECT_TRUE(is_key_name(good)) << good;
  for (const char* bad : {"", "@2", "sign@", "sign@1", "sign@02", "sign@1000", "sign@2@3", "sign@x",
                          "Sign", ".sign"}) {
    EXPECT_FALSE(is_key_name(bad)) << bad;
  }
  EXPECT_EQ(base_name("sign@12"), "sign");
  EXPECT_EQ(generation_of("sign@12"), 12);
  EXPECT_EQ(generation_of("sign"), 1);
}

}  // namespace
}  // namespace yizhan
