#include "ground/crypto/certificate.h"

#include <gtest/gtest.h>
#include <openssl/x509.h>

#include "tests/support/pki.h"

namespace yizhan {
namespace {

constexpr KeyKind kAllKinds[] = {KeyKind::kRsa, KeyKind::kEcP256, KeyKind::kEcP384,
                                 KeyKind::kEd25519};

// A self-signed certificate as a careless tool would make it.
Bytes self_signed(EVP_PKEY* key, const EVP_MD* digest) {
  X509* made = X509_new();
  X509_set_version(made, X509_VERSION_3);
  X509_gmtime_adj(X509_getm_notBefore(made), 0);
  X509_gmtime_adj(X509_getm_notAfter(made), 1000);
  X509_set_pubkey(made, key);
  EXPECT_GT(X509_sign(made, key, digest), 0);
  unsigned char* der = nullptr;
  const int length = i2d_X509(made, &der);
  Bytes bytes(der, der + length);
  OPENSSL_free(der);
  X509_free(made);
  EVP_PKEY_free(key);
  return bytes;
}

TEST(Certificate, TellsWhatStandsInIt) {
  TestAuthority authority;
  for (const KeyKind kind : kAllKinds) {
    const CertificateRequest request{.subject = "行政院", .kind = kind};
    const Certificate certificate = authority.issue(request).certificate();
    EXPECT_EQ(certificate.subject(), "CN=行政院,C=TW");
    EXPECT_EQ(certificate.key_kind(), kind);
    EXPECT_EQ(certificate.not_before(), request.not_before);
    EXPECT_EQ(certificate.not_after(), request.not_after);
    EXPECT_EQ(certificate.sha256(), sha256(certificate.der()));
    EXPECT_EQ(certificate.serial().size(), 32U);
    EXPECT_TRUE(certificate.allows_signature());
    EXPECT_FALSE(certificate.allows_key_transport());
    EXPECT_EQ(Certificate::parse_pem(certificate.pem()).value(), certificate);
  }
}

TEST(Certificate, KeyTransportNeedsTheKeyUsageOfItsKind) {
  TestAuthority authority;
  for (const KeyKind kind : {KeyKind::kRsa, KeyKind::kEcP256, KeyKind::kEcP384}) {
    const SoftwareKey key =
        authority.issue({.subject = "a", .kind = kind, .usage = CertificateUsage::kEncrypt});
    EXPECT_TRUE(key.certificate().allows_key_transport());
    EXPECT_FALSE(key.certificate().allows_signature());
  }
}

TEST(Certificate, EveryChangeOfLengthOrFormIsMalformed) {
  TestAuthority authority;
  const Bytes der = copy_of(authority.issue({.subject = "a"}).certificate().der());
  Bytes longer = der;
  longer.push_back(0);
  EXPECT_EQ(Certificate::parse(longer).reason(), Reason::kMalformed);
  for (std::size_t length = 0; length < der.size(); length += 7) {
    EXPECT_FALSE(Certificate::parse(ByteView(der).first(length)).ok());
  }
  EXPECT_EQ(Certificate::parse(Bytes(16 * 1024 + 1, 0x30)).reason(), Reason::kMalformed);
  // BER: the outer length in one octet more than needed.
  ASSERT_EQ(der[1], 0x82);
  Bytes loose = {0x30, 0x83, 0x00, der[2], der[3]};
  append(loose, ByteView(der).subspan(4));
  EXPECT_EQ(Certificate::parse(loose).reason(), Reason::kMalformed);
  // BER: indefinite length.
  Bytes indefinite = {0x30, 0x80};
  append(indefinite, ByteView(der).subspan(4));
  append(indefinite, Bytes{0x00, 0x00});
  EXPECT_EQ(Certificate::parse(indefinite).reason(), Reason::kMalformed);
}

TEST(Certificate, WeakOrUnknownKeysAndDigestsAreRefused) {
  const auto reason = [](EVP_PKEY* key, const EVP_MD* digest) {
    const auto parsed = Certificate::parse(self_signed(key, digest));
    return parsed.ok() ? std::string("taken") : std::string(code_of(parsed.reason()));
  };
  const auto rsa = [](std::size_t bits) {
    return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits);
  };
  const auto ec = [](const char* curve) {
    return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve);
  };
  EXPECT_EQ(reason(ec("P-256"), EVP_sha256()), "taken");
  EXPECT_EQ(reason(ec("P-256"), EVP_sha1()), code_of(Reason::kAlgorithmRefused));
  EXPECT_EQ(reason(rsa(2048), EVP_md5()), code_of(Reason::kAlgorithmRefused));
  EXPECT_EQ(reason(rsa(1024), EVP_sha256()), code_of(Reason::kAlgorithmRefused));
  EXPECT_EQ(reason(ec("secp256k1"), EVP_sha256()), code_of(Reason::kAlgorithmRefused));
  EXPECT_EQ(reason(ec("P-521"), EVP_sha256()), code_of(Reason::kAlgorithmRefused));
  EXPECT_EQ(reason(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448"), nullptr),
            code_of(Reason::kAlgorithmRefused));
}

TEST(Certificate, APemWithoutCertificateIsMalformed) {
  EXPECT_EQ(Certificate::parse_pem("nothing here").reason(), Reason::kMalformed);
  const Bytes empty_file;
  EXPECT_EQ(Certificate::parse_pem(text_of(empty_file)).reason(), Reason::kMalformed);
  EXPECT_TRUE(parse_pem_bundle(text_of(empty_file)).value().empty());
  EXPECT_TRUE(parse_pem_bundle("").value().empty());
  TestAuthority authority;
  const auto bundle =
      parse_pem_bundle(authority.root().pem() + "text\n" + authority.intermediate().pem());
  EXPECT_EQ(bundle.value(), (std::vector{authority.root(), authority.intermediate()}));
  std::string broken = authority.root().pem();
  broken[100] = '!';
  EXPECT_EQ(parse_pem_bundle(broken).reason(), Reason::kMalformed);
}

}  // namespace
}  // namespace yizhan
