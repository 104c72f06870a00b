#include "ground/crypto/cms_signed.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "ground/crypto/der.h"
#include "tests/support/openssl_command.h"
#include "tests/support/pki.h"

namespace yizhan {
namespace {

constexpr std::size_t kMax = 64 * 1024;
constexpr Time kWhen = Time::from_ms(1'795'000'000'000);  // 2026-11-18
const std::string kText = "{\"format\":\"yizhan-package-1\"}";

SoftwareKey key_for(TestAuthority& authority, SignatureScheme scheme) {
  KeyKind kind = KeyKind::kEcP256;
  if (scheme == SignatureScheme::kEcdsaSha384) kind = KeyKind::kEcP384;
  if (scheme == SignatureScheme::kEd25519) kind = KeyKind::kEd25519;
  if (scheme == SignatureScheme::kRsaPssSha256 || scheme == SignatureScheme::kRsaPkcs1Sha256) {
    kind = KeyKind::kRsa;
  }
  const SoftwareKey usual = authority.issue({.subject = "內政部", .kind = kind});
  return SoftwareKey::make(usual.private_key(), usual.certificate(), scheme).value();
}

Bytes sign(SigningKey& key, Time when = kWhen) {
  return cms_sign(bytes_of(kText), key, KeyUse::kDocument, when).value();
}

// What verify says, as its stable code; "ok" when it takes the message.
std::string verdict(ByteView cms) {
  const auto result = cms_verify(cms, kMax);
  return result.ok() ? "ok" : std::string(code_of(result.reason()));
}

const std::string kMalformedCode(code_of(Reason::kMalformed));
const std::string kAlgorithmCode(code_of(Reason::kAlgorithmRefused));
const std::string kSignatureCode(code_of(Reason::kBadSignature));

class CmsSigned : public testing::TestWithParam<SignatureScheme> {
 protected:
  TestAuthority authority_;
};

INSTANTIATE_TEST_SUITE_P(EverySuite, CmsSigned,
                         testing::Values(SignatureScheme::kEcdsaSha256,
                                         SignatureScheme::kEcdsaSha384,
                                         SignatureScheme::kRsaPssSha256,
                                         SignatureScheme::kRsaPkcs1Sha256));

TEST_P(CmsSigned, WhatIsSignedVerifiesAndTellsEverything) {
  SoftwareKey key = key_for(authority_, GetParam());
  const auto read = cms_verify(sign(key, kWhen + Milliseconds(789)), kMax);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(text_of(read->content), kText);
  EXPECT_EQ(read->signer, key.certificate());
  EXPECT_EQ(read->signing_time, kWhen);
  EXPECT_EQ(read->scheme, GetParam());
}

TEST_P(CmsSigned, OpensslVerifiesOursAsCades) {
  SoftwareKey key = key_for(authority_, GetParam());
  OpensslCommand openssl;
  openssl.write("signed.der", sign(key));
  openssl.write("ca.pem", bytes_of(authority_.root().pem() + authority_.intermediate().pem()));
  EXPECT_TRUE(openssl.run({"cms", "-verify", "-cades", "-inform", "DER", "-in", "signed.der",
                           "-binary", "-CAfile", "ca.pem", "-purpose", "any", "-out", "content"}))
      << openssl.log();
  EXPECT_EQ(text_of(openssl.read("content")), kText);
}

TEST_P(CmsSigned, OpensslsOwnCadesSignatureHasTheSameShape) {
  SoftwareKey key = key_for(authority_, GetParam());
  OpensslCommand openssl;
  openssl.write("content", bytes_of(kText));
  openssl.write("signer.pem", bytes_of(key.certificate().pem()));
  openssl.write("key.pem", key.private_key().pem({}).view());
  std::vector<std::string> command = {
      "cms",      "-sign",
      "-cades",   "-nosmimecap",
      "-binary",  "-nodetach",
      "-md",      GetParam() == SignatureScheme::kEcdsaSha384 ? "sha384" : "sha256",
      "-signer",  "signer.pem",
      "-inkey",   "key.pem",
      "-in",      "content",
      "-outform", "DER",
      "-out",     "signed.der"};
  if (GetParam() == SignatureScheme::kRsaPssSha256) {
    command.insert(command.end(),
                   {"-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:digest"});
  }
  // OpenSSL leaves S high every other time; then the message is refused.
  bool taken = false;
  for (int attempt = 0; attempt < 40 && !taken; ++attempt) {
    ASSERT_TRUE(openssl.run(command)) << openssl.log();
    const std::string said = verdict(openssl.read("signed.der"));
    taken = said == "ok";
    EXPECT_TRUE(taken || said == kSignatureCode) << said;
  }
  EXPECT_TRUE(taken);
}

TEST_P(CmsSigned, EveryOneByteChangeIsRefused) {
  SoftwareKey key = key_for(authority_, GetParam());
  const Bytes cms = sign(key);
  for (std::size_t at = 0; at < cms.size(); ++at) {
    for (const std::uint8_t flip : Bytes{0x01, 0x80}) {
      Bytes changed = cms;
      changed[at] ^= flip;
      EXPECT_NE(verdict(changed), "ok") << "octet " << at;
    }
  }
}

TEST_P(CmsSigned, EveryTruncationAndExtensionIsMalformed) {
  SoftwareKey key = key_for(authority_, GetParam());
  Bytes cms = sign(key);
  for (std::size_t length = 0; length < cms.size(); ++length) {
    EXPECT_EQ(verdict(ByteView(cms).first(length)), kMalformedCode);
  }
  cms.push_back(0);
  EXPECT_EQ(verdict(cms), kMalformedCode);
}

const Bytes kSignedDataId = from_hex("06092a864886f70d010702").value();
const Bytes kVersion1 = {0x02, 0x01, 0x01};

// The message above, taken apart so that it can be put together in forbidden ways.
struct Anatomy {
  Bytes digests, encapsulated, certificate, signer_info;

  explicit Anatomy(ByteView cms) {
    der::Reader info(der::Reader(cms).content(der::kSequence).value());
    info.expect(kSignedDataId).value();
    const ByteView wrapped = info.content(der::kContext0).value();
    der::Reader body(der::Reader(wrapped).content(der::kSequence).value());
    body.expect(kVersion1).value();
    digests = copy_of(body.whole(der::kSet).value());
    encapsulated = copy_of(body.whole(der::kSequence).value());
    certificate = copy_of(body.content(der::kContext0).value());
    signer_info = copy_of(body.content(der::kSet).value());
  }
};

Bytes assemble(std::initializer_list<ByteView> parts) {
  const Bytes body = der::encode(der::kContext0, der::encode(der::kSequence, parts));
  return der::encode(der::kSequence, {kSignedDataId, body});
}

class CmsShape : public testing::Test {
 protected:
  Bytes certificates(ByteView content) const { return der::encode(der::kContext0, content); }
  Bytes signers(ByteView content) const { return der::encode(der::kSet, content); }

  TestAuthority authority_;
  SoftwareKey key_ = key_for(authority_, SignatureScheme::kEcdsaSha256);
  Bytes cms_ = sign(key_);
  Anatomy parts_{cms_};
};

TEST_F(CmsShape, PutTogetherUnchangedItIsTheSame) {
  EXPECT_EQ(assemble({kVersion1, parts_.digests, parts_.encapsulated,
                      certificates(parts_.certificate), signers(parts_.signer_info)}),
            cms_);
}

TEST_F(CmsShape, ASecondCertificateIsRefused) {
  Bytes two = parts_.certificate;
  append(two, authority_.intermediate().der());
  EXPECT_EQ(verdict(assemble({kVersion1, parts_.digests, parts_.encapsulated, certificates(two),
                              signers(parts_.signer_info)})),
            kMalformedCode);
}

TEST_F(CmsShape, ACrlIsRefused) {
  const Bytes crl = authority_.crl(kWhen, kWhen + std::chrono::hours(1));
  EXPECT_EQ(verdict(assemble({kVersion1, parts_.digests, parts_.encapsulated,
                              certificates(parts_.certificate), der::encode(der::kContext1, crl),
                              signers(parts_.signer_info)})),
            kMalformedCode);
}

TEST_F(CmsShape, ASecondSignerIsRefused) {
  SoftwareKey other = key_for(authority_, SignatureScheme::kEcdsaSha256);
  Bytes two = parts_.signer_info;
  append(two, Anatomy(sign(other)).signer_info);
  EXPECT_EQ(verdict(assemble({kVersion1, parts_.digests, parts_.encapsulated,
                              certificates(parts_.certificate), signers(two)})),
            kMalformedCode);
  EXPECT_EQ(verdict(assemble({kVersion1, parts_.digests, parts_.encapsulated,
                              certificates(parts_.certificate), signers({})})),
            kMalformedCode);
}

TEST_F(CmsShape, AnUnsignedAttributeIsRefused) {
  Bytes info = copy_of(der::Reader(parts_.signer_info).content(der::kSequence).value());
  append(info, der::encode(der::kContext1, from_hex("300a06032a030431030c0161").value()));
  EXPECT_EQ(verdict(assemble({kVersion1, parts_.digests, parts_.encapsulated,
                              certificates(parts_.certificate),
                              signers(der::encode(der::kSequence, info))})),
            kMalformedCode);
}

TEST_F(CmsShape, DetachedContentIsRefused) {
  const Bytes detached = from_hex("300b06092a864886f70d010701").value();
  EXPECT_EQ(verdict(assemble({kVersion1, parts_.digests, detached, certificates(parts_.certificate),
                              signers(parts_.signer_info)})),
            kMalformedCode);
}

TEST_F(CmsShape, AnIndefiniteLengthIsRefused) {
  Bytes indefinite = {0x30, 0x80};
  append(indefinite, der::Reader(cms_).content(der::kSequence).value());
  append(indefinite, Bytes{0, 0});
  EXPECT_EQ(verdict(indefinite), kMalformedCode);
}

TEST_F(CmsShape, OtherContentUnderTheSameSignatureIsABadSignature) {
  const Bytes other =
      der::encode(der::kSequence,
                  {from_hex("06092a864886f70d010701").value(),
                   der::encode(der::kContext0, der::encode(der::kOctetString, bytes_of("{}")))});
  EXPECT_EQ(verdict(assemble({kVersion1, parts_.digests, other, certificates(parts_.certificate),
                              signers(parts_.signer_info)})),
            kSignatureCode);
}

TEST_F(CmsShape, AnotherCertificateOfTheSameNameAndNumberIsRefused) {
  Bytes changed = cms_;
  const ByteView der = key_.certificate().der();
  const auto at = std::search(changed.begin(), changed.end(), der.begin(), der.end());
  *(at + static_cast<std::ptrdiff_t>(der.size()) - 1) ^= 1;
  EXPECT_EQ(verdict(changed), kSignatureCode) << "the certificate's own signature was changed";
}

TEST_F(CmsShape, AnAlgorithmThatIsNotListedIsRefused) {
  Bytes changed = cms_;
  const Bytes sha256 = from_hex("2a8648ce3d040302").value();  // ecdsa-with-SHA256, here -SHA512
  const auto found = std::find_end(changed.begin(), changed.end(), sha256.begin(), sha256.end());
  *(found + 7) = 0x04;
  EXPECT_EQ(verdict(changed), kAlgorithmCode);
}

TEST_F(CmsShape, OpensslFormsOutsideTheShapeAreRefused) {
  OpensslCommand openssl;
  openssl.write("content", bytes_of(kText));
  openssl.write("signer.pem", bytes_of(key_.certificate().pem()));
  openssl.write("key.pem", key_.private_key().pem({}).view());
  const std::vector<std::string> base = {"cms",    "-sign",   "-binary",   "-signer", "signer.pem",
                                         "-inkey", "key.pem", "-in",       "content", "-outform",
                                         "DER",    "-out",    "signed.der"};
  const std::vector<std::vector<std::string>> forms = {
      {"-nodetach"},                                          // no ESS attribute
      {"-nodetach", "-cades"},                                // S/MIME capabilities
      {"-cades", "-nosmimecap"},                              // detached
      {"-nodetach", "-cades", "-nosmimecap", "-keyid"},       // by key identifier
      {"-nodetach", "-cades", "-nosmimecap", "-nocerts"},     // no certificate
      {"-nodetach", "-noattr"},                               // no attributes
      {"-nodetach", "-cades", "-nosmimecap", "-md", "sha1"},  // weak digest
      {"-nodetach", "-cades", "-nosmimecap", "-stream", "-indef"},
      {"-nodetach", "-cades", "-nosmimecap", "-econtent_type", "1.2.3.4"}};
  for (const auto& form : forms) {
    std::vector<std::string> command = base;
    command.insert(command.end(), form.begin(), form.end());
    ASSERT_TRUE(openssl.run(command)) << openssl.log();
    EXPECT_NE(verdict(openssl.read("signed.der")), "ok") << form.back();
    EXPECT_NE(verdict(openssl.read("signed.der")), kSignatureCode) << form.back();
  }
}

TEST_F(CmsShape, AMessageAboveTheLimitIsTooLarge) {
  EXPECT_EQ(cms_verify(cms_, cms_.size() - 1).reason(), Reason::kTooLarge);
  EXPECT_TRUE(cms_verify(cms_, cms_.size()).ok());
}

TEST_F(CmsShape, TimesAfter2049AreGeneralizedTime) {
  const Time late = *Time::parse("2061-02-03T04:05:06Z");
  EXPECT_EQ(cms_verify(sign(key_, late), kMax)->signing_time, late);
  const Time early = *Time::parse("1999-02-03T04:05:06Z");
  EXPECT_EQ(cms_verify(sign(key_, early), kMax)->signing_time, early);
}

TEST_F(CmsShape, Ed25519KeysSignNoCms) {
  SoftwareKey key = key_for(authority_, SignatureScheme::kEd25519);
  EXPECT_EQ(cms_sign(bytes_of(kText), key, KeyUse::kLog, kWhen).reason(),
            Reason::kAlgorithmRefused);
}

}  // namespace
}  // namespace yizhan
