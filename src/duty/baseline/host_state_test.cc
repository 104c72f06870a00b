#include "duty/baseline/host_state.h"

#include <gtest/gtest.h>

#include "duty/baseline/baseline_cases_test.h"

namespace yizhan {
namespace {

class HostTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::vector<std::string> deviations() const {
    std::vector<std::string> texts;
    const auto host = HostState::read(host_.root(), baseline_.settings);
    EXPECT_TRUE(host);
    if (!host) return texts;
    for (const Deviation& one : find_deviations(baseline_, *host)) texts.push_back(one.text);
    return texts;
  }
  using Texts = std::vector<std::string>;

  TestHost host_;
  Baseline baseline_ = baseline_of();
};

TEST_F(HostTest, IsReadAsItIs) {
  const HostState host = HostState::read(host_.root(), baseline_.settings).value();
  EXPECT_EQ(host.system->text(), "debian 12");
  EXPECT_EQ(host.packages, (std::map<std::string, std::string>{{"clamav-daemon", "1.4.3+dfsg-1"},
                                                               {"openssl", "3.0.17-1~deb12u2"}}))
      << "what is removed but for its settings is not installed";
  EXPECT_EQ(host.ports, (std::set<ListeningPort>{{"tcp", 8443}, {"udp", 123}}))
      << "neither its loopback nor what it connects to";
  EXPECT_EQ(host.settings.at("net.ipv4.ip_forward"), "0");
  EXPECT_TRUE(deviations().empty());
}

TEST_F(HostTest, OfWhichNothingCanBeSaidIsNotCalledWell) {
  host_.remove("var/lib/dpkg/status");
  EXPECT_EQ(HostState::read(host_.root(), {}).reason(), Reason::kUnavailable);
  TestHost other;
  other.remove("proc/net/tcp");
  EXPECT_EQ(HostState::read(other.root(), {}).reason(), Reason::kUnavailable);
}

TEST_F(HostTest, MayRunTheListedSystemsOnly) {
  CLAUSE("五(一)4");
  host_.put("etc/os-release", "ID=debian\nVERSION_ID=\"11\"\n");
  EXPECT_EQ(deviations(), Texts{"system:debian 11"});
  baseline_.systems.push_back({"debian", "11"});
  EXPECT_TRUE(deviations().empty());
  host_.remove("etc/os-release");
  EXPECT_EQ(deviations(), Texts{"system:（不明）"});
  baseline_.systems.clear();
  EXPECT_TRUE(deviations().empty()) << "any will do";
}

TEST_F(HostTest, WithoutAFixThatIsOutDeviates) {
  CLAUSE("五(三)1");
  baseline_.at_least.insert_or_assign("openssl", debian("3.0.18-1"));
  baseline_.at_least.emplace("nginx", debian("1.26"));
  EXPECT_EQ(deviations(), Texts{"old:openssl"}) << "what is not installed needs no fix";
}

TEST_F(HostTest, LacksWhatIsRequired) {
  CLAUSE("附錄四4交");
  baseline_.required.push_back("auditd");
  EXPECT_EQ(deviations(), Texts{"missing:auditd"});
}

TEST_F(HostTest, HasNothingThatIsForbidden) {
  CLAUSE("五(一)5");
  CLAUSE("五(二)3");
  CLAUSE("五(三)6");
  host_.install("transmission-cli", "3.00-2");
  host_.install("telegram-desktop", "4.6-1");
  host_.install("transmit", "1.0");
  EXPECT_EQ(deviations(), (Texts{"forbidden:telegram-desktop", "forbidden:transmission-cli"}));
}

TEST_F(HostTest, OpensNoOtherPort) {
  CLAUSE("五(一)5");
  host_.put("proc/net/tcp6",
            TestHost::head() +
                "   0: 00000000000000000000000000000000:0016 00000000:0000 0A 0\n"   // [::]:22
                "   1: 00000000000000000000000001000000:0BB8 00000000:0000 0A 0\n"   // [::1]:3000
                "   2: 0000000000000000FFFF00000100007F:0BB9 00000000:0000 0A 0\n");  // mapped
  EXPECT_EQ(deviations(), Texts{"port:tcp/22"});
}

TEST_F(HostTest, IsSetAsItShouldBe) {
  host_.put("proc/sys/net/ipv4/ip_forward", "1\n");
  baseline_.settings.emplace("kernel.nothing_so_called", "1");
  EXPECT_EQ(deviations(),
            (Texts{"setting:kernel.nothing_so_called", "setting:net.ipv4.ip_forward"}));
}

TEST_F(HostTest, DeviatesWithLeaveUntilTheDayIsOver) {
  CLAUSE("五(一)4");
  baseline_.exceptions = {{"CENTRE-1", "port:tcp/8443", "更換埠號前之過渡", on_day("2026-12-31")}};
  baseline_.ports.clear();
  const HostState host = HostState::read(host_.root(), baseline_.settings).value();
  const auto judged = [&](const char* node, const char* day) {
    return judge(baseline_, host, node, on_day(day));
  };
  HostFindings found = judged("CENTRE-1", "2026-12-31");
  ASSERT_EQ(found.deviations.size(), 1U);
  EXPECT_EQ(found.deviations[0].text, "port:udp/123");
  ASSERT_EQ(found.excepted.size(), 1U);
  EXPECT_EQ(found.excepted[0].reason, "更換埠號前之過渡");
  EXPECT_EQ(judged("CENTRE-1", "2027-01-01").deviations.size(), 2U);
  EXPECT_EQ(judged("CENTRE-2", "2026-12-31").deviations.size(), 2U) << "leave was another's";
  EXPECT_EQ(HostFindings::parse(found.json()).value().json(), found.json());
}

}  // namespace
}  // namespace yizhan
