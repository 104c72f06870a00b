#include "model/renewal/renewal.h"

#include <gtest/gtest.h>

#include "tests/support/pki.h"

namespace yizhan {
namespace {

constexpr Time kNow = Time::from_ms(1'800'000'000'000);
constexpr Milliseconds kDay = std::chrono::hours{24};

class RenewalTest : public ::testing::Test {
 protected:
  RegisteredCertificate registered(const SoftwareKey& key, Time from, Time until) const {
    return {Purpose::kSign, key.certificate(), from, until, ""};
  }
  std::shared_ptr<SigningKey> shared(const SoftwareKey& key) const {
    return std::make_shared<SoftwareKey>(key);
  }
  std::string state(const Certificates& certificates, Milliseconds warning) const {
    const Json described = describe_coverage(certificates, kNow, warning);
    EXPECT_EQ(described.size(), 1);
    return described.at(0).at("state");
  }

  TestAuthority authority_;
  SoftwareKey old_ = authority_.issue({.subject = "old"});
  SoftwareKey next_ = authority_.issue({.subject = "next"});
  const KeyGenerations keys_ = {shared(old_), shared(next_)};
};

TEST_F(RenewalTest, ChangesToTheNewKeyOnTheDayItIsRegisteredFor) {
  const Certificates both = {registered(old_, kNow - kDay * 300, kNow + kDay * 40),
                             registered(next_, kNow, kNow + kDay * 300)};
  const auto chosen = [&](Time at) {
    return choose_key(keys_, both, Purpose::kSign, at)->certificate();
  };
  EXPECT_EQ(chosen(kNow - Milliseconds{1}), old_.certificate());
  EXPECT_EQ(chosen(kNow), next_.certificate());
  EXPECT_EQ(chosen(kNow + kDay * 100), next_.certificate());
}

TEST_F(RenewalTest, KeepsTheOldKeyUntilTheNewOneIsRegistered) {
  const Certificates one = {registered(old_, kNow - kDay, kNow + kDay)};
  EXPECT_EQ(choose_key(keys_, one, Purpose::kSign, kNow)->certificate(), old_.certificate());
  EXPECT_EQ(choose_key(keys_, {}, Purpose::kSign, kNow)->certificate(), old_.certificate());
  // For another purpose it may not be used, however new it is.
  Certificates other = one;
  other.push_back({Purpose::kTls, next_.certificate(), kNow, kNow + kDay, ""});
  EXPECT_EQ(choose_key(keys_, other, Purpose::kSign, kNow)->certificate(), old_.certificate());
}

TEST_F(RenewalTest, DoesNotUseWhatHasExpiredByItself) {
  const SoftwareKey ended =
      authority_.issue({.subject = "ended", .not_after = kNow - Milliseconds{1000}});
  const Certificates both = {registered(old_, kNow - kDay * 9, kNow + kDay),
                             registered(ended, kNow - kDay, kNow + kDay)};
  EXPECT_EQ(choose_key({shared(old_), shared(ended)}, both, Purpose::kSign, kNow)->certificate(),
            old_.certificate());
}

TEST_F(RenewalTest, WarnsAheadUntilTheNextOneIsRegistered) {
  Certificates certificates = {registered(old_, kNow - kDay, kNow + kDay * 30)};
  EXPECT_EQ(state(certificates, kDay * 29), "good");
  EXPECT_EQ(state(certificates, kDay * 30), "soon");
  certificates.front().until = kNow;
  EXPECT_EQ(state(certificates, kDay * 30), "expired");
  certificates.push_back(registered(next_, kNow, kNow + kDay * 300));
  EXPECT_EQ(state(certificates, kDay * 30), "good");
}

TEST_F(RenewalTest, CountsEachOfficerForHimself) {
  const Certificates officers = {
      {Purpose::kOfficer, old_.certificate(), kNow, kNow + kDay, "chen"},
      {Purpose::kOfficer, next_.certificate(), kNow, kNow + kDay * 300, "lin"}};
  const auto coverage = coverage_of(officers);
  ASSERT_EQ(coverage.size(), 2);
  EXPECT_EQ(coverage.front().holder, "chen");
  EXPECT_EQ(coverage.front().until, kNow + kDay);
}

}  // namespace
}  // namespace yizhan
