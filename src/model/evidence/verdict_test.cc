#include <gtest/gtest.h>

#include "ground/json/json.h"
#include "model/evidence/statement.h"
#include "tests/support/evidence_maker.h"

namespace yizhan {
namespace {

class VerdictTest : public ::testing::Test {
 protected:
  Reason refusal_of(const Verdict& verdict, SoftwareKey& key) {
    const auto checked = check_scanner(sign_verdict(verdict, key).value(), package_.sealed,
                                       exchange_.directory(), policy_);
    return checked ? Reason::kInternal : checked.reason();
  }

  SmallExchange exchange_;
  CryptoPolicy policy_;
  TestPackage package_ = make_package(exchange_);
  SoftwareKey& scanner_ = exchange_.first.scanner;
  Verdict verdict_ = verdict_by(exchange_.first, package_);
};

TEST_F(VerdictTest, ReadsBackWhatItWrites) {
  for (const ScanResult result : {ScanResult::kClean, ScanResult::kInfected, ScanResult::kRefused,
                                  ScanResult::kIncomplete}) {
    Verdict verdict = verdict_by(exchange_.first, package_, result);
    verdict.reason = Reason::kArchiveLimits;
    verdict.detail = "說明";
    const Verdict read = Verdict::parse(verdict.json()).value();
    EXPECT_EQ(read.json(), verdict.json());
    EXPECT_EQ(read.result, result);
    EXPECT_EQ(read.inventory.bytes, 128);
  }
}

TEST_F(VerdictTest, RefusesMissingAndUnknownMembers) {
  const Json whole = parse_json(verdict_.json()).value();
  for (const char* path : {"", "/inventory"}) {
    const Json::json_pointer pointer(path);
    for (const auto& [name, value] : whole[pointer].items()) {
      Json less = whole;
      less[pointer].erase(name);
      EXPECT_EQ(Verdict::parse(canonical_json(less)).reason(), Reason::kMalformed) << name;
    }
    Json more = whole;
    more[pointer]["surprise"] = 1;
    EXPECT_EQ(Verdict::parse(canonical_json(more)).reason(), Reason::kMalformed);
  }
}

TEST_F(VerdictTest, RefusesAnotherFormatResultAndReason) {
  const auto refusal_with = [&](const char* name, const Json& value) {
    Json json = parse_json(verdict_.json()).value();
    json[name] = value;
    return Verdict::parse(canonical_json(json)).reason();
  };
  EXPECT_EQ(refusal_with("format", "yizhan-verdict-2"), Reason::kUnknownFormat);
  EXPECT_EQ(refusal_with("result", "ok"), Reason::kMalformed);
  EXPECT_EQ(refusal_with("reason", "because"), Reason::kMalformed);
}

TEST_F(VerdictTest, IsSignedByTheCertificateThatItNames) {
  EXPECT_EQ(sign_verdict(verdict_, exchange_.first.evidence).reason(), Reason::kBadSignature);
}

TEST_F(VerdictTest, OfTheRegisteredScannerInTheHeaderCounts) {
  EXPECT_EQ(refusal_of(verdict_, scanner_), Reason::kInternal);  // that is: none
}

TEST_F(VerdictTest, AboutAnyOtherPackageCountsAsNone) {
  const TestPackage other = make_package(exchange_);
  const auto changed = [&](auto change) {
    Verdict verdict = verdict_;
    change(verdict);
    return refusal_of(verdict, scanner_);
  };
  const Header& header = other.sealed.header;
  EXPECT_EQ(changed([&](Verdict& v) { v.message = header.key(); }), Reason::kVerdictMissing);
  EXPECT_EQ(changed([&](Verdict& v) { v.header_sha256 = other.sealed.sha256; }),
            Reason::kVerdictMissing);
  EXPECT_EQ(changed([&](Verdict& v) { v.cipher_root = header.cipher_root; }),
            Reason::kVerdictMissing);
  EXPECT_EQ(changed([&](Verdict& v) { v.plaintext_root = header.plaintext_root; }),
            Reason::kVerdictMissing);
}

TEST_F(VerdictTest, OfAnUnknownCentreCountsAsNone) {
  verdict_.centre = CentreCode::parse("NOWHERE").value();
  EXPECT_EQ(refusal_of(verdict_, scanner_), Reason::kVerdictMissing);
}

TEST_F(VerdictTest, OfACertificateForAnotherPurposeCountsAsNone) {
  verdict_.scanner_certificate = exchange_.first.evidence.certificate().sha256();
  EXPECT_EQ(refusal_of(verdict_, exchange_.first.evidence), Reason::kVerdictMissing);
}

TEST_F(VerdictTest, OfAScannerThatTheHeaderDoesNotNameCountsAsNone) {
  const Verdict other = verdict_by(exchange_.second, package_);
  EXPECT_EQ(refusal_of(other, exchange_.second.scanner), Reason::kVerdictMissing);
}

TEST_F(VerdictTest, OfAScannerThatSpeaksForAnotherCentreCountsAsNone) {
  verdict_.scanner_certificate = exchange_.second.scanner.certificate().sha256();
  EXPECT_EQ(refusal_of(verdict_, exchange_.second.scanner), Reason::kVerdictMissing);
}

TEST_F(VerdictTest, SignedAsPolicyDoesNotTakeCountsAsNone) {
  policy_.schemes.erase(scanner_.scheme());
  EXPECT_EQ(refusal_of(verdict_, scanner_), Reason::kVerdictMissing);
}

TEST_F(VerdictTest, OutsideTheRegistrationOfItsScannerCountsAsNone) {
  verdict_.time = kTestNow + std::chrono::hours{24 * 366};
  EXPECT_EQ(refusal_of(verdict_, scanner_), Reason::kVerdictMissing);
}

}  // namespace
}  // namespace yizhan
