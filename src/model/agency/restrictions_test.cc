#include "model/agency/restrictions.h"

#include <gtest/gtest.h>

#include "ground/files/files.h"
#include "tests/support/clause.h"
#include "tests/support/small_exchange.h"
#include "tests/support/temporary_folder.h"

namespace yizhan {
namespace {

constexpr auto kHour = std::chrono::hours{1};

class RestrictionsTest : public ::testing::Test {
 protected:
  [[nodiscard]] Directory with(const Restrictions& restrictions) const {
    return exchange_.directory().restricted(restrictions);
  }
  [[nodiscard]] Restriction by_first(decltype(Restriction::subject) subject) const {
    return {std::move(subject), kTestNow, "命令", exchange_.first.code};
  }
  [[nodiscard]] Reason encryption_of_b(const Directory& directory, Time at) const {
    const auto found =
        find_registered(directory.find(exchange_.b.code)->certificates, Purpose::kEncrypt,
                        exchange_.b.encrypt.certificate().sha256(), at);
    return found ? Reason::kBadRequest : found.reason();
  }

  SmallExchange exchange_;
};

TEST_F(RestrictionsTest, SuspendAnAgencyAndSayByWhichOrder) {
  CLAUSE("十三");
  const Directory over = with({{exchange_.b.code, kTestNow, "命令 orders/3，依十三(一)"}});
  const Agency* b = over.find(exchange_.b.code);
  EXPECT_EQ(b->standing, Standing::kSuspended);
  EXPECT_EQ(b->suspended_text(), b->name + "（命令 orders/3，依十三(一)）");
  EXPECT_EQ(over.find(exchange_.a.code)->standing, Standing::kActive);
  EXPECT_EQ(exchange_.directory().find(exchange_.b.code)->standing, Standing::kActive);
}

TEST_F(RestrictionsTest, OfTwoOrdersBothAreNamed) {
  const Directory over =
      with({{exchange_.b.code, kTestNow, "甲"}, {exchange_.b.code, kTestNow, "乙"}});
  EXPECT_EQ(over.find(exchange_.b.code)->suspended_by, "甲；乙");
}

TEST_F(RestrictionsTest, SuspendACentre) {
  const Directory over = with({{exchange_.second.code, kTestNow, "命令"}});
  EXPECT_EQ(over.find(exchange_.second.code)->standing, Standing::kSuspended);
  EXPECT_EQ(over.find(exchange_.first.code)->standing, Standing::kActive);
}

// Nobody is opened again by an order, and who is not here is not made up.
TEST_F(RestrictionsTest, ChangeNothingOfWhoIsClosedOrUnknown) {
  exchange_.registered(exchange_.b).standing = Standing::kClosed;
  const OrgCode unknown = OrgCode::parse("X99999999X").value();
  const Directory over = with({{exchange_.b.code, kTestNow, "命令"}, {unknown, kTestNow, "命令"}});
  EXPECT_EQ(over.find(exchange_.b.code)->standing, Standing::kClosed);
  EXPECT_EQ(over.find(unknown), nullptr);
  EXPECT_FALSE(over.concerns({unknown, kTestNow, "命令"}));
}

TEST_F(RestrictionsTest, ARevokedCertificateIsNotRegisteredFromThenOnAndWasBefore) {
  const Sha256 revoked = exchange_.b.encrypt.certificate().sha256();
  const Directory over = with({{revoked, kTestNow, "命令"}});
  EXPECT_EQ(encryption_of_b(over, kTestNow - Milliseconds{1}), Reason::kBadRequest);
  EXPECT_EQ(encryption_of_b(over, kTestNow), Reason::kCertificateUnregistered);
  const auto& certificates = over.find(exchange_.b.code)->certificates;
  EXPECT_TRUE(certificates_for(certificates, Purpose::kEncrypt, kTestNow).empty());
  EXPECT_FALSE(certificates_for(certificates, Purpose::kSign, kTestNow).empty());
}

TEST_F(RestrictionsTest, WhoseLineIsRevokedIsNobodyOnTheLine) {
  const Sha256 revoked = exchange_.b.tls.certificate().sha256();
  EXPECT_NE(exchange_.directory().find_agency_by_tls(revoked, kTestNow), nullptr);
  EXPECT_EQ(with({{revoked, kTestNow, "命令"}}).find_agency_by_tls(revoked, kTestNow), nullptr);
}

// The earliest of several counts.
TEST_F(RestrictionsTest, ACertificateIsNotRegisteredLongerByASecondOrder) {
  const Sha256 revoked = exchange_.b.encrypt.certificate().sha256();
  const Directory over = with({{revoked, kTestNow - kHour, "甲"}, {revoked, kTestNow, "乙"}});
  EXPECT_EQ(encryption_of_b(over, kTestNow - kHour), Reason::kCertificateUnregistered);
}

TEST_F(RestrictionsTest, ACentresOfficersReachOnlyTheAgenciesThatItServes) {
  CLAUSE("十三");
  const Directory over = with({by_first(exchange_.b.code), by_first(exchange_.d.code),
                               by_first(exchange_.d.encrypt.certificate().sha256())});
  EXPECT_EQ(over.find(exchange_.b.code)->standing, Standing::kSuspended);
  EXPECT_EQ(over.find(exchange_.d.code)->standing, Standing::kActive) << "of the second centre";
  EXPECT_FALSE(
      certificates_for(over.find(exchange_.d.code)->certificates, Purpose::kEncrypt, kTestNow)
          .empty());
  const Directory plain = exchange_.directory();
  EXPECT_TRUE(plain.concerns(by_first(exchange_.b.code)));
  EXPECT_FALSE(plain.concerns(by_first(exchange_.d.code)));
}

// Nor centres, not even itself, nor their certificates.
TEST_F(RestrictionsTest, ACentresOfficersReachNoCentre) {
  const Directory plain = exchange_.directory();
  const Sha256 line = exchange_.second.tls.certificate().sha256();
  const Directory over = with({by_first(exchange_.second.code), by_first(line)});
  EXPECT_EQ(over.find(exchange_.second.code)->standing, Standing::kActive);
  EXPECT_NE(over.find_centre_by_tls(line, kTestNow), nullptr);
  EXPECT_FALSE(plain.concerns(by_first(line)));
  EXPECT_TRUE(plain.concerns({line, kTestNow, "命令"}));
}

// Moving away does not undo what the old centre had ordered while it served the agency.
TEST_F(RestrictionsTest, AnAgencyThatMovesTakesItsSuspensionAlong) {
  Agency& b = exchange_.registered(exchange_.b);
  b.home_centre = exchange_.second.code;
  b.former = FormerCentre{exchange_.first.code, kTestNow + kHour};
  EXPECT_EQ(with({by_first(b.code)}).find(b.code)->standing, Standing::kSuspended);
  b.former = FormerCentre{exchange_.first.code, kTestNow - kFormerCentreServes};
  EXPECT_EQ(with({by_first(b.code)}).find(b.code)->standing, Standing::kActive)
      << "it did not serve it any more";
}

class LaidOverTest : public ::testing::Test {
 protected:
  Bytes signed_version(std::int64_t version) {
    return sign_directory(exchange_.directory(version), exchange_.management, kTestNow).value();
  }
  void begin() {
    source_.emplace(folder_ / "directory.p7m", std::vector{exchange_.management.certificate()});
  }
  [[nodiscard]] Standing standing_of_b() const {
    return source_->current()->find(exchange_.b.code)->standing;
  }

  SmallExchange exchange_;
  TemporaryFolder folder_;
  std::optional<DirectorySource> source_;
};

TEST_F(LaidOverTest, WhatLiesOverItLiesOverEveryVersionThatComes) {
  write_durably(folder_ / "directory.p7m", signed_version(1));
  begin();
  const auto before = source_->current();
  source_->lay_over({{exchange_.b.code, kTestNow, "命令"}});
  EXPECT_EQ(standing_of_b(), Standing::kSuspended);
  EXPECT_EQ(before->find(exchange_.b.code)->standing, Standing::kActive) << "who reads, reads on";
  EXPECT_TRUE(source_->adopt(signed_version(2)).value());
  EXPECT_EQ(source_->current()->version(), 2);
  EXPECT_EQ(standing_of_b(), Standing::kSuspended);
  EXPECT_EQ(source_->as_signed()->find(exchange_.b.code)->standing, Standing::kActive);
  source_->lay_over({});
  EXPECT_EQ(standing_of_b(), Standing::kActive);
  EXPECT_EQ(source_->current(), source_->as_signed());
}

// What is in force by order is no other content of that version.
TEST_F(LaidOverTest, TheSameVersionAgainIsStillTheSame) {
  write_durably(folder_ / "directory.p7m", signed_version(1));
  begin();
  source_->lay_over({{exchange_.b.code, kTestNow, "命令"}});
  EXPECT_FALSE(source_->adopt(signed_version(1)).value());
  const Bytes bytes = source_->signed_bytes();
  EXPECT_EQ(verify_directory(bytes, {exchange_.management.certificate()})
                .value()
                .find(exchange_.b.code)
                ->standing,
            Standing::kActive)
      << "what is handed on is what management signed";
}

}  // namespace
}  // namespace yizhan
