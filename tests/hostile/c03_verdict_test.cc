#include "tests/hostile/stage.h"

// C03: what is handed to a recipient as a verdict, and by whom it was made.

namespace yizhan {
namespace {

class C03ForgedVerdict : public ::testing::Test {
 protected:
  // What the recipient says when the clean verdict it needs is replaced by this.
  std::string opened_with(std::vector<Bytes> instead) {
    Consigned consigned = stage_.consign(package_, exchange_.b);
    consigned.consignment.evidence.resize(1);  // A.1
    for (Bytes& evidence : instead) consigned.consignment.evidence.push_back(std::move(evidence));
    return stage_.opened(consigned);
  }
  static Bytes signed_by(SoftwareKey& key, Verdict verdict) {
    verdict.scanner_certificate = key.certificate().sha256();
    return sign_verdict(verdict, key)->cms;
  }
  [[nodiscard]] Verdict clean() const { return verdict_by(exchange_.first, package_); }

  Stage stage_;
  SmallExchange& exchange_ = stage_.exchange;
  TestPackage package_ = seal_letter(exchange_);
};

TEST_F(C03ForgedVerdict, OfAnybodyButTheRegisteredScannerCountsAsNone) {
  ASSERT_EQ(opened_with({signed_by(exchange_.first.scanner, clean())}), "ok");
  SoftwareKey unknown = exchange_.authority.issue(
      {.subject = "CENTRE-1 scanner", .usage = CertificateUsage::kScanner});
  TestAuthority strangers("Somebody Else");
  SoftwareKey stranger = strangers.issue(
      {.subject = "CENTRE-1 scanner", .usage = CertificateUsage::kScanner});
  for (SoftwareKey* key :
       {&exchange_.a.sign, &exchange_.a.encrypt, &exchange_.b.sign, &exchange_.first.evidence,
        &exchange_.first.chen, &exchange_.second.scanner, &exchange_.management, &unknown,
        &stranger}) {
    EXPECT_EQ(opened_with({signed_by(*key, clean())}), "verdict_missing")
        << key->certificate().subject();
  }
  EXPECT_EQ(opened_with({}), "verdict_missing");
}

TEST_F(C03ForgedVerdict, AboutAnotherMessageHeaderOrContentCountsAsNone) {
  const TestPackage other = seal_letter(exchange_);
  const auto changed = [&](const std::function<void(Verdict&)>& change) {
    Verdict verdict = clean();
    change(verdict);
    return opened_with({signed_by(exchange_.first.scanner, verdict)});
  };
  EXPECT_EQ(opened_with({signed_by(exchange_.first.scanner, verdict_by(exchange_.first, other))}),
            "verdict_missing");
  EXPECT_EQ(changed([&](Verdict& v) { v.message = other.sealed.header.key(); }),
            "verdict_missing");
  EXPECT_EQ(changed([&](Verdict& v) { v.message.sender = exchange_.b.code; }), "verdict_missing");
  EXPECT_EQ(changed([](Verdict& v) { v.header_sha256.octets[0] ^= 1; }), "verdict_missing");
  EXPECT_EQ(changed([](Verdict& v) { v.cipher_root.octets[0] ^= 1; }), "verdict_missing");
  EXPECT_EQ(changed([](Verdict& v) { v.plaintext_root.octets[0] ^= 1; }), "verdict_missing");
  EXPECT_EQ(changed([&](Verdict& v) { v.centre = exchange_.second.code; }), "verdict_missing");
  EXPECT_EQ(changed([](Verdict& v) { v.time = v.time + std::chrono::hours{24 * 800}; }),
            "verdict_missing");
  EXPECT_EQ(changed([](Verdict& v) { v.time = v.time - std::chrono::hours{24 * 800}; }),
            "verdict_missing");
  for (const ScanResult result :
       {ScanResult::kInfected, ScanResult::kRefused, ScanResult::kIncomplete}) {
    EXPECT_EQ(changed([&](Verdict& v) { v.result = result; }), "verdict_missing");
  }
  EXPECT_EQ(changed([](Verdict&) {}), "ok");
}

TEST_F(C03ForgedVerdict, OfTheOtherCentreDoesNotStandForTheOwn) {
  const Bytes own = signed_by(exchange_.first.scanner, clean());
  const Bytes others =
      signed_by(exchange_.second.scanner, verdict_by(exchange_.second, package_));
  EXPECT_EQ(opened_with({others}), "verdict_missing");
  EXPECT_EQ(opened_with({others, own}), "ok");
  EXPECT_EQ(opened_with({own, others}), "ok");
}

TEST_F(C03ForgedVerdict, IsNoReleaseEither) {
  Verdict infected = clean();
  infected.result = ScanResult::kInfected;
  const Bytes verdict = signed_by(exchange_.first.scanner, infected);
  Statement released =
      statement_by(exchange_.first, EvidenceType::kReleased, package_);
  released.previous = {open_verdict(verdict)->sha256};
  const auto with = [&](std::vector<Bytes> approvals) {
    released.approvals = std::move(approvals);
    return opened_with({verdict, sign_statement(released, exchange_.first.evidence)->cms});
  };
  const auto approval = [&](SoftwareKey& officer) {
    Decision decision = decision_by(officer, DecisionKind::kRelease, package_).decision;
    decision.overridden = {open_verdict(verdict)->sha256};
    return sign_decision(decision, officer).value();
  };
  EXPECT_EQ(with({approval(exchange_.first.chen), approval(exchange_.first.lin)}), "ok");
  EXPECT_EQ(with({approval(exchange_.first.chen)}), "verdict_missing");
  EXPECT_EQ(with({approval(exchange_.first.chen), approval(exchange_.first.chen)}),
            "verdict_missing");
  EXPECT_EQ(with({approval(exchange_.first.chen), approval(exchange_.second.lin)}),
            "verdict_missing");
  EXPECT_EQ(with({approval(exchange_.first.chen), approval(exchange_.a.sign)}),
            "verdict_missing");
}

// A header that leaves the scanner out, or names a scanner that is none.

TEST_F(C03ForgedVerdict, CountsAsNoneWhenTheHeaderNamesAnotherScanner) {
  const auto outcomes = [&](const std::function<void(Header&)>& change) {
    package_ = seal_letter(exchange_, change);
    Envelope envelope = package_.with_body();
    if (package_.sealed.header.scanners.size() == 1) {
      envelope.key_blocks.erase(envelope.key_blocks.end() - 2);
    }
    envelope.application_id = package_.sealed.header.message_id.text();
    return stage_.admitted(envelope) + ", " +
           opened_with({signed_by(exchange_.first.scanner, clean())});
  };
  EXPECT_EQ(outcomes([](Header&) {}), "accepted, ok");
  EXPECT_EQ(outcomes([](Header& header) { header.scanners.erase(header.scanners.begin()); }),
            "rejected scanners_mismatch, verdict_missing");
  EXPECT_EQ(outcomes([&](Header& header) {
              header.scanners[0].certificate = exchange_.a.encrypt.certificate().sha256();
            }),
            "rejected scanners_mismatch, verdict_missing");
  EXPECT_EQ(outcomes([&](Header& header) {
              header.scanners[0].certificate = header.scanners[1].certificate;
            }),
            "rejected scanners_mismatch, verdict_missing");
}

}  // namespace
}  // namespace yizhan
