#include "model/evidence/decision.h"

#include <gtest/gtest.h>

#include "ground/json/json.h"
#include "tests/support/evidence_maker.h"

namespace yizhan {
namespace {

class DecisionTest : public ::testing::Test {
 protected:
  Reason refusal_of(const std::vector<SignedDecision>& decisions, DecisionKind kind) {
    const Directory directory = exchange_.directory();
    const auto checked = check_decisions(decisions, kind, package_.sealed,
                                         *directory.find(exchange_.first.code));
    return checked ? kFine : checked.reason();
  }
  SignedDecision by(SoftwareKey& officer, DecisionKind kind = DecisionKind::kRelease) {
    return decision_by(officer, kind, package_);
  }
  static constexpr Reason kFine = Reason::kInternal;

  SmallExchange exchange_;
  TestPackage package_ = make_package(exchange_);
  SoftwareKey& chen_ = exchange_.first.chen;
  SoftwareKey& lin_ = exchange_.first.lin;
};

TEST_F(DecisionTest, ReadsBackWhatItWrites) {
  Decision decision = by(chen_).decision;
  decision.overridden = {package_.sealed.sha256, package_.sealed.header.cipher_root};
  const Decision read = Decision::parse(decision.json()).value();
  EXPECT_EQ(read.json(), decision.json());
  EXPECT_EQ(read.overridden, decision.overridden);
}

TEST_F(DecisionTest, StatesAReason) {
  Decision decision = by(chen_).decision;
  decision.reason.clear();
  EXPECT_EQ(Decision::parse(decision.json()).reason(), Reason::kMalformed);
}

TEST_F(DecisionTest, RefusesMissingMembersAndUnknownKinds) {
  const Json whole = parse_json(by(chen_).decision.json()).value();
  for (const auto& [name, value] : whole.items()) {
    Json less = whole;
    less.erase(name);
    EXPECT_EQ(Decision::parse(canonical_json(less)).reason(), Reason::kMalformed) << name;
  }
  Json other = whole;
  other["decision"] = "forget";
  EXPECT_EQ(Decision::parse(canonical_json(other)).reason(), Reason::kMalformed);
}

TEST_F(DecisionTest, TwoOfficersReleaseAndOneStops) {
  EXPECT_EQ(refusal_of({by(chen_), by(lin_)}, DecisionKind::kRelease), kFine);
  EXPECT_EQ(refusal_of({by(chen_)}, DecisionKind::kRelease), Reason::kForbidden);
  EXPECT_EQ(refusal_of({by(lin_, DecisionKind::kStop)}, DecisionKind::kStop), kFine);
  EXPECT_EQ(refusal_of({}, DecisionKind::kStop), Reason::kForbidden);
}

TEST_F(DecisionTest, OneOfficerIsNotTwo) {
  EXPECT_EQ(refusal_of({by(chen_), by(chen_)}, DecisionKind::kRelease), Reason::kForbidden);
}

TEST_F(DecisionTest, OneOfficerWithTwoCardsIsNotTwo) {
  SoftwareKey second_card = exchange_.authority.issue({.subject = "chen, second card"});
  exchange_.centres[0].certificates.push_back(
      SmallExchange::certificate(Purpose::kOfficer, second_card, "chen"));
  EXPECT_EQ(refusal_of({by(chen_), by(second_card)}, DecisionKind::kRelease), Reason::kForbidden);
}

TEST_F(DecisionTest, OnlyOfficersOfTheCentreDecide) {
  EXPECT_EQ(refusal_of({by(chen_), by(exchange_.second.lin)}, DecisionKind::kRelease),
            Reason::kCertificateUnregistered);
  EXPECT_EQ(refusal_of({by(chen_), by(exchange_.first.evidence)}, DecisionKind::kRelease),
            Reason::kCertificatePurpose);
}

TEST_F(DecisionTest, IsAboutThisHeaderAndOfThisKind) {
  const TestPackage other = make_package(exchange_);
  EXPECT_EQ(refusal_of({by(chen_), decision_by(lin_, DecisionKind::kRelease, other)},
                       DecisionKind::kRelease),
            Reason::kConflict);
  // The same message, but another header: a second document under the same number.
  Decision decision = by(lin_).decision;
  decision.header_sha256 = other.sealed.sha256;
  const auto changed = open_decision(sign_decision(decision, lin_).value()).value();
  EXPECT_EQ(refusal_of({by(chen_), changed}, DecisionKind::kRelease), Reason::kConflict);
  EXPECT_EQ(refusal_of({by(chen_), by(lin_, DecisionKind::kStop)}, DecisionKind::kRelease),
            Reason::kConflict);
}

TEST_F(DecisionTest, TwoOfTheLongestStillFitOneEntryOfTheLog) {
  Decision decision = by(chen_).decision;
  decision.reason = std::string(7'800, 'x');
  Statement released = statement_by(exchange_.first, EvidenceType::kReleased, package_);
  released.detail = decision.reason;
  for (SoftwareKey* officer : {&chen_, &lin_}) {
    released.approvals.push_back(sign_decision(decision, *officer).value());
    EXPECT_TRUE(open_decision(released.approvals.back()).ok());
  }
  EXPECT_TRUE(sign_statement(released, exchange_.first.evidence).ok());
  decision.reason += std::string(1'000, 'x');
  EXPECT_EQ(open_decision(sign_decision(decision, chen_).value()).reason(), Reason::kTooLarge);
}

TEST(Withdrawal, ReadsBackWhatItWritesForOneAndForAll) {
  SmallExchange exchange;
  const TestPackage package = make_package(exchange);
  const Addressee unit{exchange.b.code, UnitCode::parse("U010001").value()};
  for (const std::optional<Addressee>& recipient :
       {std::optional<Addressee>(), std::optional(exchange.b.addressee()), std::optional(unit)}) {
    for (const WithdrawalKind kind : {WithdrawalKind::kStop, WithdrawalKind::kPaper}) {
      const Withdrawal withdrawal{kind, package.sealed.header.key(), recipient, "誤發", kTestNow};
      const Bytes cms = sign_withdrawal(withdrawal, exchange.a.sign).value();
      const SignedWithdrawal opened = open_withdrawal(cms).value();
      EXPECT_EQ(opened.withdrawal.json(), withdrawal.json());
      EXPECT_EQ(opened.withdrawal.recipient, recipient);
      EXPECT_EQ(opened.signer, exchange.a.sign.certificate());
    }
  }
}

TEST(Withdrawal, IsNoDecisionAndTheOtherWayRound) {
  SmallExchange exchange;
  const TestPackage package = make_package(exchange);
  const Withdrawal withdrawal{WithdrawalKind::kStop, package.sealed.header.key(), std::nullopt,
                              "誤發", kTestNow};
  EXPECT_FALSE(open_decision(sign_withdrawal(withdrawal, exchange.a.sign).value()).ok());
  EXPECT_FALSE(
      open_withdrawal(decision_by(exchange.a.sign, DecisionKind::kStop, package).cms).ok());
}

}  // namespace
}  // namespace yizhan
