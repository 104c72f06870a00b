#include "role/management/management_desks_test.h"
#include "tests/support/clause.h"

namespace yizhan {
namespace {

using enum Method;

class IncidentsAtManagement : public ManagementDesks {
 protected:
  IncidentsAtManagement() { report(); }

  // What the first centre says of its incident by now.
  void report() {
    report_.time = clock_.now();
    const auto word = sign_incident(report_, exchange_.first.evidence).value();
    ASSERT_TRUE(incidents_->take(word.cms, exchange_.first.code));
  }
  Response post(const std::string& token, const std::string& what,
                const Json& body = Json::object()) {
    return ask(with_token(request(kPost, path_ + what, body), token));
  }
  Json items(const std::string& token) {
    return json_of(ask(with_token(request(kGet, "/v1/incidents"), token))).at("items");
  }

  IncidentReport report_{
      .centre = exchange_.first.code,
      .incident = CaseId::generate(kTestNow),
      .cause = IncidentCause::kRelease,
      .found = "releases/exchange/1.2.3.json",
      .detail = "metadata_mismatch",
      .detected = kTestNow,
      .source = {},
      .impact = {},
      .assessed_by = "",
      .control = "已停止更新",
      .improvement = "已換發版本",
      .person = "林維運",
      .state = IncidentState::kImproved,
      .spread = {},
      .source_told = {},
      .time = kTestNow,
  };
  const std::string path_ = "/v1/incidents/CENTRE-1/" + report_.incident.text();
  const Json review_ = {
      {"confidentiality", 1}, {"integrity", 2}, {"availability", 1}, {"note", "未安裝"}};
};

TEST_F(IncidentsAtManagement, AreReviewedAndClosedByTwoOfficers) {
  CLAUSE("五(二)7");
  const std::string wang = log_in("wang.daming", {"management_officer"});
  const std::string chen = log_in("chen.meiling", {"management_officer"});
  EXPECT_EQ(post(wang, "/closing").status, 409) << "nobody has reviewed it";
  EXPECT_EQ(json_of(post(wang, "/review", review_)).at("level"), 2);
  ASSERT_EQ(post(wang, "/closing").status, 200);
  const Json closing = items(chen).at(0).at("closing");
  EXPECT_EQ(closing.at("proposed_by"), "wang.daming");
  const Json seen = {{"digest", closing.at("digest")}};
  EXPECT_EQ(code_of_answer(post(wang, "/confirmation", seen)), "same_person");
  const Response closed = post(chen, "/confirmation", seen);
  ASSERT_EQ(closed.status, 200) << text_of(closed.body);
  EXPECT_EQ(items(chen).at(0).at("state"), "closed");
}

TEST_F(IncidentsAtManagement, NobodyReviewsWhatTheyReported) {
  const std::string security = log_in("lin.weiyun", {"centre_security_officer"}, "CENTRE-1");
  EXPECT_EQ(items(security).size(), 1U) << "they see their own";
  EXPECT_EQ(code_of_answer(post(security, "/review", review_)), "role_missing");
  EXPECT_EQ(code_of_answer(post(security, "/closing")), "role_missing");
  const Json digest = {{"digest", sha256(bytes_of("x")).hex()}};
  EXPECT_EQ(code_of_answer(post(security, "/confirmation", digest)), "role_missing");
}

TEST_F(IncidentsAtManagement, EachSeesWhatIsInTheirScope) {
  EXPECT_TRUE(items(log_in("other", {"centre_security_officer"}, "CENTRE-2")).empty());
  EXPECT_TRUE(items(log_in("agency", {"clerk"}, "A01000000A")).empty());
  EXPECT_EQ(items(log_in("all", {"observer"})).size(), 1U);
}

TEST_F(IncidentsAtManagement, WhatIsNotThereIsNotFound) {
  const std::string wang = log_in("wang.daming", {"management_officer"});
  const auto status = [&](const std::string& path) {
    return ask(with_token(request(kPost, path, review_), wang)).status;
  };
  EXPECT_EQ(status("/v1/incidents/CENTRE-2/" + report_.incident.text() + "/review"), 404);
  EXPECT_EQ(status("/v1/incidents/CENTRE-1/none/review"), 404);
}

}  // namespace
}  // namespace yizhan
