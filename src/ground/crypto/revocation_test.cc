#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "ground/crypto/path.h"
#include "tests/support/pki.h"

namespace yizhan {
namespace {

using std::chrono::hours;

constexpr Time kNow = Time::from_ms(1'795'000'000'000);  // 2026-11-18
constexpr Time kComplete = kNow - hours(3);              // when the complete lists were made
constexpr Time kDelta = kNow - hours(1);

class Lists : public testing::Test {
 protected:
  Result<Path> path(const Certificate& certificate, Time at = kNow) const {
    return validate_path({.certificate = certificate, .at = at}, authority_.anchors(),
                         authority_.intermediates(), lists_);
  }
  std::string verdict(const Certificate& certificate, Time at = kNow) const {
    return code_in(path(certificate, at));
  }
  static std::string code_in(const Result<Path>& path) {
    return path.ok() ? "ok" : std::string(code_of(path.reason()));
  }
  Result<void> add(const RevocationListRequest& request) {
    return lists_.add(authority_.crl(request), issuers());
  }
  [[nodiscard]] std::vector<Certificate> issuers() const {
    return {authority_.root(), authority_.intermediate()};
  }

  // The octet that lies `after` octets behind the identifier of an extension (2.5.29.x).
  static std::uint8_t& octet_at(Bytes& der, int extension, int after) {
    const Bytes identifier = {0x06, 0x03, 0x55, 0x1D, static_cast<std::uint8_t>(extension)};
    const auto found = std::search(der.begin(), der.end(), identifier.begin(), identifier.end());
    EXPECT_NE(found, der.end());
    return *(found + 4 + after);
  }

  TestAuthority authority_;
  Certificate certificate_ = authority_.issue({.subject = "內政部"}).certificate();
  RevocationLists lists_;
};

class Delta : public Lists {
 protected:
  void add_complete() { lists_ = authority_.revocation_lists(kComplete); }
  void add_delta() {
    add({.this_update = kDelta, .next_update = kNow + hours(9), .since = kComplete}).value();
  }
};

TEST_F(Delta, Revokes) {
  add_complete();
  EXPECT_EQ(verdict(certificate_), "ok");
  authority_.revoke(certificate_, {.revoked_at = kNow - hours(2)});
  add_delta();
  EXPECT_EQ(verdict(certificate_), "certificate_revoked");
  EXPECT_EQ(verdict(authority_.issue({.subject = "b"}).certificate()), "ok");
  EXPECT_EQ(lists_.find(certificate_)->revoked_at, kNow - hours(2));
  EXPECT_EQ(lists_.this_update(certificate_), kDelta);
  EXPECT_EQ(lists_.all().size(), 3U);
}

TEST_F(Delta, RevokesLaterWhatWasGoodThen) {
  add_complete();
  authority_.revoke(
      certificate_,
      {.revoked_at = kNow - hours(2), .invalid_since = kNow - hours(4), .compromised = true});
  add_delta();
  const auto before = path(certificate_, kNow - hours(3));
  ASSERT_TRUE(before.ok());
  ASSERT_TRUE(before->revoked_later.has_value());
  EXPECT_TRUE(before->revoked_later->casts_doubt_on(kNow - hours(3)));
}

TEST_F(Delta, LiftsAHold) {
  authority_.hold(certificate_, kNow - hours(4));
  add_complete();
  EXPECT_EQ(verdict(certificate_), "certificate_revoked");
  authority_.release(certificate_, kNow - hours(2));
  add_delta();
  EXPECT_EQ(verdict(certificate_), "ok");
  EXPECT_FALSE(lists_.find(certificate_).has_value());
}

TEST_F(Delta, LiftsNothingButAHold) {
  authority_.revoke(certificate_, {.revoked_at = kNow - hours(4), .compromised = true});
  add_complete();
  authority_.release(certificate_, kNow - hours(2));
  add_delta();
  EXPECT_EQ(verdict(certificate_), "certificate_revoked");
}

TEST_F(Delta, WhatWasHeldAndThenRevokedIsRevokedSinceItWasHeld) {
  authority_.hold(certificate_, kNow - hours(4));
  add_complete();
  authority_.revoke(certificate_, {.revoked_at = kNow - hours(2), .compromised = true});
  add_delta();
  EXPECT_EQ(lists_.find(certificate_)->revoked_at, kNow - hours(4));
  EXPECT_TRUE(lists_.find(certificate_)->compromised);
  EXPECT_EQ(verdict(certificate_, kNow - hours(3)), "certificate_revoked");
}

TEST_F(Delta, WithoutItsCompleteListClearsNothing) {
  const std::vector root = {authority_.root()};
  lists_.add(authority_.root_crl(kComplete, kNow + hours(9)), root).value();
  add_delta();
  EXPECT_EQ(verdict(certificate_), "revocation_unknown");
  add({.this_update = kNow - hours(4), .next_update = kNow + hours(9)}).value();
  EXPECT_EQ(verdict(certificate_), "revocation_unknown");  // the delta is for a later one
  add({.this_update = kComplete, .next_update = kNow + hours(9)}).value();
  EXPECT_EQ(verdict(certificate_), "ok");
}

TEST_F(Delta, WithoutItsCompleteListStillRevokes) {
  authority_.revoke(certificate_, {.revoked_at = kNow - hours(2)});
  add_delta();
  EXPECT_EQ(verdict(certificate_), "certificate_revoked");
}

TEST_F(Delta, OutOfDateClearsNothingAndStillRevokes) {
  const Certificate held = authority_.issue({.subject = "b"}).certificate();
  const Certificate revoked = authority_.issue({.subject = "c"}).certificate();
  authority_.hold(held, kNow - hours(4));
  add_complete();
  authority_.release(held, kNow - hours(2));
  authority_.revoke(revoked, {.revoked_at = kNow - hours(2)});
  add({.this_update = kDelta, .next_update = kNow, .since = kComplete}).value();
  EXPECT_EQ(verdict(certificate_, kNow - hours(1)), "ok");
  EXPECT_EQ(verdict(held, kNow - hours(1)), "ok");
  EXPECT_EQ(verdict(certificate_), "revocation_unknown");
  EXPECT_EQ(verdict(held), "revocation_unknown");
  EXPECT_EQ(verdict(revoked), "certificate_revoked");
}

TEST_F(Delta, OlderThanADayClearsNothing) {
  add_complete();
  add({.this_update = kDelta, .next_update = kNow + hours(99), .since = kComplete}).value();
  EXPECT_EQ(verdict(certificate_, kComplete + hours(24)), "ok");
  // The complete list is too old first, and the delta makes it no younger.
  EXPECT_EQ(verdict(certificate_, kComplete + hours(25)), "revocation_unknown");
  EXPECT_EQ(verdict(certificate_, kDelta + hours(25)), "revocation_unknown");
}

TEST_F(Delta, MadeAfterTheCertificateExpiredClearsNothing) {
  const Certificate brief =
      authority_.issue({.subject = "a", .not_after = kNow - hours(2)}).certificate();
  authority_.hold(brief, kNow - hours(4));
  add_complete();
  authority_.release(brief, kNow - hours(2) + std::chrono::minutes(1));
  add_delta();
  EXPECT_EQ(verdict(brief, kNow - hours(3)), "certificate_revoked");
  const Certificate unnamed =
      authority_.issue({.subject = "b", .not_after = kNow - hours(2)}).certificate();
  EXPECT_EQ(verdict(unnamed, kNow - hours(3)), "revocation_unknown");
}

TEST_F(Delta, GoesOnceACompleteListIncludesIt) {
  const RevocationListRequest delta = {
      .this_update = kDelta, .next_update = kNow + hours(9), .since = kComplete};
  add_complete();
  EXPECT_TRUE(add(delta).ok());
  EXPECT_EQ(lists_.all().size(), 3U);
  EXPECT_TRUE(add({.this_update = kDelta, .next_update = kNow + hours(9)}).ok());
  EXPECT_EQ(lists_.all().size(), 2U);
  EXPECT_TRUE(add(delta).ok());
  EXPECT_EQ(lists_.all().size(), 2U);
}

TEST_F(Delta, PushesNoCompleteListOutAndNoNewerDelta) {
  add_complete();
  authority_.revoke(certificate_, {.revoked_at = kNow - hours(2)});
  add_delta();
  const Time older = kNow - hours(2) - std::chrono::minutes(1);
  EXPECT_TRUE(add({.this_update = older, .next_update = kNow + hours(9), .since = kComplete}).ok());
  EXPECT_EQ(lists_.this_update(certificate_), kDelta);
  EXPECT_EQ(lists_.all().size(), 3U);
}

TEST_F(Delta, OfAnotherKeyDoesNotEnter) {
  TestAuthority impostor;  // the same names, other keys
  const Bytes forged =
      impostor.crl({.this_update = kDelta, .next_update = kNow + hours(9), .since = kComplete});
  EXPECT_EQ(lists_.add(forged, issuers()).reason(), Reason::kBadSignature);
}

TEST_F(Delta, WithoutANumberDoesNotEnter) {
  for (const int extension : {20, 27}) {  // cRLNumber, deltaCRLIndicator
    Bytes delta =
        authority_.crl({.this_update = kDelta, .next_update = kNow + hours(9), .since = kComplete});
    const int value = extension == 27 ? 6 : 3;  // the tag INTEGER, behind critical and OCTET STRING
    octet_at(delta, extension, value) = 0x04;
    EXPECT_EQ(lists_.add(delta, issuers()).reason(), Reason::kMalformed) << extension;
  }
}

// What was found before is no other answer than what would be found now.
TEST_F(Delta, IsRememberedNoLongerThanItHolds) {
  add_complete();
  add({.this_update = kDelta, .next_update = kNow + hours(5), .since = kComplete}).value();
  std::set<std::string> answers;
  for (int hour = -48; hour < 48; ++hour) {
    const Time at = kNow + hours(hour);
    const RevocationLists nothing_remembered = lists_;
    const std::string answer = verdict(certificate_, at);
    EXPECT_EQ(answer,
              code_in(validate_path({.certificate = certificate_, .at = at}, authority_.anchors(),
                                    authority_.intermediates(), nothing_remembered)))
        << hour;
    answers.insert(answer);
  }
  EXPECT_EQ(answers, (std::set<std::string>{"ok", "revocation_unknown"}));
}

class Indirect : public Lists {
 protected:
  // Of the root, for every certificate below; the intermediate's own is not there.
  void add_indirect() {
    add({.this_update = kComplete, .next_update = kNow + hours(9), .indirect = true}).value();
  }
  Certificate issue(const std::string& subject) {
    return authority_.issue({.subject = subject, .list_issuer = authority_.root()}).certificate();
  }
  // Another issuer's certificate with the same serial number.
  Certificate twin_of(const Certificate& certificate) {
    return other_.issue({.subject = "b", .twin = certificate}).certificate();
  }

  TestAuthority other_{"Another"};
};

TEST_F(Indirect, RevokesByIssuerAndSerialNumber) {
  const Certificate revoked = issue("a");
  const Certificate good = issue("b");
  const Revocation revocation{.revoked_at = kNow - hours(4)};
  authority_.revoke(twin_of(good), revocation);
  authority_.revoke(revoked, revocation);
  add_indirect();
  EXPECT_EQ(verdict(revoked), "certificate_revoked");
  EXPECT_EQ(verdict(good), "ok");
  EXPECT_TRUE(lists_.find(revoked).has_value());
  EXPECT_FALSE(lists_.find(good).has_value());
  EXPECT_FALSE(lists_.find(twin_of(revoked)).has_value());
}

TEST_F(Indirect, AnEntryMeansTheIssuerOfTheOneBefore) {
  const Certificate first = issue("a");
  const Certificate second = issue("b");
  const Certificate good = issue("c");
  const Revocation revocation{.revoked_at = kNow - hours(4)};
  authority_.revoke(first, revocation);
  authority_.revoke(second, revocation);
  authority_.revoke(twin_of(first), revocation);
  authority_.revoke(twin_of(good), revocation);
  add_indirect();
  EXPECT_EQ(verdict(first), "certificate_revoked");
  EXPECT_EQ(verdict(second), "certificate_revoked");
  EXPECT_EQ(verdict(good), "ok");
}

TEST_F(Indirect, CountsOnlyForCertificatesThatNameItsIssuer) {
  authority_.revoke(certificate_, {.revoked_at = kNow - hours(4)});
  add_indirect();
  EXPECT_EQ(verdict(certificate_), "revocation_unknown");
  EXPECT_FALSE(lists_.find(certificate_).has_value());
  EXPECT_EQ(lists_.this_update(certificate_), std::nullopt);
}

TEST_F(Indirect, TheIssuersOwnListClearsNothingThatItRevokes) {
  const Certificate revoked = issue("a");
  add({.this_update = kComplete, .next_update = kNow + hours(9)}).value();
  authority_.revoke(revoked, {.revoked_at = kNow - hours(2)});
  add_indirect();
  EXPECT_EQ(verdict(revoked), "certificate_revoked");
  const auto before = path(revoked, kNow - hours(3));
  ASSERT_TRUE(before.ok());
  EXPECT_EQ(before->revoked_later->revoked_at, kNow - hours(2));
}

TEST_F(Indirect, HoldsNoLongerThanItsNextUpdate) {
  const Certificate good = issue("a");
  add_indirect();
  EXPECT_EQ(verdict(good), "ok");
  EXPECT_EQ(verdict(good, kNow + hours(9)), "revocation_unknown");
}

TEST_F(Indirect, DoesNotEnterUnlessEachIssuerCanBeRead) {
  authority_.revoke(issue("a"), {.revoked_at = kNow - hours(4)});
  Bytes list =
      authority_.crl({.this_update = kComplete, .next_update = kNow + hours(9), .indirect = true});
  std::uint8_t& kind_of_name = octet_at(list, 29, 8);  // certificateIssuer
  ASSERT_EQ(kind_of_name, 0xA4);                       // directoryName
  kind_of_name = 0x86;                                 // uniformResourceIdentifier
  EXPECT_EQ(lists_.add(list, issuers()).reason(), Reason::kMalformed);
}

TEST_F(Indirect, HasDeltasToo) {
  const Certificate held = issue("a");
  const Certificate revoked = issue("b");
  const Certificate good = issue("c");
  authority_.hold(held, kNow - hours(4));
  add_indirect();
  authority_.release(held, kNow - hours(2));
  authority_.revoke(revoked, {.revoked_at = kNow - hours(2)});
  authority_.revoke(twin_of(good), {.revoked_at = kNow - hours(2)});
  add({.this_update = kDelta, .next_update = kNow + hours(9), .since = kComplete, .indirect = true})
      .value();
  EXPECT_EQ(verdict(held), "ok");
  EXPECT_EQ(verdict(revoked), "certificate_revoked");
  EXPECT_EQ(verdict(good), "ok");
}

}  // namespace
}  // namespace yizhan
