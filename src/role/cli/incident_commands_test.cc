#include "role/cli/answered_cli_test.h"
#include "tests/support/clause.h"

namespace yizhan {
namespace {

const Json kFound = {{"incident", "0193a5e0-0000-7000-8000-0000000000c1"},
                     {"found", "Eicar-Test-Signature"},
                     {"detail", "ClamAV 1.0.9"},
                     {"detected", "2026-11-22T06:00:00.000Z"},
                     {"state", "reported"},
                     {"level", 2},
                     {"assessed_by", ""},
                     {"sender", "A01000000A"},
                     {"address", "192.0.2.10"},
                     {"certificate", "ab"},
                     {"message", "m"},
                     {"document", "d"},
                     {"submitted", "2026-11-22T05:59:58.000Z"},
                     {"stopped", 3},
                     {"holding", 1},
                     {"holders", Json::array({{{"recipient", "B02000000B"},
                                               {"unit", ""},
                                               {"state", "received"},
                                               {"since", "2026-11-22T05:00:00.000Z"}}})},
                     {"late", Json::array({"control"})}};

// A centre's words, and what it was told, by the real server.
class IncidentCommands : public AnsweredCli {
 protected:
  IncidentCommands() {
    router_.add(Method::kGet, "/v1/operator/incidents", {}, [](const Request&) {
      return Response::json(200, {{"time", ""}, {"items", Json::array({kFound})}});
    });
    router_.add(Method::kPost, "/v1/operator/incidents/{incident}", {},
                [this](const Request& request) {
                  told_ = Json::parse(text_of(request.body));
                  return Response::json(200, kFound);
                });
  }

  int centre(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"centre", "--socket", socket()});
    return yizhan(std::move(arguments));
  }

  const std::string id_ = kFound.at("incident").get<std::string>();
  Json told_;
};

TEST_F(IncidentCommands, SayWhatIsLateAndWhomToCall) {
  CLAUSE("五(二)7");
  EXPECT_EQ(centre({"incidents"}), 1);
  expect_said({"A01000000A", "2 級（待評定）", "已通報", "控制"});
  EXPECT_EQ(centre({"incident", id_}), 0);
  expect_said({"192.0.2.10", "應追回 1 個", "B02000000B", "逾期：控制", "--confidentiality"});
  EXPECT_EQ(centre({"incident", "another"}), 1);
}

TEST_F(IncidentCommands, TellOneThingAtATime) {
  EXPECT_EQ(centre({"incident", id_, "--confidentiality", "1", "--integrity", "3", "--availability",
                    "1", "--person", "林維運"}),
            0);
  EXPECT_EQ(told_, (Json{{"kind", "level"},
                         {"confidentiality", 1},
                         {"integrity", 3},
                         {"availability", 1},
                         {"person", "林維運"}}));
  EXPECT_EQ(centre({"incident", id_, "--control", "已停機", "--person", "林維運"}), 0);
  EXPECT_EQ(told_, (Json{{"kind", "control"}, {"text", "已停機"}, {"person", "林維運"}}));
  EXPECT_EQ(centre({"incident", id_, "--control", "a", "--improve", "b", "--person", "x"}), 1);
  EXPECT_EQ(centre({"incident", id_, "--integrity", "5", "--person", "x"}), 2);
}

}  // namespace
}  // namespace yizhan
