#include "role/cli/answered_cli_test.h"

namespace yizhan {
namespace {

Json counts(std::int64_t late, std::int64_t due) {
  return {{"due", due}, {"late", late}, {"done", 4}, {"done_late", 0}};
}

const Json kMinistry = {{"party", "agency/A01000000A"},
                        {"code", "A01000000A"},
                        {"name", "測試部"},
                        {"layers", {"exchange", "terminal"}},
                        {"all", counts(2, 7)},
                        {"own", counts(0, 1)}};
const Json kBelow = {{"party", "agency/A01010000A"},
                     {"code", "A01010000A"},
                     {"name", "測試署"},
                     {"layers", {"terminal"}},
                     {"supervisor", "agency/A01000000A"},
                     {"all", counts(2, 6)},
                     {"own", counts(2, 6)}};

// Management's words by the real server.
class SupervisionCommand : public AnsweredCli {
 protected:
  SupervisionCommand() {
    router_.add(Method::kGet, "/v1/supervision", {}, [this](const Request& request) {
      asked_ = request.query;
      return Response::json(200, board_);
    });
  }

  int management(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"management", "--socket", socket()});
    return yizhan(std::move(arguments));
  }

  Json board_ = {{"time", "2026-12-01T02:00:00.000Z"},
                 {"directory", {{"version", 7}}},
                 {"total", counts(2, 7)},
                 {"items", Json::array({kMinistry, kBelow})},
                 {"late", Json::array({{{"obligation", "0193a5e0-0000-7000-8000-0000000000c1"},
                                        {"kind", "certificate_renewal"},
                                        {"subject", "agency/A01010000A/encrypt"},
                                        {"owner", "agency/A01010000A"},
                                        {"due", "2026-11-30T16:00:00.000Z"},
                                        {"escalated_to", "agency/A01000000A"}}})}};
  std::map<std::string, std::string> asked_;
};

TEST_F(SupervisionCommand, CountsWithThoseBelowAndSaysWhoWasTold) {
  EXPECT_EQ(management({"supervision"}), 1) << "something is late";
  EXPECT_TRUE(asked_.empty());
  expect_said({"逾期 2", "測試部", "交換層、終端層", "7（1）", "2（0）", "certificate_renewal",
               "115-12-01 00:00:00", "已告知"});
  const std::size_t late = said_.rfind("A01010000A/encrypt");
  EXPECT_NE(said_.find("A01000000A", late + 18), std::string::npos) << "who was told";
}

TEST_F(SupervisionCommand, AsksBelowSomebodyAndSinceADay) {
  board_["late"] = Json::array();
  EXPECT_EQ(management({"supervision", "--under", "A01000000A", "--since", "2026-01-01"}), 0);
  EXPECT_EQ(asked_["under"], "A01000000A");
  EXPECT_EQ(asked_["since"], "2026-01-01");
}

}  // namespace
}  // namespace yizhan
