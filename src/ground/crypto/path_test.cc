#include "ground/crypto/path.h"

#include <gtest/gtest.h>

#include <set>

#include "ground/crypto/digest.h"
#include "tests/support/pki.h"

namespace yizhan {
namespace {

using std::chrono::hours;

constexpr Time kNow = Time::from_ms(1'795'000'000'000);  // 2026-11-18

class PathOf : public testing::Test {
 protected:
  std::string verdict(const Certificate& certificate, const RevocationLists& lists,
                      Time at = kNow) {
    const auto path = validate_path({.certificate = certificate, .at = at}, authority_.anchors(),
                                    authority_.intermediates(), lists);
    return path.ok() ? "ok" : std::string(code_of(path.reason()));
  }
  static std::string code(Reason reason) { return std::string(code_of(reason)); }

  TestAuthority authority_;
  Certificate certificate_ = authority_.issue({.subject = "內政部"}).certificate();
  RevocationLists fresh_ = authority_.revocation_lists(kNow - hours(1));
};

TEST_F(PathOf, AGoodCertificateHasItsChainToTheAnchor) {
  const auto path = validate_path({.certificate = certificate_, .at = kNow}, authority_.anchors(),
                                  authority_.intermediates(), fresh_);
  ASSERT_TRUE(path.ok());
  EXPECT_EQ(path->chain, (std::vector{certificate_, authority_.intermediate(), authority_.root()}));
  EXPECT_FALSE(path->revoked_later.has_value());
}

TEST_F(PathOf, AnotherRootTheMissingIntermediateOrNoAnchorIsUntrusted) {
  TestAuthority other;
  EXPECT_EQ(validate_path({.certificate = certificate_, .at = kNow}, other.anchors(),
                          authority_.intermediates(), fresh_)
                .reason(),
            Reason::kCertificateUntrusted);
  EXPECT_EQ(
      validate_path({.certificate = certificate_, .at = kNow}, authority_.anchors(), {}, fresh_)
          .reason(),
      Reason::kCertificateUntrusted);
  EXPECT_EQ(validate_path({.certificate = certificate_, .at = kNow}, TrustAnchors(),
                          authority_.intermediates(), fresh_)
                .reason(),
            Reason::kCertificateUntrusted);
}

TEST_F(PathOf, AnIntermediateIsNoAnchor) {
  EXPECT_EQ(validate_path({.certificate = certificate_, .at = kNow},
                          TrustAnchors({authority_.intermediate()}), {}, fresh_)
                .reason(),
            Reason::kCertificateUntrusted);
}

TEST_F(PathOf, AnEndEntityIssuesNothing) {
  TestAuthority honest;
  SoftwareKey leaf = authority_.issue({.subject = "Yizhan Test Issuing CA"});
  // A certificate under the name of the leaf, by another authority that took that name.
  EXPECT_EQ(validate_path({.certificate = honest.issue({.subject = "b"}).certificate(), .at = kNow},
                          authority_.anchors(),
                          std::vector{authority_.intermediate(), leaf.certificate()}, fresh_)
                .reason(),
            Reason::kCertificateUntrusted);
}

TEST_F(PathOf, OutsideItsDaysACertificateIsExpired) {
  const Certificate brief =
      authority_
          .issue({.subject = "a", .not_before = kNow - hours(10), .not_after = kNow + hours(10)})
          .certificate();
  EXPECT_EQ(verdict(brief, fresh_), "ok");
  const RevocationLists before = authority_.revocation_lists(kNow - hours(12));
  const RevocationLists after = authority_.revocation_lists(kNow + hours(11));
  EXPECT_EQ(verdict(brief, before, kNow - hours(11)), code(Reason::kCertificateExpired));
  EXPECT_EQ(verdict(brief, after, kNow + hours(11)), code(Reason::kCertificateExpired));
}

TEST_F(PathOf, WithoutAFreshListRevocationIsUnknown) {
  EXPECT_EQ(verdict(certificate_, RevocationLists()), code(Reason::kRevocationUnknown));
  EXPECT_EQ(verdict(certificate_, authority_.revocation_lists(kNow - hours(25))),
            code(Reason::kRevocationUnknown));
  EXPECT_EQ(verdict(certificate_, authority_.revocation_lists(kNow - hours(24))), "ok");
}

TEST_F(PathOf, TheListOfTheRootIsNeededToo) {
  const std::vector issuers = {authority_.intermediate()};
  RevocationLists lists;
  ASSERT_TRUE(lists.add(authority_.crl(kNow, kNow + hours(1)), issuers).ok());
  EXPECT_EQ(verdict(certificate_, lists), code(Reason::kRevocationUnknown));
}

TEST_F(PathOf, AListPastItsNextUpdateSaysNothing) {
  const std::vector issuers = {authority_.root(), authority_.intermediate()};
  RevocationLists lists;
  lists.add(authority_.root_crl(kNow - hours(2), kNow + hours(1)), issuers).value();
  lists.add(authority_.crl(kNow - hours(2), kNow - hours(1)), issuers).value();
  EXPECT_EQ(verdict(certificate_, lists), code(Reason::kRevocationUnknown));
}

TEST_F(PathOf, RevokedBeforeTheTimeInQuestionIsRevoked) {
  authority_.revoke(certificate_, {.revoked_at = kNow - hours(3)});
  const RevocationLists lists = authority_.revocation_lists(kNow - hours(1));
  EXPECT_EQ(verdict(certificate_, lists), code(Reason::kCertificateRevoked));
  EXPECT_EQ(verdict(authority_.issue({.subject = "b"}).certificate(), lists), "ok");
  EXPECT_EQ(lists.find(certificate_)->revoked_at, kNow - hours(3));
}

TEST_F(PathOf, AListTooOldToClearStillRevokes) {
  authority_.revoke(certificate_, {.revoked_at = kNow - hours(80)});
  EXPECT_EQ(verdict(certificate_, authority_.revocation_lists(kNow - hours(72))),
            code(Reason::kCertificateRevoked));
}

TEST_F(PathOf, ARevokedIntermediateRevokesWhatItIssued) {
  authority_.revoke(authority_.intermediate(), {.revoked_at = kNow - hours(3)});
  EXPECT_EQ(verdict(certificate_, authority_.revocation_lists(kNow - hours(1))),
            code(Reason::kCertificateRevoked));
}

TEST_F(PathOf, RevokedLaterItWasGoodThenAndThePathSaysSo) {
  const Revocation later{
      .revoked_at = kNow + hours(5), .invalid_since = kNow - hours(2), .compromised = true};
  authority_.revoke(certificate_, later);
  const RevocationLists lists = authority_.revocation_lists(kNow + hours(6));
  const auto path = validate_path({.certificate = certificate_, .at = kNow}, authority_.anchors(),
                                  authority_.intermediates(), lists);
  ASSERT_TRUE(path.ok());
  ASSERT_TRUE(path->revoked_later.has_value());
  EXPECT_EQ(path->revoked_later->revoked_at, later.revoked_at);
  EXPECT_EQ(path->revoked_later->invalid_since, later.invalid_since);
  EXPECT_TRUE(path->revoked_later->casts_doubt_on(kNow));
  EXPECT_FALSE(path->revoked_later->casts_doubt_on(kNow - hours(3)));
  EXPECT_EQ(verdict(certificate_, lists, kNow + hours(6)), code(Reason::kCertificateRevoked));
}

TEST_F(PathOf, AListMadeAfterTheCertificateExpiredClearsNothing) {
  const Certificate brief =
      authority_.issue({.subject = "a", .not_after = kNow + hours(1)}).certificate();
  EXPECT_EQ(verdict(brief, authority_.revocation_lists(kNow + hours(1))), "ok");
  EXPECT_EQ(verdict(brief, authority_.revocation_lists(kNow + hours(2))),
            code(Reason::kRevocationUnknown));
}

TEST_F(PathOf, TheNewestListStays) {
  const std::vector issuers = {authority_.root(), authority_.intermediate()};
  const Bytes before = authority_.crl(kNow - hours(3), kNow + hours(9));
  authority_.revoke(certificate_, {.revoked_at = kNow - hours(2)});
  fresh_.add(authority_.crl(kNow, kNow + hours(9)), issuers).value();
  EXPECT_TRUE(fresh_.add(before, issuers).ok());
  EXPECT_EQ(fresh_.this_update(certificate_), kNow);
  EXPECT_EQ(fresh_.all().size(), 2U);
  EXPECT_EQ(verdict(certificate_, fresh_), code(Reason::kCertificateRevoked));
}

// What was found before is no other answer than what would be found now.
TEST_F(PathOf, RemembersNothingBeyondItsTime) {
  const auto ask_at = [&](const RevocationLists& lists, int hour) {
    return verdict(certificate_, lists, kNow + hours(hour));
  };
  std::set<std::string> answers;
  for (int round = 0; round < 2; ++round) {
    for (int hour = -240; hour < 240; hour += 7) {
      const RevocationLists nothing_remembered = fresh_;
      const std::string answer = ask_at(fresh_, hour);
      EXPECT_EQ(answer, ask_at(nothing_remembered, hour)) << hour;
      answers.insert(answer);
    }
  }
  EXPECT_EQ(answers, (std::set<std::string>{"ok", code(Reason::kRevocationUnknown)}));
}

TEST_F(PathOf, ARevocationEndsWhatIsRemembered) {
  EXPECT_EQ(verdict(certificate_, fresh_), "ok");
  authority_.revoke(certificate_, {.revoked_at = kNow - hours(1)});
  const std::vector issuers = {authority_.intermediate()};
  fresh_.add(authority_.crl(kNow, kNow + hours(9)), issuers).value();
  EXPECT_EQ(verdict(certificate_, fresh_), code(Reason::kCertificateRevoked));
}

TEST_F(PathOf, ForgedOrForeignListsDoNotEnter) {
  const std::vector issuers = {authority_.root(), authority_.intermediate()};
  TestAuthority impostor;  // the same names, other keys
  EXPECT_EQ(fresh_.add(impostor.crl(kNow, kNow + hours(9)), issuers).reason(),
            Reason::kBadSignature);
  TestAuthority stranger("Another");
  EXPECT_EQ(fresh_.add(stranger.crl(kNow, kNow + hours(9)), issuers).reason(),
            Reason::kCertificateUntrusted);
  Bytes longer = authority_.crl(kNow, kNow + hours(9));
  longer.push_back(0);
  EXPECT_EQ(fresh_.add(longer, issuers).reason(), Reason::kMalformed);
  EXPECT_EQ(fresh_.this_update(certificate_), kNow - hours(1));
}

TEST_F(PathOf, TheNamesOfAnotherAuthorityDoNotHelpItsCertificates) {
  TestAuthority impostor;
  EXPECT_EQ(verdict(impostor.issue({.subject = "內政部"}).certificate(), fresh_),
            code(Reason::kCertificateUntrusted));
}

}  // namespace
}  // namespace yizhan
