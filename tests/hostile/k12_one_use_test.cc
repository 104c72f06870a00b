#include "tests/hostile/stage.h"

// K12: a key made for one use in the place of another.

namespace yizhan {
namespace {

TEST(K12KeysForOneUse, DoNotServeForAnother) {
  Stage stage;
  SmallExchange& exchange = stage.exchange;
  const TestPackage package = seal_letter(exchange);
  const Consigned good = stage.consign(package, exchange.b);
  Statement accepted = statement_by(exchange.first, EvidenceType::kSubmissionAcceptance, package);
  accepted.recipient_count = package.sealed.header.recipient_count;
  const auto opened_with = [&](SoftwareKey& evidence, SoftwareKey& scanner) {
    Consigned consigned = good;
    Statement statement = accepted;
    statement.actor.certificate = evidence.certificate().sha256();
    Verdict verdict = verdict_by(exchange.first, package);
    verdict.scanner_certificate = scanner.certificate().sha256();
    consigned.consignment.evidence = {sign_statement(statement, evidence)->cms,
                                      sign_verdict(verdict, scanner)->cms};
    return stage.opened(consigned);
  };
  TestCentre& first = exchange.first;
  EXPECT_EQ(opened_with(first.evidence, first.scanner), "ok");
  EXPECT_EQ(opened_with(first.scanner, first.scanner), "verdict_missing");
  EXPECT_EQ(opened_with(first.evidence, first.evidence), "verdict_missing");
  EXPECT_EQ(opened_with(first.chen, first.scanner), "verdict_missing");
  EXPECT_EQ(opened_with(exchange.second.evidence, first.scanner), "verdict_missing");
  EXPECT_EQ(opened_with(exchange.a.sign, first.scanner), "verdict_missing");
  // A document that its own centre signed, or the scanner.
  for (const SoftwareKey& key : {first.evidence, first.scanner, first.chen, exchange.management}) {
    exchange.a.sign = key;
    EXPECT_EQ(stage.scanned(seal_letter(exchange)), "none certificate_unregistered")
        << key.certificate().subject();
  }
}

}  // namespace
}  // namespace yizhan
