#pragma once

#include "model/evidence/evidence.h"
#include "tests/support/small_package.h"

// Statements and verdicts about a package of a SmallExchange, as each party would make them.

namespace yizhan {

inline CentreIdentity identity_of(const TestCentre& centre) {
  return {centre.code, centre.evidence.certificate().sha256()};
}

inline Statement statement_by(const TestCentre& centre, EvidenceType type,
                              const TestPackage& package, Time time = kTestNow) {
  return {.type = type,
          .message = package.sealed.header.key(),
          .header_sha256 = package.sealed.sha256,
          .actor = identity_of(centre).actor(),
          .time = time};
}

inline Statement statement_by(const TestAgency& agency, EvidenceType type,
                              const TestPackage& package, Time time = kTestNow) {
  return {.type = type,
          .message = package.sealed.header.key(),
          .recipient = agency.addressee(),
          .header_sha256 = package.sealed.sha256,
          .actor = {agency.code, agency.sign.certificate().sha256(), "terminal-1", ""},
          .time = time};
}

inline Verdict verdict_by(const TestCentre& centre, const TestPackage& package,
                          ScanResult result = ScanResult::kClean, Time time = kTestNow) {
  const Header& header = package.sealed.header;
  return {centre.code,
          centre.scanner.certificate().sha256(),
          header.key(),
          package.sealed.sha256,
          header.cipher_root,
          header.plaintext_root,
          result,
          result == ScanResult::kInfected ? "Eicar-Test-Signature" : "",
          std::nullopt,
          "",
          {.parts = 2, .bytes = 128, .members = 0, .depth = 0},
          "ClamAV 1.0.7",
          "27800",
          1,
          time};
}

// `read`: the verdicts that the officer names.
inline SignedDecision decision_by(SoftwareKey& officer, DecisionKind kind,
                                  const TestPackage& package, std::vector<Sha256> read = {}) {
  const Decision decision{kind, package.sealed.header.key(), package.sealed.sha256,
                          std::move(read), "已查明無誤", kTestNow};
  return open_decision(sign_decision(decision, officer).value()).value();
}

}  // namespace yizhan
