#include "model/evidence/statement.h"

#include <gtest/gtest.h>

#include "ground/json/json.h"
#include "tests/support/clause.h"
#include "tests/support/evidence_maker.h"
#include "tests/support/openssl_command.h"

namespace yizhan {
namespace {

class StatementTest : public ::testing::Test {
 protected:
  // Every member that a statement can have.
  [[nodiscard]] Statement full() const {
    Statement statement = statement_by(exchange_.b, EvidenceType::kHandover, package_);
    statement.plaintext_root = package_.sealed.header.plaintext_root;
    statement.previous = {package_.sealed.sha256, package_.sealed.header.cipher_root};
    statement.actor.module = "software SW-1";
    statement.recipient_count = 3;
    statement.lease = LeaseMark{"lease-1", 4};
    statement.reason = Reason::kInfected;
    statement.detail = "說明";
    statement.approvals = {random_bytes(10), random_bytes(20)};
    return statement;
  }
  Reason actor_refusal(const Statement& statement, SoftwareKey& key) {
    const auto checked =
        check_actor(sign_statement(statement, key).value(), exchange_.directory(), policy_);
    return checked ? kFine : checked.reason();
  }
  static constexpr Reason kFine = Reason::kInternal;

  SmallExchange exchange_;
  TestPackage package_ = make_package(exchange_);
  CryptoPolicy policy_;
};

TEST_F(StatementTest, ReadsBackWhatItWrites) {
  const Statement statement = full();
  const Statement read = Statement::parse(statement.json()).value();
  EXPECT_EQ(read.json(), statement.json());
  EXPECT_EQ(read.lease->fencing, 4);
  EXPECT_EQ(read.approvals, statement.approvals);
  EXPECT_EQ(read.reason, Reason::kInfected);
  const Statement small = statement_by(exchange_.first, EvidenceType::kHeld, package_);
  EXPECT_EQ(Statement::parse(small.json())->json(), small.json());
}

TEST_F(StatementTest, RefusesEveryRequiredMemberThatIsMissing) {
  const Json whole =
      parse_json(statement_by(exchange_.b, EvidenceType::kHandover, package_).json()).value();
  for (const auto& [name, value] : whole.items()) {
    if (name == "recipient") continue;
    Json less = whole;
    less.erase(name);
    EXPECT_EQ(Statement::parse(canonical_json(less)).reason(), Reason::kMalformed) << name;
  }
}

TEST_F(StatementTest, RefusesAnUnknownMemberWhereverItStands) {
  const Json whole = parse_json(full().json()).value();
  for (const char* path : {"", "/actor", "/recipient", "/lease"}) {
    Json more = whole;
    more[Json::json_pointer(path)]["surprise"] = 1;
    EXPECT_EQ(Statement::parse(canonical_json(more)).reason(), Reason::kMalformed) << path;
  }
}

TEST_F(StatementTest, RefusesAnotherFormatTypeAndReason) {
  const auto refusal_with = [&](const char* name, const Json& value) {
    Json json = parse_json(full().json()).value();
    json[name] = value;
    return Statement::parse(canonical_json(json)).reason();
  };
  EXPECT_EQ(refusal_with("format", "yizhan-evidence-2"), Reason::kUnknownFormat);
  EXPECT_EQ(refusal_with("type", "G.1"), Reason::kMalformed);
  EXPECT_EQ(refusal_with("reason", "because"), Reason::kMalformed);
  EXPECT_EQ(refusal_with("recipient_count", 0), Reason::kMalformed);
  EXPECT_EQ(refusal_with("approvals", "x"), Reason::kMalformed);
  EXPECT_EQ(Statement::parse(bytes_of("[]")).reason(), Reason::kMalformed);
}

TEST_F(StatementTest, HasOneActorNeitherNoneNorTwo) {
  Json json = parse_json(full().json()).value();
  json["actor"]["centre"] = "CENTRE-1";
  EXPECT_EQ(Statement::parse(canonical_json(json)).reason(), Reason::kMalformed);
  json["actor"].erase("centre");
  json["actor"].erase("org_code");
  EXPECT_EQ(Statement::parse(canonical_json(json)).reason(), Reason::kMalformed);
}

TEST_F(StatementTest, IsNamedByItsJsonNotByItsSignature) {
  const Statement statement = full();
  const SignedStatement once = sign_statement(statement, exchange_.b.sign).value();
  const SignedStatement again = sign_statement(statement, exchange_.b.sign).value();
  EXPECT_EQ(once.sha256, sha256(statement.json()));
  EXPECT_EQ(again.sha256, once.sha256);
}

TEST_F(StatementTest, IsSignedByTheCertificateThatItNames) {
  EXPECT_EQ(sign_statement(full(), exchange_.c.sign).reason(), Reason::kBadSignature);
}

TEST_F(StatementTest, NoByteOfASignedStatementCanBeChanged) {
  const Bytes cms = sign_statement(full(), exchange_.b.sign).value().cms;
  for (std::size_t at = 0; at < cms.size(); at += 11) {
    Bytes changed = cms;
    changed[at] ^= 0x01;
    EXPECT_FALSE(open_statement(changed).ok()) << "byte " << at;
  }
}

TEST_F(StatementTest, IsNeverLongerThanAnEntryOfTheLog) {
  Statement statement = full();
  statement.detail = std::string(64'500, 'x');
  EXPECT_EQ(sign_statement(statement, exchange_.b.sign).reason(), Reason::kTooLarge);
}

TEST_F(StatementTest, CentresStateCustodyAndAgenciesWhatTheyDid) {
  CLAUSE("五(一)9");
  using enum EvidenceType;
  for (const EvidenceType type : {kSubmissionAcceptance, kSubmissionRejection, kHeld, kReleased,
                                  kAcceptanceExpiry, kConsignment, kConsignmentFailure}) {
    const Statement by_centre = statement_by(exchange_.first, type, package_);
    EXPECT_EQ(actor_refusal(by_centre, exchange_.first.evidence), kFine) << text_of(type);
    const Statement by_agency = statement_by(exchange_.b, type, package_);
    EXPECT_EQ(actor_refusal(by_agency, exchange_.b.sign), Reason::kForbidden) << text_of(type);
  }
  for (const EvidenceType type : {kHandover, kHandoverFailure, kConfirmed, kReturned}) {
    const Statement by_agency = statement_by(exchange_.b, type, package_);
    EXPECT_EQ(actor_refusal(by_agency, exchange_.b.sign), kFine) << text_of(type);
    const Statement by_centre = statement_by(exchange_.first, type, package_);
    EXPECT_EQ(actor_refusal(by_centre, exchange_.first.evidence), Reason::kForbidden)
        << text_of(type);
  }
}

TEST_F(StatementTest, AnAgencySpeaksOnlyForItself) {
  Statement statement = statement_by(exchange_.b, EvidenceType::kHandover, package_);
  statement.recipient = exchange_.c.addressee();
  EXPECT_EQ(actor_refusal(statement, exchange_.b.sign), Reason::kForbidden);
  statement.recipient.reset();
  EXPECT_EQ(actor_refusal(statement, exchange_.b.sign), Reason::kForbidden);
}

TEST_F(StatementTest, WhoReceivesForAnAgencySpeaksForItInItsTime) {
  exchange_.registered(exchange_.c).representative =
      Representative{exchange_.b.code, kTestNow, kTestNow + Milliseconds{1000}};
  Statement statement = statement_by(exchange_.b, EvidenceType::kHandover, package_);
  statement.recipient = exchange_.c.addressee();
  EXPECT_EQ(actor_refusal(statement, exchange_.b.sign), kFine);
  statement.actor.certificate = exchange_.c.sign.certificate().sha256();
  EXPECT_EQ(actor_refusal(statement, exchange_.c.sign), Reason::kCertificateUnregistered)
      << "by its own hand";
  statement.actor.certificate = exchange_.b.sign.certificate().sha256();
  statement.time = kTestNow + Milliseconds{1000};
  EXPECT_EQ(actor_refusal(statement, exchange_.b.sign), Reason::kForbidden);
  statement.time = kTestNow;
  statement.recipient = exchange_.a.addressee();
  EXPECT_EQ(actor_refusal(statement, exchange_.b.sign), Reason::kForbidden);
}

TEST_F(StatementTest, ItsSignerIsRegisteredForThatPurposeAndParty) {
  Statement statement = statement_by(exchange_.first, EvidenceType::kHeld, package_);
  statement.actor.certificate = exchange_.first.chen.certificate().sha256();
  EXPECT_EQ(actor_refusal(statement, exchange_.first.chen), Reason::kCertificatePurpose);
  statement.actor.certificate = exchange_.second.evidence.certificate().sha256();
  EXPECT_EQ(actor_refusal(statement, exchange_.second.evidence),
            Reason::kCertificateUnregistered);
  statement.actor.party = CentreCode::parse("NOWHERE").value();
  EXPECT_EQ(actor_refusal(statement, exchange_.second.evidence), Reason::kUnknownCentre);
  Statement stranger = statement_by(exchange_.b, EvidenceType::kHandover, package_);
  const OrgCode nobody = OrgCode::parse("Z99999999Z").value();
  stranger.actor.party = nobody;
  stranger.recipient = Addressee{nobody, {}};
  EXPECT_EQ(actor_refusal(stranger, exchange_.b.sign), Reason::kUnknownAgency);
}

TEST_F(StatementTest, ItsSignerIsRegisteredAtItsTime) {
  const Time late = kTestNow + std::chrono::hours{24 * 366};
  const Statement statement =
      statement_by(exchange_.first, EvidenceType::kHeld, package_, late);
  EXPECT_EQ(actor_refusal(statement, exchange_.first.evidence), Reason::kCertificateUnregistered);
}

TEST_F(StatementTest, SignedAsPolicyDoesNotTakeIsRefused) {
  policy_.schemes.erase(exchange_.b.sign.scheme());
  const Statement statement = statement_by(exchange_.b, EvidenceType::kHandover, package_);
  EXPECT_EQ(actor_refusal(statement, exchange_.b.sign), Reason::kAlgorithmRefused);
}

TEST_F(StatementTest, OpensslVerifiesItAndItsNameIsTheDigestOfWhatItSees) {
  CLAUSE("五(一)9");
  const SignedStatement statement = sign_statement(full(), exchange_.b.sign).value();
  OpensslCommand openssl;
  openssl.write("evidence.p7m", statement.cms);
  // OpenSSL 3.0 seeks issuers in the CAfile only, not among -certfile.
  const std::string chain =
      exchange_.authority.root().pem() + exchange_.authority.intermediate().pem();
  openssl.write("chain.pem", bytes_of(chain));
  ASSERT_TRUE(openssl.run({"cms", "-verify", "-binary", "-inform", "DER", "-in", "evidence.p7m",
                           "-CAfile", "chain.pem", "-purpose", "any", "-attime",
                           std::to_string(kTestNow.ms() / 1000), "-out", "evidence.json"}))
      << openssl.log();
  ASSERT_TRUE(openssl.run({"dgst", "-sha256", "-r", "-out", "digest", "evidence.json"}));
  const Bytes digest = openssl.read("digest");
  EXPECT_EQ(text_of(digest).substr(0, 64), statement.sha256.hex());
}

TEST(EvidenceTypes, RoundTripAsTextAndFinalsAreTheSix) {
  int finals = 0;
  for (int i = 0; i <= static_cast<int>(EvidenceType::kReturned); ++i) {
    const auto type = static_cast<EvidenceType>(i);
    EXPECT_EQ(find_evidence_type(text_of(type)), type);
    finals += is_final(type) ? 1 : 0;
  }
  EXPECT_EQ(finals, 6);
  EXPECT_FALSE(find_evidence_type("B.9"));
}

}  // namespace
}  // namespace yizhan
