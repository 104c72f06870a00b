#pragma once

#include <algorithm>
#include <atomic>

#include "model/agency/agency.h"
#include "tests/support/pki.h"

// Two centres and four agencies with real keys, at a time of the test's choosing.

namespace yizhan {

inline constexpr Time kTestNow = Time::from_ms(1'795'327'200'000);  // 2026-11-22T06:00:00Z

class TestClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override { return Time::from_ms(ms_); }
  void pass(Milliseconds time) { ms_ += time.count(); }

 private:
  std::atomic<std::int64_t> ms_ = kTestNow.ms();
};

struct TestAgency {
  OrgCode code;
  SoftwareKey sign, encrypt, tls;

  [[nodiscard]] Addressee addressee() const { return {code, {}}; }
};

struct TestCentre {
  CentreCode code;
  SoftwareKey evidence, scanner, log, tls, chen, lin;
};

class SmallExchange {
 public:
  SmallExchange()
      : management(authority.issue({.subject = "management"})),
        first(make_centre("CENTRE-1")),
        second(make_centre("CENTRE-2")),
        a(make_agency("A01000000A")),
        b(make_agency("B02000000B")),
        c(make_agency("C03000000C")),
        d(make_agency("D04000000D")) {
    for (const TestCentre* centre : {&first, &second}) centres.push_back(describe(*centre));
    for (const TestAgency* agency : {&a, &b, &c}) agencies.push_back(describe(*agency, first));
    agencies.push_back(describe(d, second));
  }

  // What stands in it now; a test changes `agencies`, `centres` and `witnesses` as it needs.
  [[nodiscard]] Directory directory(std::int64_t version = 1) const {
    return Directory({version, kTestNow, kTestNow + std::chrono::hours{24 * 7}}, centres, agencies,
                     witnesses);
  }
  [[nodiscard]] Trust trust(Time at = kTestNow) {
    return {authority.anchors(), authority.intermediates(), authority.revocation_lists(at)};
  }
  Agency& registered(const TestAgency& agency) {
    return *std::ranges::find(agencies, agency.code, &Agency::code);
  }

  static RegisteredCertificate certificate(Purpose purpose, const SoftwareKey& key,
                                           std::string holder = "") {
    constexpr auto kYear = std::chrono::hours{24 * 365};
    return {purpose, key.certificate(), kTestNow - kYear, kTestNow + kYear, std::move(holder)};
  }

  TestAuthority authority;
  SoftwareKey management;
  TestCentre first, second;
  TestAgency a, b, c, d;  // d is served by the second centre
  std::vector<Centre> centres;
  std::vector<Agency> agencies;
  WitnessPolicy witnesses;

 private:
  SoftwareKey issue(const std::string& name, CertificateUsage usage,
                    KeyKind kind = KeyKind::kEcP256) {
    return authority.issue({.subject = name, .kind = kind, .usage = usage});
  }
  TestCentre make_centre(const std::string& code) {
    return {CentreCode::parse(code).value(),
            issue(code + " evidence", CertificateUsage::kSign),
            issue(code + " scanner", CertificateUsage::kScanner),
            issue(code + " log", CertificateUsage::kLog, KeyKind::kEd25519),
            issue(code + " tls", CertificateUsage::kTls),
            issue(code + " chen", CertificateUsage::kSign),
            issue(code + " lin", CertificateUsage::kSign)};
  }
  TestAgency make_agency(const std::string& code) {
    return {OrgCode::parse(code).value(), issue(code + " sign", CertificateUsage::kSign),
            issue(code + " encrypt", CertificateUsage::kEncrypt),
            issue(code + " tls", CertificateUsage::kTls)};
  }
  static Centre describe(const TestCentre& centre) {
    return {centre.code, centre.code.text(), Standing::kActive, "127.0.0.1", 8443,
            {certificate(Purpose::kEvidence, centre.evidence),
             certificate(Purpose::kScanner, centre.scanner),
             certificate(Purpose::kLog, centre.log),
             certificate(Purpose::kTls, centre.tls),
             certificate(Purpose::kOfficer, centre.chen, "chen"),
             certificate(Purpose::kOfficer, centre.lin, "lin")}};
  }
  static Agency describe(const TestAgency& agency, const TestCentre& home) {
    return {agency.code, "機關" + agency.code.text(), Standing::kActive, home.code,
            {{UnitCode::parse("U010001").value(), "秘書處", Standing::kActive}},
            {"127.0.0.1"},
            {certificate(Purpose::kSign, agency.sign),
             certificate(Purpose::kEncrypt, agency.encrypt),
             certificate(Purpose::kTls, agency.tls)}};
  }
};

}  // namespace yizhan
