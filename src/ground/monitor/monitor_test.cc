#include "ground/monitor/monitor.h"

#include <gtest/gtest.h>

#include <atomic>

namespace yizhan {
namespace {

class StoppedClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override { return time; }
  Time time = Time::from_ms(1'795'327'200'000);
};

Response ask(const Router& router, const std::string& path) {
  return router.find(Method::kGet, path).route->handler({.path = path});
}

class Monitored : public ::testing::Test {
 protected:
  Monitored() {
    add_monitor_routes(router_, {readiness_, [] {
                                   return std::vector{Metric{
                                       "yizhan_waiting",
                                       "packages that wait, by reason",
                                       {{{{"reason", "scanner\n\"down\""}}, 3}}}};
                                 }});
  }

  StoppedClock clock_;
  int stored_ = 0;
  bool well_ = true;
  Readiness readiness_{{{"store",
                         [this]() -> Result<void> {
                           ++stored_;
                           return {};
                         }},
                        {"scan",
                         [this]() -> Result<void> {
                           if (well_) return {};
                           return Refusal{Reason::kScannerUnavailable, "引擎沒有回應"};
                         }}},
                       clock_};
  Router router_;
};

TEST_F(Monitored, IsReadyWhenEachCheckHasPassed) {
  EXPECT_EQ(ask(router_, "/healthz").status, 200);
  const Response ready = ask(router_, "/readyz");
  EXPECT_EQ(ready.status, 200);
  const Json answer = Json::parse(text_of(ready.body));
  EXPECT_TRUE(answer.at("ready"));
  EXPECT_EQ(answer.at("checks").size(), 2U);
}

TEST_F(Monitored, SaysWhichCheckHasNotPassedAndHowToMendIt) {
  well_ = false;
  const Response ready = ask(router_, "/readyz");
  EXPECT_EQ(ready.status, 503);
  const Json check = Json::parse(text_of(ready.body)).at("checks").at(1);
  EXPECT_FALSE(check.at("ready"));
  EXPECT_EQ(check.at("reason").at("code"), "scanner_unavailable");
  EXPECT_EQ(check.at("reason").at("detail"), "引擎沒有回應");
  EXPECT_FALSE(check.at("reason").at("remedy").get<std::string>().empty());
  EXPECT_EQ(ask(router_, "/healthz").status, 200) << "the process itself is there";
}

TEST_F(Monitored, DoesTheRealThingOnceForAllWhoAskWithinTenSeconds) {
  for (int i = 0; i < 5; ++i) ask(router_, "/readyz");
  EXPECT_EQ(stored_, 1);
  well_ = false;
  clock_.time = clock_.time + std::chrono::seconds{10};
  EXPECT_EQ(ask(router_, "/readyz").status, 503);
  EXPECT_EQ(stored_, 2);
  clock_.time = clock_.time - std::chrono::hours{1};
  ask(router_, "/readyz");
  EXPECT_EQ(stored_, 3) << "a clock set back makes nothing fresh";
}

TEST_F(Monitored, TakesAnAccidentForACheckThatHasNotPassed) {
  Readiness readiness({{"disk", []() -> Result<void> { throw std::runtime_error("EIO"); }}},
                      clock_);
  const auto findings = readiness.look();
  ASSERT_EQ(findings.size(), 1U);
  ASSERT_TRUE(findings.front().why.has_value());
  EXPECT_EQ(findings.front().why->detail, "EIO");
}

TEST_F(Monitored, SpeaksThePrometheusTextFormat) {
  well_ = false;
  const Response metrics = ask(router_, "/metrics");
  EXPECT_TRUE(metrics.content_type.starts_with("text/plain; version=0.0.4"));
  const std::string text(text_of(metrics.body));
  EXPECT_NE(text.find("# TYPE yizhan_waiting gauge\n"), std::string::npos) << text;
  EXPECT_NE(text.find(R"(yizhan_waiting{reason="scanner\n\"down\""} 3)"), std::string::npos)
      << text;
  EXPECT_NE(text.find(R"(yizhan_ready{check="store"} 1)"), std::string::npos) << text;
  EXPECT_NE(text.find(R"(yizhan_ready{check="scan"} 0)"), std::string::npos) << text;
}

}  // namespace
}  // namespace yizhan
