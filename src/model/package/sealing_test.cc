#include "model/package/sealing.h"

#include <gtest/gtest.h>

#include "tests/support/small_package.h"

namespace yizhan {
namespace {

class SealingTest : public ::testing::Test {
 protected:
  Result<SealedPackage> seal() {
    const Directory directory = exchange_.directory();
    const Bytes document = copy_of(bytes_of("<函/>"));
    const FileHandle parts[] = {file_of(document)};
    FileHandle cipher = memory_file("cipher");
    SealingOrder order{.directory = directory,
                       .policy = policy_,
                       .sender = exchange_.a.code,
                       .document = DocumentId::generate(kTestNow),
                       .recipients = {{exchange_.b.addressee(), CopyKind::kOriginal}},
                       .with_attachments = true,
                       .manifest = {{}, "主旨", "1150001", "函", "", {}},
                       .now = kTestNow};
    order.manifest.parts = {
        {"di.xml", "application/xml", PartKind::kDi, document.size(), sha256(document)}};
    return seal_package(std::move(order), parts, exchange_.a.sign, cipher);
  }

  SmallExchange exchange_;
  CryptoPolicy policy_;
};

TEST_F(SealingTest, WrapsNothingForAKeyThatPolicyCallsTooShort) {
  const SoftwareKey rsa = exchange_.authority.issue(
      {.subject = "b", .kind = KeyKind::kRsa, .usage = CertificateUsage::kEncrypt});
  Certificates& certificates = exchange_.registered(exchange_.b).certificates;
  certificates[1] = SmallExchange::certificate(Purpose::kEncrypt, rsa);
  EXPECT_TRUE(seal().ok());
  policy_.rsa_bits_min = 4096;
  EXPECT_EQ(seal().reason(), Reason::kAlgorithmRefused);
}

}  // namespace
}  // namespace yizhan
