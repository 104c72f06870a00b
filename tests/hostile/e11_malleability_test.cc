#include <openssl/bn.h>
#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/x509.h>

#include "tests/hostile/stage.h"

// E11: from one ECDSA signature (r, s) anybody makes another, (r, n−s), that every library takes.
// A message must not get a second name by it.

namespace yizhan {
namespace {

// n of P-256 (FIPS 186-4 D.1.2.3).
constexpr const char* kOrder = "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551";

struct Cms {
  explicit Cms(const Bytes& der) {
    const unsigned char* at = der.data();
    parsed = d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(der.size()));
    YZ_ASSERT(parsed != nullptr);
  }
  ~Cms() { CMS_ContentInfo_free(parsed); }
  Cms(const Cms&) = delete;
  Cms& operator=(const Cms&) = delete;

  [[nodiscard]] ASN1_OCTET_STRING* signature() const {
    return CMS_SignerInfo_get0_signature(sk_CMS_SignerInfo_value(
        CMS_get0_SignerInfos(parsed), 0));
  }
  [[nodiscard]] Bytes der() const {
    unsigned char* out = nullptr;
    const int size = i2d_CMS_ContentInfo(parsed, &out);
    Bytes bytes(out, out + size);
    OPENSSL_free(out);
    return bytes;
  }

  CMS_ContentInfo* parsed;
};

Bytes twin_of(const Bytes& signed_message) {
  const Cms cms(signed_message);
  const unsigned char* at = ASN1_STRING_get0_data(cms.signature());
  ECDSA_SIG* pair = d2i_ECDSA_SIG(nullptr, &at, ASN1_STRING_length(cms.signature()));
  BIGNUM* order = nullptr;
  BN_hex2bn(&order, kOrder);
  BIGNUM* twin = BN_new();
  BN_sub(twin, order, ECDSA_SIG_get0_s(pair));
  ECDSA_SIG_set0(pair, BN_dup(ECDSA_SIG_get0_r(pair)), twin);
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair, &der);
  ASN1_OCTET_STRING_set(cms.signature(), der, size);
  OPENSSL_free(der);
  BN_free(order);
  ECDSA_SIG_free(pair);
  return cms.der();
}

bool openssl_verifies(const Bytes& signed_message) {
  const Cms cms(signed_message);
  return CMS_verify(cms.parsed, nullptr, nullptr, nullptr, nullptr,
                    CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY) == 1;
}

class E11Malleability : public ::testing::Test {
 protected:
  Stage stage_;
  SmallExchange& exchange_ = stage_.exchange;
  TestPackage package_ = seal_letter(exchange_);
};

TEST_F(E11Malleability, OfAHeadersSignatureIsRefusedEverywhereThoughOpensslTakesTheTwin) {
  const Bytes twin = twin_of(package_.sealed.cms);
  ASSERT_NE(twin, package_.sealed.cms);
  ASSERT_TRUE(openssl_verifies(package_.sealed.cms));
  ASSERT_TRUE(openssl_verifies(twin)) << "the control run: the twin is valid ECDSA";
  EXPECT_EQ(twin_of(twin), package_.sealed.cms);

  Envelope envelope = package_.with_body();
  envelope.header = twin;
  envelope.application_id = "twin";
  const std::string refused = stage_.admitted(envelope);
  EXPECT_TRUE(refused == "bad_signature" || refused == "malformed") << refused;
  ScanOrder order = Stage::order_of_first(package_);
  order.header = twin;
  EXPECT_EQ(stage_.scanned(order, package_.body), "none " + refused);
  Consigned consigned = stage_.consign(package_, exchange_.b);
  consigned.consignment.header = twin;
  EXPECT_EQ(stage_.opened(consigned), refused);
  EXPECT_EQ(stage_.admitted(package_.with_body()), "accepted");
}

TEST_F(E11Malleability, OfEvidenceMakesItNoEvidence) {
  Consigned consigned = stage_.consign(package_, exchange_.b);
  for (Bytes& evidence : consigned.consignment.evidence) {
    const Bytes kept = evidence;
    evidence = twin_of(kept);
    ASSERT_TRUE(openssl_verifies(evidence));
    EXPECT_EQ(stage_.opened(consigned), "verdict_missing");
    evidence = kept;
  }
  EXPECT_EQ(stage_.opened(consigned), "ok");
}

// What the sender's own key can do: sign the same again. Another header, but the same message.
TEST_F(E11Malleability, BySigningAgainHasOneEffect) {
  ASSERT_EQ(stage_.admitted(package_.with_body()), "accepted");
  const SealedHeader again =
      seal_header(package_.sealed.header, exchange_.a.sign, kTestNow).value();
  ASSERT_NE(again.sha256, package_.sealed.sha256);
  Envelope envelope = package_.with_body();
  envelope.header = again.cms;
  envelope.application_id = "again";
  EXPECT_EQ(stage_.admitted(envelope), "replayed");
  EXPECT_EQ(stage_.centre.count_evidence(package_, "A.1"), 1);
  Consigned consigned = stage_.consign(package_, exchange_.b);
  EXPECT_EQ(stage_.opened(consigned, again.sha256), "replayed");
}

}  // namespace
}  // namespace yizhan
