#include "role/management/management_desks_test.h"
#include "tests/support/clause.h"

namespace yizhan {
namespace {

using enum Method;

class GroundsAtManagement : public ManagementDesks {
 protected:
  // Malware from that agency of the first centre, as the centre's word has it by now.
  void report(const IncidentImpact& impact, IncidentState state) {
    const IncidentSource source{
        exchange_.a.code,
        exchange_.a.sign.certificate().sha256(),
        "192.0.2.10",
        DocumentId::parse("0193a5e0-0000-7000-8000-0000000000d1").value(),
        IncidentSubmission{MessageId::parse("0193a5e0-0000-7000-8000-000000000001").value(),
                           sha256(bytes_of("header")), sha256(bytes_of("plaintext")), kTestNow,
                           std::nullopt}};
    const bool controlled = state != IncidentState::kOpen;
    const IncidentReport word{
        .centre = exchange_.first.code,
        .incident = CaseId::parse("0193a5e0-0000-7000-8000-0000000000c1").value(),
        .cause = IncidentCause::kMalware,
        .found = "Eicar-Test-Signature",
        .detail = "ClamAV 1.4.6 27500",
        .detected = kTestNow,
        .source = source,
        .impact = impact,
        .assessed_by = "林維運",
        .control = controlled ? "已隔離" : "",
        .improvement = "",
        .person = controlled ? "林維運" : "",
        .state = state,
        .spread = {},
        .source_told = {},
        .time = clock_.now(),
    };
    const auto cms = sign_incident(word, exchange_.first.evidence).value().cms;
    const auto taken = incidents_->take(cms, exchange_.first.code);
    ASSERT_TRUE(taken) << taken.refusal().detail;
  }
  Json grounds(const std::string& token) {
    return json_of(ask(with_token(request(kGet, "/v1/grounds"), token))).at("items");
  }
  std::string everybody() { return log_in("officer", {"management_officer"}); }
};

TEST_F(GroundsAtManagement, AGraveIncidentIsOneUntilItIsClosed) {
  CLAUSE("十三(一)");
  const std::string officer = everybody();
  report({2, 2, 2}, IncidentState::kOpen);
  EXPECT_TRUE(grounds(officer).empty()) << "the second level is none";
  clock_.pass(std::chrono::minutes{1});
  report({3, 1, 1}, IncidentState::kOpen);
  const Json items = grounds(officer);
  ASSERT_EQ(items.size(), 1U) << items;
  EXPECT_EQ(items[0].at("ground"), "十三(一)");
  EXPECT_EQ(items[0].at("party"), "agency/" + exchange_.a.code.text());
  EXPECT_EQ(items[0].at("facts").at(0).at("level"), 3);
  EXPECT_EQ(items[0].at("facts").at(0).at("since"), kTestNow.text());
  EXPECT_TRUE(grounds(log_in("other", {"observer"}, "CENTRE-2")).empty());
  EXPECT_EQ(grounds(log_in("own", {"observer"}, "CENTRE-1")).size(), 1U);
}

TEST_F(GroundsAtManagement, WhatIsNotImprovedInTimeIsTheOneWhoOwesIt) {
  CLAUSE("十三(八)");
  const std::string officer = everybody();
  report({2, 1, 1}, IncidentState::kControlled);
  EXPECT_TRUE(grounds(officer).empty());
  clock_.pass(std::chrono::hours{24 * 60});
  const Json items = grounds(log_in("later", {"management_officer"}));
  const auto late = std::ranges::find(items, "十三(八)", [](const Json& item) {
    return item.at("ground").get<std::string>();
  });
  ASSERT_NE(late, items.end()) << items;
  EXPECT_EQ(late->at("party"), "centre/CENTRE-1");
  EXPECT_EQ(late->at("facts").at(0).at("kind"), "improvement");
}

TEST_F(GroundsAtManagement, ACertificateThatEndedIsOne) {
  CLAUSE("十三(二)");
  const std::string officer = everybody();
  EXPECT_TRUE(grounds(officer).empty());
  Certificates& own = exchange_.registered(exchange_.a).certificates;
  for (RegisteredCertificate& one : own) {
    if (one.purpose == Purpose::kSign) one.until = kTestNow - std::chrono::hours{1};
  }
  ASSERT_TRUE(directory_->adopt(signed_directory(2)));
  const Json items = grounds(officer);
  ASSERT_EQ(items.size(), 1U) << items;
  EXPECT_EQ(items[0].at("ground"), "十三(二)");
  EXPECT_EQ(items[0].at("code"), exchange_.a.code.text());
  EXPECT_EQ(items[0].at("facts").at(0).at("purpose"), "sign");
}

}  // namespace
}  // namespace yizhan
