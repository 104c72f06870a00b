#include "role/cli/answered_cli_test.h"
#include "tests/support/clause.h"

namespace yizhan {
namespace {

// A terminal that knows one document: one recipient whom the exchange reached, one on paper.
class OneDocument : public AnsweredCli {
 protected:
  OneDocument() {
    const Json electronic = {{"org_code", "T37600000B"}, {"unit_code", ""},
                             {"name", "澤林縣政府"},     {"copy_kind", "original"},
                             {"state", "received"},      {"state_title", "受文機關已收取"},
                             {"since", "2026-11-22T06:00:00Z"}};
    const Json paper = {{"org_code", ""},       {"unit_code", ""},
                        {"name", "霧峽鎮公所"}, {"copy_kind", "cc"},
                        {"cause", "unlisted"},  {"cause_title", "公文列名而不在交換表單"}};
    const Json package = {{"message_id", "m"}, {"recipients", Json::array({electronic})}};
    const Json document = {{"number", "測資字第1150001234號"},
                           {"packages", Json::array({package})},
                           {"paper_recipients", Json::array({paper})}};
    router_.add(Method::kGet, "/api/v1/documents/{id}", {},
                [document](const Request&) { return Response::json(200, document); });
  }

  std::string says(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--terminal", socket()});
    arguments.push_back(Uuid::generate(SystemClock().now()).text());
    EXPECT_EQ(yizhan(std::move(arguments)), 0) << said_;
    return said_;
  }};

TEST_F(OneDocument, IsPrintedWithElectronicAndPaperRecipientsApart) {
  for (const char* command : {"recipients", "status"}) {
    const std::string said = says({command});
    const auto electronic = said.find("澤林縣政府"), apart = said.find("紙本受文者 1"),
               paper = said.find("霧峽鎮公所");
    ASSERT_NE(paper, std::string::npos) << said;
    EXPECT_LT(electronic, apart);
    EXPECT_LT(apart, paper);
    EXPECT_NE(said.find("副本", apart), std::string::npos) << said;
  }
}

TEST_F(OneDocument, TellsMachinesTheSame) {
  const Json json = Json::parse(says({"--json", "recipients"}));
  EXPECT_EQ(json.at("electronic").at(0).at("name"), "澤林縣政府");
  EXPECT_EQ(json.at("paper").at(0).at("cause"), "unlisted");
}

}  // namespace
}  // namespace yizhan
