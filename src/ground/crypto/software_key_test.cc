#include "ground/crypto/software_key.h"

#include <thread>

#include <gtest/gtest.h>

#include "ground/crypto/policy.h"
#include "ground/crypto/signature.h"
#include "tests/support/pki.h"

namespace yizhan {
namespace {

constexpr KeyKind kAllKinds[] = {KeyKind::kRsa, KeyKind::kEcP256, KeyKind::kEcP384,
                                 KeyKind::kEd25519};

SecretBytes passphrase(std::string_view text) { return SecretBytes(copy_of(bytes_of(text))); }

TEST(SoftwareKey, EveryKindSignsAndOnlyItsOwnMessageVerifies) {
  TestAuthority authority;
  for (const KeyKind kind : kAllKinds) {
    SoftwareKey key = authority.issue({.subject = "a", .kind = kind});
    const Bytes input = signing_input(key.scheme(), bytes_of("message"));
    const Bytes other = signing_input(key.scheme(), bytes_of("messagf"));
    const Bytes signature = key.sign(input, KeyUse::kLog).value();
    EXPECT_TRUE(verify_signature(key.certificate(), key.scheme(), input, signature).ok());
    EXPECT_EQ(verify_signature(key.certificate(), key.scheme(), other, signature).reason(),
              Reason::kBadSignature);
    EXPECT_EQ(verify_signature(authority.issue({.subject = "a", .kind = kind}).certificate(),
                               key.scheme(), input, signature)
                  .reason(),
              Reason::kBadSignature);
  }
}

TEST(SoftwareKey, PssAndPkcs1AreNotTakenForEachOther) {
  TestAuthority authority;
  SoftwareKey pss = authority.issue({.subject = "a", .kind = KeyKind::kRsa});
  SoftwareKey pkcs1 =
      SoftwareKey::make(pss.private_key(), pss.certificate(), SignatureScheme::kRsaPkcs1Sha256)
          .value();
  const Bytes input = signing_input(SignatureScheme::kRsaPssSha256, bytes_of("m"));
  const Bytes signature = pkcs1.sign(input, KeyUse::kTls).value();
  EXPECT_TRUE(
      verify_signature(pss.certificate(), SignatureScheme::kRsaPkcs1Sha256, input, signature).ok());
  EXPECT_EQ(verify_signature(pss.certificate(), SignatureScheme::kRsaPssSha256, input, signature)
                .reason(),
            Reason::kBadSignature);
  EXPECT_EQ(
      verify_signature(pss.certificate(), SignatureScheme::kEcdsaSha256, input, signature).reason(),
      Reason::kAlgorithmRefused);
}

// s' = n − s verifies in plain ECDSA; here it must not.
TEST(SoftwareKey, SignaturesHaveLowSAndTheirTwinsAreRefused) {
  TestAuthority authority;
  SoftwareKey key = authority.issue({.subject = "a"});
  const Bytes order =
      from_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551").value();
  for (int round = 0; round < 20; ++round) {
    const Bytes input = signing_input(key.scheme(), Bytes(1, static_cast<std::uint8_t>(round)));
    const Bytes signature = key.sign(input, KeyUse::kDocument).value();
    // SEQUENCE { INTEGER r, INTEGER s }; s as 32 octets.
    const std::size_t r_length = signature[3];
    ByteView s = ByteView(signature).subspan(4 + r_length + 2);
    Bytes padded(32 - std::min<std::size_t>(32, s.size()), 0);
    append(padded, s);
    ASSERT_LT(padded[0], 0x80) << "high S";
    Bytes twin_s(32);
    int borrow = 0;
    for (std::size_t i = 32; i-- > 0;) {
      const int difference = order[i] - padded[i] - borrow;
      borrow = difference < 0 ? 1 : 0;
      twin_s[i] = static_cast<std::uint8_t>(difference + 256 * borrow);
    }
    Bytes twin = {0x30, static_cast<std::uint8_t>(4 + r_length + 33)};
    append(twin, ByteView(signature).subspan(2, 2 + r_length));
    append(twin, Bytes{0x02, 33, 0});
    append(twin, twin_s);
    EXPECT_EQ(verify_signature(key.certificate(), key.scheme(), input, twin).reason(),
              Reason::kBadSignature);
  }
}

TEST(SoftwareKey, RawModuleSignaturesBecomeLowS) {
  Bytes raw(64, 0);
  raw[31] = 1;
  const Bytes order =
      from_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551").value();
  std::ranges::copy(order, raw.begin() + 32);
  EXPECT_EQ(encode_ecdsa(raw, KeyKind::kEcP256).reason(), Reason::kBadSignature);
  raw[63] -= 1;  // n − 1 becomes 1
  EXPECT_EQ(to_hex(encode_ecdsa(raw, KeyKind::kEcP256).value()), "3006020101020101");
  EXPECT_EQ(encode_ecdsa(Bytes(64, 0), KeyKind::kEcP256).reason(), Reason::kBadSignature);
  EXPECT_EQ(encode_ecdsa(Bytes(64, 1), KeyKind::kEcP384).reason(), Reason::kBadSignature);
}

TEST(SoftwareKey, APemComesBackOnlyWithItsPassphrase) {
  for (const KeyKind kind : {KeyKind::kEcP256, KeyKind::kEd25519}) {
    const PrivateKey key = PrivateKey::generate(kind);
    const SecretBytes pem = key.pem(passphrase("correct horse"));
    EXPECT_TRUE(text_of(pem.view()).starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    const auto back = PrivateKey::parse_pem(pem.view(), passphrase("correct horse"));
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(back->public_key(), key.public_key());
    EXPECT_EQ(back->kind(), kind);
    EXPECT_EQ(PrivateKey::parse_pem(pem.view(), passphrase("wrong")).reason(), Reason::kMalformed);
    EXPECT_EQ(PrivateKey::parse_pem(pem.view(), SecretBytes()).reason(), Reason::kMalformed);
    EXPECT_TRUE(PrivateKey::parse_pem(key.pem({}).view(), SecretBytes()).ok());
  }
}

TEST(SoftwareKey, AnotherKeysCertificateIsRefused) {
  TestAuthority authority;
  const SoftwareKey key = authority.issue({.subject = "a"});
  EXPECT_EQ(SoftwareKey::make(PrivateKey::generate(KeyKind::kEcP256), key.certificate()).reason(),
            Reason::kMalformed);
  EXPECT_EQ(
      SoftwareKey::make(key.private_key(), key.certificate(), SignatureScheme::kEd25519).reason(),
      Reason::kAlgorithmRefused);
}

TEST(SoftwareKey, WrongInputsAreRefusedAndDoNotThrow) {
  TestAuthority authority;
  SoftwareKey ec = authority.issue({.subject = "a"});
  SoftwareKey rsa = authority.issue({.subject = "a", .kind = KeyKind::kRsa});
  EXPECT_EQ(ec.sign(Bytes(31), KeyUse::kDocument).reason(), Reason::kBadRequest);
  EXPECT_EQ(rsa.sign(Bytes(48), KeyUse::kDocument).reason(), Reason::kBadRequest);
  EXPECT_EQ(ec.decrypt_oaep(Bytes(256)).reason(), Reason::kKeyForbidden);
  EXPECT_EQ(rsa.agree(Bytes(65)).reason(), Reason::kKeyForbidden);
  EXPECT_EQ(rsa.decrypt_oaep(Bytes(256, 1)).reason(), Reason::kUnopenable);
  EXPECT_EQ(rsa.decrypt_oaep({}).reason(), Reason::kUnopenable);
  EXPECT_EQ(ec.agree({}).reason(), Reason::kUnopenable);
  Bytes off_curve(65, 1);
  off_curve[0] = 4;
  EXPECT_EQ(ec.agree(off_curve).reason(), Reason::kUnopenable);
  EXPECT_EQ(ec.agree(Bytes(1, 0)).reason(), Reason::kUnopenable) << "the point at infinity";
}

TEST(SoftwareKey, SeveralThreadsUseOneKey) {
  TestAuthority authority;
  SoftwareKey key = authority.issue({.subject = "a"});
  const auto work = [&] {
    for (int i = 0; i < 50; ++i) {
      const Bytes input = signing_input(key.scheme(), bytes_of("m"));
      const Bytes signature = key.sign(input, KeyUse::kTls).value();
      EXPECT_TRUE(verify_signature(key.certificate(), key.scheme(), input, signature).ok());
    }
  };
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(work);
}

TEST(CryptoPolicy, NarrowsWhatIsAccepted) {
  TestAuthority authority;
  const Certificate rsa = authority.issue({.subject = "a", .kind = KeyKind::kRsa}).certificate();
  CryptoPolicy policy;
  EXPECT_EQ(policy.check(rsa, SignatureScheme::kRsaPkcs1Sha256).reason(),
            Reason::kAlgorithmRefused);
  policy = CryptoPolicy::with(Pkcs1Signatures::kAccepted);
  EXPECT_TRUE(policy.check(rsa, SignatureScheme::kRsaPkcs1Sha256).ok());
  EXPECT_TRUE(policy.check(rsa, SignatureScheme::kRsaPssSha256).ok());
  EXPECT_EQ(policy.check(rsa, SignatureScheme::kEcdsaSha256).reason(), Reason::kAlgorithmRefused);
  policy.rsa_bits_min = 4096;
  EXPECT_EQ(policy.check(rsa, SignatureScheme::kRsaPssSha256).reason(), Reason::kAlgorithmRefused);
  EXPECT_EQ(policy.check(rsa).reason(), Reason::kAlgorithmRefused);
  EXPECT_TRUE(policy.check(authority.issue({.subject = "a"}).certificate()).ok());
}

}  // namespace
}  // namespace yizhan
