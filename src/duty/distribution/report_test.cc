#include "duty/distribution/distribution.h"

#include <gtest/gtest.h>

#include "ground/files/files.h"
#include "tests/support/clause.h"
#include "tests/support/small_exchange.h"
#include "tests/support/temporary_folder.h"

namespace yizhan {
namespace {

class ReportTest : public ::testing::Test {
 protected:
  Bytes report(const TestAgency& about, SoftwareKey& by, std::int64_t directory,
               Time time = kTestNow) {
    return sign_report({about.code, 7, directory, sha256(bytes_of("directory")), time}, by)
        .value()
        .cms;
  }
  Result<void> take(const Bytes& cms, const TestAgency& from) {
    return shelf_.take(cms, from.code, exchange_.directory());
  }

  SmallExchange exchange_;
  TemporaryFolder folder_;
  ReportShelf shelf_{folder_ / "reports"};
};

TEST_F(ReportTest, TheLastOfEachAgencyIsKept) {
  EXPECT_TRUE(shelf_.all().empty());
  ASSERT_TRUE(take(report(exchange_.b, exchange_.b.sign, 2), exchange_.b));
  ASSERT_TRUE(take(report(exchange_.a, exchange_.a.sign, 2), exchange_.a));
  const Time later = kTestNow + std::chrono::minutes{1};
  ASSERT_TRUE(take(report(exchange_.a, exchange_.a.sign, 3, later), exchange_.a));
  ASSERT_TRUE(take(report(exchange_.a, exchange_.a.sign, 2), exchange_.a)) << "it came late";
  const auto all = shelf_.all();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].report.node, ReportingNode(exchange_.a.code));
  EXPECT_EQ(all[0].report.directory, 3);
  EXPECT_EQ(all[0].report.directory_sha256, sha256(bytes_of("directory")));
  EXPECT_EQ(all[0].signer, exchange_.a.sign.certificate());
  EXPECT_EQ(all[1].report.node, ReportingNode(exchange_.b.code));
}

TEST_F(ReportTest, NobodySpeaksForAnother) {
  EXPECT_EQ(take(report(exchange_.b, exchange_.b.sign, 2), exchange_.a).reason(),
            Reason::kForbidden);
  EXPECT_EQ(take(report(exchange_.a, exchange_.b.sign, 2), exchange_.a).reason(),
            Reason::kCertificateUnregistered);
  EXPECT_TRUE(shelf_.all().empty());
}

TEST_F(ReportTest, ACentreSpeaksWithItsEvidenceKeyAndForItselfOnly) {
  const auto by = [this](SoftwareKey& key) {
    return sign_report({exchange_.first.code, 7, 2, sha256(bytes_of("d")), kTestNow}, key).value();
  };
  const SignedReport own = by(exchange_.first.evidence);
  ASSERT_NE(own.report.node.centre(), nullptr);
  EXPECT_EQ(*own.report.node.centre(), exchange_.first.code);
  EXPECT_EQ(own.report.node.agency(), nullptr);
  EXPECT_TRUE(check_reporter(own, exchange_.directory()));
  for (SoftwareKey* other : {&exchange_.first.tls, &exchange_.second.evidence}) {
    EXPECT_FALSE(check_reporter(by(*other), exchange_.directory()));
  }
  EXPECT_EQ(take(own.cms, exchange_.a).reason(), Reason::kForbidden);
}

TEST_F(ReportTest, SaysWhatWasRefusedByItsCode) {
  SoftwareKey& key = exchange_.a.sign;
  DistributionReport report{exchange_.a.code, 7, 2, sha256(bytes_of("d")), kTestNow,
                            "threshold_not_met"};
  EXPECT_EQ(sign_report(report, key)->report.failed, "threshold_not_met");
  report.failed = "a code of tomorrow";
  EXPECT_EQ(sign_report(report, key).reason(), Reason::kMalformed) << "that is none";
}

TEST_F(ReportTest, SaysWhatRunsAndWhatWasVerified) {
  CLAUSE("五(二)2");
  const DistributionReport said{exchange_.a.code, 7, 2, sha256(bytes_of("d")), kTestNow, "",
                                "1.3.0",          "1.4.0"};
  SoftwareKey key = exchange_.a.sign;
  const DistributionReport read = sign_report(said, key).value().report;
  EXPECT_EQ(read.running, "1.3.0");
  EXPECT_EQ(read.verified, "1.4.0");
  Json other = Json::parse(text_of(said.json()));
  other["running"] = "<b>1.3.0</b>";
  EXPECT_EQ(DistributionReport::parse(bytes_of(other.dump())).reason(), Reason::kMalformed);
}

TEST_F(ReportTest, AChangedReportIsRefused) {
  Bytes cms = report(exchange_.a, exchange_.a.sign, 2);
  const std::string before = "\"directory\":2";
  const auto at = std::ranges::search(cms, bytes_of(before));
  ASSERT_FALSE(at.empty());
  *(at.end() - 1) = '3';
  EXPECT_EQ(take(cms, exchange_.a).reason(), Reason::kBadSignature);
  EXPECT_TRUE(shelf_.all().empty());
}

TEST_F(ReportTest, SaysNoMoreThanItsMembers) {
  const Bytes json =
      sign_report({exchange_.a.code, 7, 2, sha256(bytes_of("")), kTestNow}, exchange_.a.sign)
          .value()
          .report.json();
  EXPECT_TRUE(DistributionReport::parse(json));
  std::string text(text_of(json));
  EXPECT_EQ(DistributionReport::parse(bytes_of(text.replace(1, 0, "\"a\":1,"))).reason(),
            Reason::kMalformed);
  EXPECT_EQ(DistributionReport::parse(bytes_of("{}")).reason(), Reason::kMalformed);
}

}  // namespace
}  // namespace yizhan
