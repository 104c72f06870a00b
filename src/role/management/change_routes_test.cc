#include "role/management/management_desks_test.h"
#include "tests/support/clause.h"

namespace yizhan {
namespace {

// 連線異動申請表 over the routes for people: everybody in their own session.
class ChangeRoutes : public ManagementDesks {
 protected:
  ChangeRequest renaming() const {
    ChangeRequest request{exchange_.a.code,
                          ChangeRequest::Kind::kChange,
                          find_day("2026-12-01").value(),
                          "組織改造",
                          "王大明",
                          "02-2345-6789",
                          "",
                          kTestNow};
    request.name = "測試新部";
    return request;
  }
  Bytes review(const SignedChangeRequest& change) {
    return sign_review({exchange_.first.code, change, ChangeReview::Kind::kAgreed, "林維運",
                        "已電話核對指紋", kTestNow},
                       exchange_.first.chen)
        .value()
        .cms;
  }
  Response bring(const std::string& path, const Bytes& cms, const std::string& token) {
    Request asked = request(Method::kPost, path);
    asked.body = cms;
    return ask(with_token(std::move(asked), token));
  }
  Response say(const std::string& path, const Json& body, const std::string& token) {
    return ask(with_token(request(Method::kPost, path, body), token));
  }
  Json look(const std::string& path, const std::string& token) {
    return json_of(ask(with_token(request(Method::kGet, path), token)));
  }

  const std::string clerk_ = log_in("wang", {"clerk"}, "A01000000A");
  const std::string operator_ = log_in("lin.centre", {"centre_operator"}, "CENTRE-1");
  const std::string chen_ = log_in("chen", {"management_officer"});
  const std::string lin_ = log_in("lin", {"management_officer"});
};

TEST_F(ChangeRoutes, EachDoesTheirOwnPartAndNoOther) {
  CLAUSE("五(三)5");
  const SignedChangeRequest change = sign_change(renaming(), exchange_.a.sign).value();
  EXPECT_EQ(code_of_answer(bring("/v1/requests/reviews", review(change), clerk_)), "role_missing");
  const Response filed = bring("/v1/requests", change.cms, clerk_);
  ASSERT_EQ(filed.status, 201) << text_of(filed.body);
  const std::string path = "/v1/requests/" + json_of(filed).at("case").get<std::string>();
  ASSERT_EQ(bring("/v1/requests/reviews", review(change), operator_).status, 200);
  EXPECT_EQ(code_of_answer(say(path + "/proposals", {{"version", 2}}, operator_)), "role_missing");
  const Json proposed = json_of(say(path + "/proposals", {{"version", 2}}, chen_));
  const Json& waiting = proposed.at("waiting").at(0);
  const Json seen = {{"decision", waiting.at("decision")}, {"digest", waiting.at("digest")}};
  EXPECT_EQ(code_of_answer(say(path + "/approval", seen, chen_)), "same_person");
  EXPECT_EQ(json_of(say(path + "/approval", seen, lin_)).at("state"), "approved");
  EXPECT_EQ(look(path, clerk_).at("state"), "approved") << "whoever filed it is told";
  EXPECT_EQ(look("/v1/requests?state=approved", operator_).at("items").size(), 1U);
  const Json refusing = {{"version", 3}, {"step", "refuse"}, {"reason", "組織法規未通過"}};
  EXPECT_EQ(json_of(say(path + "/refusal", refusing, chen_)).at("state"), "refused");
  EXPECT_EQ(count("case_step_taken"), 3);
}

TEST_F(ChangeRoutes, WhatIsNoneIsRefused) {
  EXPECT_EQ(code_of_answer(bring("/v1/requests", Bytes(3, 1), clerk_)), "malformed");
  EXPECT_EQ(code_of_answer(say("/v1/requests/7/proposals", {{"version", 1}}, chen_)),
            "bad_request");
  const std::string unknown = "/v1/requests/0192f0c1-2b3c-7def-8abc-0123456789ab";
  EXPECT_EQ(code_of_answer(say(unknown + "/proposals", {{"version", 1}}, chen_)), "not_found");
  EXPECT_EQ(code_of_answer(say(unknown + "/approval", {{"digest", "00"}}, chen_)), "malformed");
}

}  // namespace
}  // namespace yizhan
