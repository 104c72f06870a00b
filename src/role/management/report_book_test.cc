#include "role/management/report_book.h"

#include "role/management/management_desks_test.h"
#include "tests/support/clause.h"

namespace yizhan {
namespace {

class ReportBookTest : public ManagementDesks {
 protected:
  void SetUp() override { ASSERT_TRUE(directory_->adopt(signed_directory(2))); }
  Bytes report(const ReportingNode& node, SoftwareKey key, std::int64_t version,
               const std::string& failed = "") {
    return sign_report({node, 7, version, sha256(bytes_of("d")), clock_.now(), failed}, key)
        .value()
        .cms;
  }
  Bytes of_agency(const TestAgency& agency, std::int64_t version, const std::string& failed = "") {
    return report(agency.code, agency.sign, version, failed);
  }
  Json line(const std::string& node, const std::string& scope = "") {
    const Json board = reports_->board(BoardScope(scope));
    for (const Json& one : board.at("items")) {
      if (one.at("node") == node) return one;
    }
    return {};
  }

  const CentreCode first_ = exchange_.first.code, second_ = exchange_.second.code;
};

TEST_F(ReportBookTest, ShowsWhoRunsWhatWhoIsLateAndWhatFailed) {
  ASSERT_TRUE(reports_->take(report(first_, exchange_.first.evidence, 2), first_));
  ASSERT_TRUE(reports_->take(of_agency(exchange_.a, 1), first_));
  ASSERT_TRUE(reports_->take(of_agency(exchange_.b, 2, "threshold_not_met"), first_));
  EXPECT_EQ(line("CENTRE-1").at("state"), "current");
  EXPECT_EQ(line("CENTRE-1").at("layer"), "exchange");
  EXPECT_EQ(line("CENTRE-2").at("state"), "silent");
  EXPECT_EQ(line(exchange_.a.code.text()).at("state"), "late");
  EXPECT_EQ(line(exchange_.a.code.text()).at("directory"), 1);
  EXPECT_EQ(line(exchange_.b.code.text()).at("state"), "current");
  EXPECT_EQ(line(exchange_.b.code.text()).at("failed").at("code"), "threshold_not_met");
  const Json counts = reports_->board(BoardScope("")).at("counts");
  EXPECT_EQ(counts.at("terminal"),
            (Json{{"nodes", 4}, {"late", 1}, {"silent", 2}, {"failing", 1}, {"outdated", 0},
                  {"deviating", 0}}));
  clock_.pass(std::chrono::minutes{1});
  ASSERT_TRUE(reports_->take(of_agency(exchange_.a, 2), first_));
  EXPECT_EQ(line(exchange_.a.code.text()).at("state"), "current") << "the last word counts";
}

TEST_F(ReportBookTest, EachReportIsAFactOnceHoweverOftenItIsHandedIn) {
  const Bytes cms = of_agency(exchange_.a, 2);
  ASSERT_TRUE(reports_->take(cms, first_));
  ASSERT_TRUE(reports_->take(cms, first_));
  EXPECT_EQ(count("fact_recorded"), 1);
  const auto fact = database_.read([&](Transaction& tx) {
    return Facts::at(tx, {"distribution_report", "agency/" + exchange_.a.code.text()},
                     clock_.now());
  });
  ASSERT_TRUE(fact);
  const auto kept = from_base64(fact->fact.value.at("cms").get<std::string>());
  EXPECT_TRUE(open_report(kept.value())) << "whoever asks later can verify it again";
}

// Who never said anything of its host is not counted; who was looked at long ago is.
TEST_F(ReportBookTest, ShowsWhoseHostIsNotAsItShouldBe) {
  CLAUSE("五(一)4");
  const auto say = [&](const HostWord& host) {
    clock_.pass(std::chrono::seconds{1});
    const DistributionReport word{first_, 7,  2,  sha256(bytes_of("d")), clock_.now(),
                                  "",     "", "", host};
    return reports_->take(sign_report(word, exchange_.first.evidence).value().cms, first_);
  };
  const auto deviating = [&] {
    return reports_->board(BoardScope("")).at("counts").at("exchange").at("deviating");
  };
  ASSERT_TRUE(say({}));
  EXPECT_FALSE(line("CENTRE-1").contains("host"));
  ASSERT_TRUE(say({3, "2026-11-22", 0, {}}));
  EXPECT_EQ(line("CENTRE-1").at("host").at("standing"), "kept");
  EXPECT_EQ(deviating(), 0);
  ASSERT_TRUE(say({3, "2026-11-22", 1, {"port:tcp/22"}}));
  EXPECT_EQ(line("CENTRE-1").at("host").at("standing"), "deviates");
  EXPECT_EQ(line("CENTRE-1").at("host").at("which"), Json({"port:tcp/22"}));
  EXPECT_EQ(deviating(), 1);
  ASSERT_TRUE(say({3, "2026-11-22", 0, {}}));
  clock_.pass(std::chrono::hours{24 * 3});
  EXPECT_EQ(line("CENTRE-1").at("host").at("standing"), "unchecked");
  EXPECT_EQ(deviating(), 1);
}

// By its own signed word, against what two officers have signed.
TEST_F(ReportBookTest, ShowsWhoRunsTooOldAProgram) {
  CLAUSE("五(二)2");
  const std::string package = "a package", path = "releases/exchange/yizhan_1.4.0.deb";
  const Release release{Layer::kExchange,
                        ReleaseVersion::parse("1.4.0").value(),
                        {{path, sha256(bytes_of(package)), 9}},
                        "修正排程",
                        day_of(kTestNow),
                        {"ClamAV 1.4.6", "27500", kTestNow},
                        ReleaseMinimum{ReleaseVersion::parse("1.2.0").value(), day_of(kTestNow)}};
  repository_.put(path, package);
  repository_.put(release.path(), text_of(release.json()));
  FolderSource source(place_.directory() / "repository");
  TrustedState state(place_.directory() / "seen.json",
                     repository_.bytes_at(metadata_location(kRootRole, 1)));
  TrustClient client(state, source);
  ASSERT_TRUE(client.refresh(clock_.now()));
  ASSERT_TRUE(reports_->take_releases(client));
  SoftwareKey key = exchange_.first.evidence;
  const DistributionReport said{first_, 7, 2, sha256(bytes_of("d")), clock_.now(), "", "1.1.0",
                                "1.4.0"};
  ASSERT_TRUE(reports_->take(sign_report(said, key)->cms, first_));
  EXPECT_EQ(line("CENTRE-1").at("release"), "old") << "until the day is over";
  clock_.pass(std::chrono::hours{24});
  EXPECT_EQ(line("CENTRE-1").at("running"), "1.1.0");
  EXPECT_EQ(line("CENTRE-1").at("verified"), "1.4.0");
  EXPECT_EQ(line("CENTRE-1").at("release"), "late");
  EXPECT_EQ(reports_->board(BoardScope("")).at("counts").at("exchange").at("outdated"), 1);
  exchange_.centres[0].kind = CentreKind::kSelfBuilt;
  exchange_.centres[0].run_by = exchange_.a.code;
  ASSERT_TRUE(directory_->adopt(signed_directory(3)));
  EXPECT_EQ(line("CENTRE-1").at("release"), "none") << "it runs a program of its own";
}

TEST_F(ReportBookTest, ComesThroughTheCentreThatServesTheAgency) {
  EXPECT_EQ(reports_->take(of_agency(exchange_.a, 2), second_).reason(), Reason::kForbidden);
  EXPECT_EQ(reports_->take(report(first_, exchange_.first.evidence, 2), second_).reason(),
            Reason::kForbidden);
  EXPECT_EQ(count("fact_recorded"), 0);
}

TEST_F(ReportBookTest, NobodySpeaksForAnother) {
  EXPECT_EQ(reports_->take(report(exchange_.a.code, exchange_.b.sign, 2), first_).reason(),
            Reason::kCertificateUnregistered);
  EXPECT_EQ(reports_->take(report(first_, exchange_.second.evidence, 2), first_).reason(),
            Reason::kCertificateUnregistered);
  EXPECT_EQ(count("fact_recorded"), 0);
}

TEST_F(ReportBookTest, AWordFromTheFutureIsNotTaken) {
  clock_.pass(std::chrono::hours{1});
  const Bytes cms = of_agency(exchange_.a, 2);
  clock_.pass(-std::chrono::hours{1});
  EXPECT_EQ(reports_->take(cms, first_).reason(), Reason::kClockSkew);
}

TEST_F(ReportBookTest, SomebodyOfAPartSeesThatPart) {
  EXPECT_FALSE(line("CENTRE-1", "CENTRE-1").is_null());
  EXPECT_FALSE(line(exchange_.a.code.text(), "CENTRE-1").is_null());
  EXPECT_TRUE(line(exchange_.d.code.text(), "CENTRE-1").is_null());
  EXPECT_TRUE(line("CENTRE-2", "CENTRE-1").is_null());
  EXPECT_EQ(reports_->board(BoardScope(exchange_.a.code.text())).at("items").size(), 1U);
}

TEST_F(ReportBookTest, CountsForMachines) {
  ASSERT_TRUE(reports_->take(of_agency(exchange_.a, 1), first_));
  const std::string text = exposition(reports_->metrics());
  for (const char* expected :
       {"yizhan_nodes{layer=\"terminal\"} 4", "yizhan_nodes_late{layer=\"terminal\"} 1",
        "yizhan_nodes_silent{layer=\"exchange\"} 2"}) {
    EXPECT_NE(text.find(expected), std::string::npos) << expected << "\n" << text;
  }
}

}  // namespace
}  // namespace yizhan
