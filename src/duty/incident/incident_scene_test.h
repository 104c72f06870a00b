#pragma once

#include "duty/incident/incident.h"
#include "tests/support/clause.h"
#include "tests/support/small_exchange.h"
#include "tests/support/test_database.h"

// Malware from an agency of the first centre, found at kTestNow (a Sunday, 14:00 in Taipei).

namespace yizhan {

inline IncidentSource source_of(const TestAgency& agency, std::string_view document) {
  return {agency.code,
          agency.sign.certificate().sha256(),
          "192.0.2.10",
          DocumentId::parse(document).value(),
          IncidentSubmission{MessageId::parse("0193a5e0-0000-7000-8000-000000000001").value(),
                             sha256(bytes_of("header")), sha256(bytes_of("plaintext")),
                             kTestNow - std::chrono::seconds{2}, std::nullopt}};
}

inline constexpr std::string_view kDocument = "0193a5e0-0000-7000-8000-0000000000d1";

inline IncidentReport eicar_report(const SmallExchange& exchange) {
  return {exchange.first.code,
          CaseId::parse("0193a5e0-0000-7000-8000-0000000000c1").value(),
          IncidentCause::kMalware,
          "Eicar-Test-Signature",
          "ClamAV 1.0.9 27465",
          kTestNow,
          source_of(exchange.a, kDocument),
          {},
          "",
          "",
          "",
          "",
          IncidentState::kOpen,
          {3, 1, {{exchange.b.addressee(), "received", kTestNow, std::nullopt, std::nullopt}}},
          std::nullopt,
          kTestNow};
}

}  // namespace yizhan
