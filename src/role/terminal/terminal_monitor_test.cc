#include "role/terminal/terminal_monitor.h"

#include "role/terminal/routes_test.h"

namespace yizhan {
namespace {

// Neither keyholder nor engine nor centre is there.
class MonitorOfATerminal : public TerminalApi {
 protected:
  TerminalMonitor monitor() {
    return {status_,    database_, objects_,
            keyholder_, engine_,   directory_,
            standing_,  own_,      clock_};
  }
  std::map<std::string, std::string> readiness() {
    std::map<std::string, std::string> reasons;
    Readiness all(checks_of(monitor()), clock_);
    for (const auto& finding : all.look()) {
      reasons[finding.name] = finding.why ? code_of(finding.why->reason) : "ready";
    }
    return reasons;
  }
};

TEST_F(MonitorOfATerminal, SaysWhatOfItsWorkItCanNotDo) {
  standing_.failed({Reason::kUnavailable, "連線對方失敗"}, clock_.now());
  EXPECT_EQ(readiness(), (std::map<std::string, std::string>{{"centre", "unavailable"},
                                                            {"keys", "keyholder_unavailable"},
                                                            {"objects", "ready"},
                                                            {"scan", "scanner_unavailable"},
                                                            {"store", "ready"}}));
  standing_.answered(clock_.now());
  EXPECT_EQ(readiness().at("centre"), "ready");
}

TEST_F(MonitorOfATerminal, CountsWhatIsInItsBoxesAndHowLongItWaits) {
  sent_letter();
  received_mail();
  clock_.pass(std::chrono::minutes{5});
  const std::string text = exposition(metrics_of(monitor()));
  for (const char* line :
       {"yizhan_sendings{state=\"drafted\"} 1", "yizhan_mails{state=\"received\"} 1",
        "yizhan_oldest_waiting_seconds 300", "yizhan_directory_version 1"}) {
    EXPECT_NE(text.find(std::string("\n") + line + "\n"), std::string::npos) << line << text;
  }
  EXPECT_NE(text.find("yizhan_certificate_expires_timestamp_seconds{use=\"sign\"} "),
            std::string::npos);
}

}  // namespace
}  // namespace yizhan
