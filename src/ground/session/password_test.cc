#include "ground/session/password.h"

#include <gtest/gtest.h>

#include "ground/session/rest_key.h"
#include "ground/session/totp.h"

namespace yizhan {
namespace {

Result<void> check(std::string_view password) {
  return check_password({}, bytes_of(password), AccountName::parse("wang.daming").value());
}

TEST(Password, IsLongEnoughAndOfSeveralKinds) {
  EXPECT_TRUE(check("abcdEFGH1234").ok());
  EXPECT_TRUE(check("correct-horse-8").ok());
  EXPECT_TRUE(check("公文電子交換系統 abc1").ok()) << "code points, not bytes";
  for (const char* bad : {"abcdEFGH123", "公文電aB1", "abcdefgh1234", "ABCDEFGHIJKL", "",
                          "abcdEFGH\x01"
                          "1234",
                          "abcdEFGH1234\x7F"}) {
    EXPECT_EQ(check(bad).reason(), Reason::kPasswordRefused) << bad;
  }
  EXPECT_TRUE(check(std::string(252, 'a') + "B1-x").ok());
  EXPECT_FALSE(check(std::string(253, 'a') + "B1-x").ok());
}

TEST(Password, DoesNotHoldTheNameOfTheAccount) {
  EXPECT_EQ(check("wang.daming-A1").reason(), Reason::kPasswordRefused);
  EXPECT_EQ(check("1-Wang.DaMing!").reason(), Reason::kPasswordRefused);
  EXPECT_TRUE(check("wang-daming-A1").ok());
}

TEST(Password, IsKeptAsArgon2id) {
  const Bytes password = copy_of(bytes_of("Correct-horse-8"));
  const std::string hash = hash_password(PasswordCost{}, password);
  EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=65536,t=2,p=1$")) << hash;
  EXPECT_TRUE(matches_password(hash, password));
  EXPECT_FALSE(matches_password(hash, bytes_of("Correct-horse-9")));
  EXPECT_FALSE(matches_password(hash, bytes_of("Correct-horse-")));
  EXPECT_NE(hash, hash_password(PasswordCost{}, password)) << "salted";
  EXPECT_THROW(matches_password("no hash", password), std::runtime_error);
}

TEST(AccountNames, LookLikeNoOther) {
  for (const char* good : {"abc", "wang.daming", "a-1_2"}) {
    EXPECT_TRUE(AccountName::parse(good).ok()) << good;
  }
  for (const char* bad : {"", "ab", "Wang", "1ab", "王大明", "a b c", "abc\n"}) {
    EXPECT_FALSE(AccountName::parse(bad).ok()) << bad;
  }
  EXPECT_TRUE(AccountName::parse(std::string(64, 'a')).ok());
  EXPECT_FALSE(AccountName::parse(std::string(65, 'a')).ok());
}

// RFC 6238, appendix B, the SHA-1 column.
TEST(Totp, GivesTheCodesOfTheStandard) {
  const SecretBytes secret(copy_of(bytes_of("12345678901234567890")));
  const std::pair<std::int64_t, const char*> vectors[] = {
      {59, "94287082"},         {1111111109, "07081804"}, {1111111111, "14050471"},
      {1234567890, "89005924"}, {2000000000, "69279037"}, {20000000000, "65353130"}};
  for (const auto& [second, code] : vectors) {
    EXPECT_EQ(totp_code(secret, totp_step_at(Time::from_ms(second * 1000)), 8), code);
  }
}

TEST(Totp, TakesOneStepEitherWay) {
  const SecretBytes secret = new_totp_secret();
  const Time now = Time::from_ms(1'795'000'000'000);
  const std::int64_t step = totp_step_at(now);
  for (const int near : {-1, 0, 1}) {
    EXPECT_EQ(totp_step_of(secret, totp_code(secret, step + near), now), step + near);
  }
  for (const int far : {-2, 2}) {
    EXPECT_EQ(totp_step_of(secret, totp_code(secret, step + far), now), std::nullopt);
  }
  for (const char* none : {"", "12345", "1234567", "abcdef"}) {
    EXPECT_EQ(totp_step_of(secret, none, now), std::nullopt);
  }
}

TEST(Totp, IsHandedOverAsAnAddressForApps) {
  const SecretBytes secret(copy_of(bytes_of("12345678901234567890")));
  EXPECT_EQ(text_of(totp_uri(secret, "yizhan.example", "wang.daming").view()),
            "otpauth://totp/yizhan.example:wang.daming?"
            "secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=yizhan.example");
}

TEST(RestKeys, OpenWhatTheySealedAndOnlyWhereItBelongs) {
  const RestKey key(SecretBytes(32));
  const SecretBytes secret = new_totp_secret();
  const Bytes sealed = key.seal(secret, "account-1");
  const auto same = [&](const SecretBytes& opened) {
    return std::ranges::equal(opened.view(), secret.view());
  };
  EXPECT_TRUE(same(key.open(sealed, "account-1")));
  EXPECT_NE(sealed, key.seal(secret, "account-1"));
  EXPECT_THROW(static_cast<void>(key.open(sealed, "account-2")), std::runtime_error);
  const RestKey other(SecretBytes(Bytes(32, 1)));
  EXPECT_THROW(static_cast<void>(other.open(sealed, "account-1")), std::runtime_error);
  for (const std::size_t at : {std::size_t{0}, std::size_t{30}, sealed.size() - 1}) {
    Bytes spoilt = sealed;
    spoilt[at] ^= 1U;
    EXPECT_THROW(static_cast<void>(key.open(spoilt, "account-1")), std::runtime_error) << at;
  }
  EXPECT_THROW(static_cast<void>(key.open(Bytes(55), "account-1")), std::runtime_error);
}

}  // namespace
}  // namespace yizhan
