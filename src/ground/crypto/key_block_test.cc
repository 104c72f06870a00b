#include "ground/crypto/key_block.h"

#include <gtest/gtest.h>

#include "tests/support/openssl_command.h"
#include "tests/support/pki.h"

namespace yizhan {
namespace {

const std::string kJson = "{\"message_id\":\"x\",\"content_key\":\"eQ==\"}";

std::string verdict(ByteView block, DecryptionKey& key) {
  const auto result = unwrap_key(block, key);
  return result.ok() ? std::string(text_of(result->view())) : std::string(code_of(result.reason()));
}

const std::string kUnopenableCode(code_of(Reason::kUnopenable));

class KeyBlockOf : public testing::TestWithParam<KeyKind> {
 protected:
  SoftwareKey issue() {
    return authority_.issue(
        {.subject = "收文機關", .kind = GetParam(), .usage = CertificateUsage::kEncrypt});
  }
  Bytes wrap() { return wrap_key(bytes_of(kJson), key_.certificate()).value(); }
  // `openssl cms -encrypt` with our parameters, then what is given.
  Bytes openssl_block(const std::vector<std::string>& more) {
    OpensslCommand openssl;
    openssl.write("content", bytes_of(kJson));
    openssl.write("to.pem", bytes_of(key_.certificate().pem()));
    std::vector<std::string> command = {"cms",      "-encrypt", "-binary", "-in",  "content",
                                        "-outform", "DER",      "-out",    "block"};
    command.insert(command.end(), more.begin(), more.end());
    EXPECT_TRUE(openssl.run(command)) << openssl.log();
    return openssl.read("block");
  }
  std::vector<std::string> parameters() const {
    return GetParam() == KeyKind::kRsa
               ? std::vector<std::string>{"-recip",  "to.pem",
                                          "-keyopt", "rsa_padding_mode:oaep",
                                          "-keyopt", "rsa_oaep_md:sha256",
                                          "-keyopt", "rsa_mgf1_md:sha256"}
               : std::vector<std::string>{"-recip", "to.pem", "-keyopt", "ecdh_kdf_md:sha256"};
  }
  static std::vector<std::string> with(std::vector<std::string> first,
                                       const std::vector<std::string>& second) {
    first.insert(first.begin(), second.begin(), second.end());
    return first;
  }

  TestAuthority authority_;
  SoftwareKey key_ = issue();
};

INSTANTIATE_TEST_SUITE_P(EveryKind, KeyBlockOf,
                         testing::Values(KeyKind::kRsa, KeyKind::kEcP256, KeyKind::kEcP384));

TEST_P(KeyBlockOf, ItsOwnerAloneReadsIt) {
  EXPECT_EQ(verdict(wrap(), key_), kJson);
  SoftwareKey other = issue();
  EXPECT_EQ(verdict(wrap(), other), kUnopenableCode);
}

TEST_P(KeyBlockOf, OpensslReadsOurs) {
  OpensslCommand openssl;
  openssl.write("block", wrap());
  openssl.write("to.pem", bytes_of(key_.certificate().pem()));
  openssl.write("key.pem", key_.private_key().pem({}).view());
  EXPECT_TRUE(openssl.run({"cms", "-decrypt", "-inform", "DER", "-in", "block", "-binary", "-recip",
                           "to.pem", "-inkey", "key.pem", "-out", "content"}))
      << openssl.log();
  EXPECT_EQ(text_of(openssl.read("content")), kJson);
}

TEST_P(KeyBlockOf, OursIsReadFromOpenssl) {
  EXPECT_EQ(verdict(openssl_block(with(parameters(), {"-aes-256-gcm"})), key_), kJson);
}

TEST_P(KeyBlockOf, OtherAlgorithmsAreRefused) {
  const std::vector<std::vector<std::string>> forms = {
      with(parameters(), {"-aes-256-cbc"}),  // EnvelopedData
      with(parameters(), {"-aes-128-gcm"}),
      with(parameters(), {"-aes-192-gcm"}),
      with(parameters(), {"-aes-256-gcm", "-keyid"}),
      with(parameters(), {"-aes-256-gcm", "-stream"}),  // indefinite lengths
      {"-aes-256-gcm", "-recip", "to.pem"},             // PKCS#1 v1.5, or SHA-1 in the KDF
  };
  for (const auto& form : forms) EXPECT_EQ(verdict(openssl_block(form), key_), kUnopenableCode);
}

TEST_P(KeyBlockOf, ASecondRecipientIsRefused) {
  std::vector<std::string> two = with(parameters(), parameters());
  EXPECT_EQ(verdict(openssl_block(with(two, {"-aes-256-gcm"})), key_), kUnopenableCode);
}

TEST_P(KeyBlockOf, EveryOneByteChangeIsRefused) {
  const Bytes block = wrap();
  for (std::size_t at = 0; at < block.size(); ++at) {
    Bytes changed = block;
    changed[at] ^= 0x01;
    EXPECT_EQ(verdict(changed, key_), kUnopenableCode) << "octet " << at;
  }
}

TEST_P(KeyBlockOf, EveryTruncationAndExtensionIsRefused) {
  Bytes block = wrap();
  for (std::size_t length = 0; length < block.size(); ++length) {
    EXPECT_EQ(verdict(ByteView(block).first(length), key_), kUnopenableCode);
  }
  block.push_back(0);
  EXPECT_EQ(verdict(block, key_), kUnopenableCode);
}

TEST_P(KeyBlockOf, MoreThanEightKibibytesAreRefused) {
  const Bytes block = wrap_key(Bytes(kKeyBlockMax, 'x'), key_.certificate()).value();
  EXPECT_EQ(verdict(block, key_), kUnopenableCode);
}

TEST(KeyBlock, NobodyCanWrapForEd25519) {
  TestAuthority authority;
  const SoftwareKey key = authority.issue({.subject = "a", .kind = KeyKind::kEd25519});
  EXPECT_EQ(wrap_key(bytes_of(kJson), key.certificate()).reason(), Reason::kAlgorithmRefused);
}

// That the keyholder is away says nothing about the block.
class AbsentKey final : public DecryptionKey {
 public:
  explicit AbsentKey(Certificate certificate) : certificate_(std::move(certificate)) {}
  [[nodiscard]] const Certificate& certificate() const override { return certificate_; }
  [[nodiscard]] Result<SecretBytes> decrypt_oaep(ByteView) override {
    return Reason::kKeyholderUnavailable;
  }
  [[nodiscard]] Result<SecretBytes> agree(ByteView) override { return Reason::kTokenLocked; }

 private:
  Certificate certificate_;
};

TEST(KeyBlock, AModuleThatCanNotBeAskedIsNamed) {
  TestAuthority authority;
  const auto named = [&](KeyKind kind) {
    AbsentKey key(authority.issue({.subject = "a", .kind = kind}).certificate());
    return unwrap_key(wrap_key(bytes_of(kJson), key.certificate()).value(), key).reason();
  };
  EXPECT_EQ(named(KeyKind::kRsa), Reason::kKeyholderUnavailable);
  EXPECT_EQ(named(KeyKind::kEcP256), Reason::kTokenLocked);
}

}  // namespace
}  // namespace yizhan
