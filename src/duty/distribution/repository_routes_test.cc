#include <thread>

#include "duty/distribution/distribution.h"
#include "ground/files/files.h"
#include "tests/support/repository_cases.h"
#include "tests/support/small_exchange.h"
#include "tests/support/temporary_folder.h"

namespace yizhan {
namespace {

// Management as a centre finds it over its line: files, news, and where its reports go.
class RepositoryOverHttp : public ::testing::Test {
 protected:
  void SetUp() override {
    repository_.found();
    write_durably(folder_ / "directory.p7m",
                  sign_directory(exchange_.directory(), exchange_.management, kTestNow).value());
    directory_.emplace(folder_ / "directory.p7m", std::vector{exchange_.management.certificate()});
    add_repository_routes(router_,
                          {.admit = [this](const Request&) { return admitted_; },
                           .file =
                               [this](const std::string& at) {
                                 return FolderSource(folder_ / "repository").fetch(at, 1U << 20);
                               },
                           .version = [this] { return version_.load(); },
                           .take_report = [this](const Request& request) -> Result<void> {
                             const SignedReport report = YZ_TRY(open_report(request.body));
                             if (report.report.node.text() == not_taken_) return Reason::kForbidden;
                             taken_.push_back(report.report.node.text());
                             return {};
                           }});
    ListenerConfig listener;
    listener.unix_path = folder_ / "management.sock";
    server_.emplace(std::vector{listener}, router_,
                    ServerConfig{.io_threads = 1, .worker_threads = 2});
    server_->start();
    Endpoint endpoint;
    endpoint.unix_path = folder_ / "management.sock";
    line_.emplace(endpoint, "/v1/distribution");
    own_.emplace(OwnReport::Parts{ReportingNode(exchange_.first.code),
                                  std::make_shared<SoftwareKey>(exchange_.first.evidence),
                                  *directory_, folder_ / "report.p7m", clock_});
    handing_up_.emplace(*line_, *own_, shelf_);
  }
  void TearDown() override { server_->stop(); }

  void report_of(const TestAgency& agency, Time time = kTestNow) {
    SoftwareKey key = agency.sign;
    const auto report = sign_report({agency.code, 1, 1, sha256(bytes_of("d")), time}, key);
    ASSERT_TRUE(shelf_.take(report->cms, agency.code, exchange_.directory()));
  }
  std::vector<std::string> take_taken() { return std::exchange(taken_, {}); }
  using Names = std::vector<std::string>;

  SmallExchange exchange_;
  TestClock clock_;
  TemporaryFolder folder_;
  SmallRepository repository_{folder_ / "repository", kTestNow};
  ReportShelf shelf_{folder_ / "reports"};
  Result<void> admitted_;
  std::atomic<std::int64_t> version_ = 3;
  std::string not_taken_;
  Names taken_;
  Router router_;
  std::optional<DirectorySource> directory_;
  std::optional<Server> server_;
  std::optional<DistributionLine> line_;
  std::optional<OwnReport> own_;
  std::optional<HandingUp> handing_up_;
};

TEST_F(RepositoryOverHttp, IsTheFolderByteForByteToWhoMayAskAndToNobodyElse) {
  const std::string location(kTimestampLocation);
  EXPECT_EQ(line_->fetch(location, 16'384).value(), repository_.bytes_at(location));
  const std::string target = std::filesystem::relative(
      repository_.target_file(SmallRepository::kDirectory), folder_ / "repository");
  EXPECT_EQ(text_of(line_->fetch(target, 100).value()), "directory 1");
  EXPECT_EQ(line_->fetch("metadata/99.root.json", 100).reason(), Reason::kNotFound);
  admitted_ = Reason::kUnlistedAddress;
  EXPECT_EQ(line_->fetch(location, 16'384).reason(), Reason::kUnlistedAddress);
  EXPECT_EQ(line_->wait_for_news(1).reason(), Reason::kUnlistedAddress);
  EXPECT_EQ(line_->report(bytes_of("x")).reason(), Reason::kUnlistedAddress);
}

TEST_F(RepositoryOverHttp, HoldsTheQuestionUntilThereIsNews) {
  EXPECT_TRUE(line_->wait_for_news(2).value()) << "at once";
  std::jthread later([this] {
    while (router_.wakeups().waiting() == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    version_ = 4;
    router_.wakeups().notify(std::string(kDistributionTopic));
  });
  EXPECT_TRUE(line_->wait_for_news(3).value());
}

TEST_F(RepositoryOverHttp, ACentreHandsEachReportUpOnceAndAgainWhenItIsNew) {
  report_of(exchange_.a);
  report_of(exchange_.b);
  const FollowStanding trusted{.version = 3};
  EXPECT_EQ(handing_up_->work(trusted).value(), 3);
  EXPECT_EQ(take_taken(), (Names{"CENTRE-1", "A01000000A", "B02000000B"}));
  EXPECT_EQ(handing_up_->work(trusted).value(), 0);
  report_of(exchange_.b, kTestNow + std::chrono::minutes{1});
  EXPECT_EQ(handing_up_->work(trusted).value(), 1);
  EXPECT_EQ(take_taken(), Names{"B02000000B"});
  ReportShelf again(folder_ / "reports");
  HandingUp restarted(*line_, *own_, again);
  EXPECT_EQ(restarted.work(trusted).value(), 2) << "management may have lost them";
}

TEST_F(RepositoryOverHttp, WhatIsRefusedHoldsUpNoOther) {
  report_of(exchange_.a);
  report_of(exchange_.b);
  not_taken_ = "A01000000A";
  EXPECT_EQ(handing_up_->work({.version = 3}).value(), 2);
  const auto refused = handing_up_->take_refused();
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].first, "A01000000A");
  EXPECT_EQ(refused[0].second.reason, Reason::kForbidden);
}

TEST_F(RepositoryOverHttp, WhatIsNotTakenBecauseNobodyIsThereIsHandedUpLater) {
  report_of(exchange_.a);
  admitted_ = Reason::kUnavailable;
  EXPECT_EQ(handing_up_->work({.version = 3}).reason(), Reason::kUnavailable);
  admitted_ = {};
  EXPECT_EQ(handing_up_->work({.version = 3}).value(), 2);
}

TEST_F(RepositoryOverHttp, ANodeSaysWhatItRefusesAndWhenThatIsOver) {
  EXPECT_FALSE(own_->due({}).value()) << "before anything is trusted there is nothing to say";
  const auto failed_in = [](const Bytes& cms) { return open_report(cms)->report.failed; };
  const FollowStanding well{.version = 3};
  const FollowStanding ill{.version = 3, .why = Refusal{Reason::kThresholdNotMet, ""}};
  EXPECT_EQ(failed_in(**own_->due(well)), "");
  own_->handed_over();
  EXPECT_FALSE(own_->due(well).value());
  EXPECT_EQ(failed_in(**own_->due(ill)), "threshold_not_met");
  own_->handed_over();
  EXPECT_EQ(failed_in(**own_->due(well)), "");
  own_->handed_over();
  const FollowStanding silent{.version = 3, .why = Refusal{Reason::kUnavailable, ""}};
  EXPECT_FALSE(own_->due(silent).value()) << "silence of management is no failure of the node";
}

}  // namespace
}  // namespace yizhan
