#include "model/record/record_test.h"

namespace yizhan {
namespace {

constexpr const char* kKinds = R"([{
  "name": "change_request", "edition": "105-04-29", "initial": "draft",
  "fields": [
    {"name": "agency", "type": "text", "required": true, "max": 10},
    {"name": "change", "type": "choice", "required": true, "choices": ["new", "dissolve"]},
    {"name": "hosts", "type": "integer", "required": false, "min": 1, "max": 9},
    {"name": "effective", "type": "date", "required": false},
    {"name": "fixed_address", "type": "flag", "required": false}],
  "steps": [
    {"name": "edit", "from": ["draft"], "to": "draft", "act": "request_change", "edits": true,
     "whole": false},
    {"name": "submit", "from": ["draft"], "to": "submitted", "act": "request_change",
     "edits": true, "whole": true},
    {"name": "give_back", "from": ["submitted"], "to": "draft", "act": "review_change",
     "edits": false, "whole": false},
    {"name": "approve", "from": ["submitted"], "to": "approved", "act": "review_change",
     "edits": false, "whole": true, "confirming_role": "management_officer"}]}])";

class CaseTest : public RecordTest {
 protected:
  static Json whole() { return json(R"({"agency":"T01000000A","change":"new"})"); }
  [[nodiscard]] const CaseKind& kind() const { return kinds_.begin()->second; }

  Case open(const Json& form) {
    return act([&](Transaction& tx) {
             return cases_.open(tx, {"change_request", "105-04-29", "T01000000A", "CENTRE-1", form},
                                {"wang.daming", kNow});
           })
        .value();
  }
  Result<Case> step(const CaseMove& move, const std::string& who = "wang.daming") {
    return act([&](Transaction& tx) { return cases_.take_step(tx, move, {who, kNow}); });
  }
  Case submitted() {
    const Case draft = open(whole());
    return step({.id = draft.id, .version = 1, .step = "submit"}).value();
  }
  JointDecisionId decided(const CaseMove& move) {
    return act([&](Transaction& tx) {
      const Proposal proposal = cases_.proposal_for(tx, move).value();
      const auto decision = decisions_.propose(tx, proposal, {"wang.daming", kNow}).value();
      EXPECT_TRUE(decisions_
                      .confirm(tx, {decision.id, decision.digest, {"management_officer"}},
                               {"li.xiaohua", kNow})
                      .ok());
      return decision.id;
    });
  }
  std::vector<CaseStep> history(const Case& one) {
    return db_.read([&](Transaction& tx) { return Cases::history(tx, one.id); });
  }

  CaseKinds kinds_ = parse_case_kinds(bytes_of(kKinds)).value();
  Decisions decisions_{journal_, std::chrono::hours{72}};
  Cases cases_{journal_, kinds_, decisions_};
};

INSTANTIATE_TEST_SUITE_P(BothEngines, CaseTest, kBothEngines, engine_name);

TEST_P(CaseTest, GoesItsWayAndForgetsNothing) {
  const Case draft = open(json(R"({"agency":"T01000000A"})"));
  EXPECT_EQ(draft.version, 1);
  EXPECT_EQ(draft.edition, "105-04-29");
  const CaseAttachment letter{sha256(bytes_of("letter")), "函.pdf", "application/pdf", 6};
  const Case sent = step({.id = draft.id,
                          .version = 1,
                          .step = "submit",
                          .form = whole(),
                          .attachments = {letter}})
                        .value();
  EXPECT_EQ(sent.state, "submitted");
  EXPECT_EQ(sent.version, 2);
  const Case kept = db_.read([&](Transaction& tx) { return Cases::find(tx, draft.id); }).value();
  EXPECT_EQ(kept.form, whole());
  EXPECT_EQ(kept.state, "submitted");
  const auto steps = history(draft);
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].form, json(R"({"agency":"T01000000A"})")) << "as it stood then";
  EXPECT_EQ(steps[0].step, "");
  EXPECT_EQ(steps[1].person, "wang.daming");
  ASSERT_EQ(steps[1].attachments.size(), 1U);
  EXPECT_EQ(steps[1].attachments[0].sha256, letter.sha256);
  EXPECT_EQ(entries("case_opened").size(), 1U);
  EXPECT_EQ(entries("case_step_taken").size(), 1U);
}

TEST_P(CaseTest, WhoLookedAtAnEarlierVersionLooksAgain) {
  const Case draft = open(whole());
  const CaseMove edit{.id = draft.id, .version = 1, .step = "edit", .form = whole()};
  ASSERT_TRUE(step(edit).ok());
  EXPECT_EQ(step(edit).reason(), Reason::kConflict);
  EXPECT_EQ(history(draft).size(), 2U);
}

TEST_P(CaseTest, TakesOnlyTheStepsOfItsState) {
  const Case draft = open(whole());
  EXPECT_EQ(step({.id = draft.id, .version = 1, .step = "give_back"}).reason(),
            Reason::kStepNotAllowed);
  EXPECT_EQ(step({.id = draft.id, .version = 1, .step = "no_such"}).reason(),
            Reason::kStepNotAllowed);
  const Case sent = step({.id = draft.id, .version = 1, .step = "submit"}).value();
  EXPECT_EQ(step({.id = sent.id, .version = 2, .step = "give_back", .form = whole()}).reason(),
            Reason::kStepNotAllowed)
      << "which changes no form";
  EXPECT_EQ(step({.id = sent.id, .version = 2, .step = "give_back"})->state, "draft");
  EXPECT_FALSE(kind().is_final("submitted"));
  EXPECT_TRUE(kind().is_final("approved"));
}

TEST_P(CaseTest, AFormIsWholeWhenTheStepSaysSo) {
  const Case draft = open(json("{}"));
  CaseMove submit{.id = draft.id, .version = 1, .step = "submit", .form = json(R"({"agency":""})")};
  EXPECT_EQ(step(submit).reason(), Reason::kFormInvalid);
  submit.form = json(R"({"agency":"T01000000A"})");
  EXPECT_EQ(step(submit).refusal().detail, "「change」為必填");
  submit.form = whole();
  EXPECT_TRUE(step(submit).ok());
}

TEST_P(CaseTest, AFormHoldsOnlyWhatItsFieldsTake) {
  for (const char* bad :
       {R"({"strange":1})", R"({"agency":1})", R"({"agency":"T0100000000"})",
        R"({"change":"move"})", R"({"hosts":0})", R"({"hosts":10})", R"({"hosts":"1"})",
        R"({"effective":"2026-02-30"})", R"({"effective":"115/01/01"})",
        R"({"effective":"2026-1-01"})", R"({"fixed_address":"yes"})", R"([])"}) {
    EXPECT_EQ(check_form(kind(), json(bad), FormCheck::kDraft).reason(), Reason::kFormInvalid)
        << bad;
  }
  for (const char* good :
       {R"({})", R"({"agency":"國家發展委員會檔案局"})", R"({"change":"new"})", R"({"hosts":9})",
        R"({"effective":"2028-02-29"})", R"({"fixed_address":false})"}) {
    EXPECT_TRUE(check_form(kind(), json(good), FormCheck::kDraft).ok()) << good;
  }
}

TEST_P(CaseTest, AStepOfTwoPersonsWantsTheirDecision) {
  const Case sent = submitted();
  CaseMove approve{.id = sent.id, .version = 2, .step = "approve"};
  EXPECT_EQ(step(approve).reason(), Reason::kStepNotAllowed);
  approve.decision = decided(approve);
  EXPECT_EQ(step(approve)->state, "approved");
  EXPECT_EQ(history(sent).back().decision, approve.decision->text());
  EXPECT_EQ(entries("decision_used").size(), 1U);
}

TEST_P(CaseTest, AStepInBetweenVoidsTheDecision) {
  const Case sent = submitted();
  const JointDecisionId decision = decided({.id = sent.id, .version = 2, .step = "approve"});
  ASSERT_TRUE(step({.id = sent.id, .version = 2, .step = "give_back"}).ok());
  ASSERT_TRUE(step({.id = sent.id,
                    .version = 3,
                    .step = "submit",
                    .form = json(R"({"agency":"T02000000A","change":"dissolve"})")})
                  .ok());
  EXPECT_EQ(step({.id = sent.id, .version = 4, .step = "approve", .decision = decision}).reason(),
            Reason::kDecisionChanged);
  EXPECT_TRUE(entries("decision_used").empty());
}

TEST_P(CaseTest, ADecisionOnAnotherCaseIsNone) {
  const Case one = submitted();
  const Case other = submitted();
  const JointDecisionId decision = decided({.id = one.id, .version = 2, .step = "approve"});
  EXPECT_EQ(step({.id = other.id, .version = 2, .step = "approve", .decision = decision}).reason(),
            Reason::kDecisionChanged);
}

TEST_P(CaseTest, AFileIsAttachedOnce) {
  const Case draft = open(whole());
  const CaseAttachment file{sha256(bytes_of("x")), "x.pdf", "application/pdf", 1};
  CaseMove edit{.id = draft.id, .version = 1, .step = "edit", .attachments = {file}};
  ASSERT_TRUE(step(edit).ok());
  edit.version = 2;
  EXPECT_EQ(step(edit).reason(), Reason::kConflict);
  for (const std::string& bad : {std::string(), std::string("a\nb"), std::string(201, 'a')}) {
    edit.attachments[0].name = bad;
    EXPECT_EQ(step(edit).reason(), Reason::kBadRequest);
  }
}

TEST_P(CaseTest, EndsUnderTheEditionItBeganUnder) {
  const Case draft = open(whole());
  std::string newer(kKinds);
  newer.replace(newer.find("105-04-29"), 9, "108-01-01");
  const CaseKinds only_newer = parse_case_kinds(bytes_of(newer)).value();
  const Cases later(journal_, only_newer, decisions_);
  const auto move = [&](const Cases& cases) {
    return act([&](Transaction& tx) {
      return cases.take_step(tx, {.id = draft.id, .version = 1, .step = "submit"},
                             {"wang.daming", kNow});
    });
  };
  EXPECT_EQ(move(later).reason(), Reason::kNotFound) << "no other definition is guessed";
  EXPECT_EQ(move(cases_)->edition, "105-04-29");
}

TEST_P(CaseTest, AreListedByKindStateAndOwner) {
  open(whole());
  submitted();
  const auto count = [&](const char* kind, const char* state, const char* owner) {
    return db_
        .read([&](Transaction& tx) {
          return Cases::list(tx, {kind, state, owner, Time(), kNow + Milliseconds(1)});
        })
        .size();
  };
  EXPECT_EQ(count("", "", ""), 2U);
  EXPECT_EQ(count("change_request", "draft", "CENTRE-1"), 1U);
  EXPECT_EQ(count("", "submitted", ""), 1U);
  EXPECT_EQ(count("incident", "", ""), 0U);
  EXPECT_EQ(count("", "", "CENTRE-2"), 0U);
}

TEST(CaseKindsData, AreRefusedWhenTheyDoNotHold) {
  const std::vector<std::pair<std::string, std::string>> spoilings = {
      {R"("max": 10)", R"("max": 0)"},
      {R"("name": "change")", R"("name": "agency")"},
      {R"("name": "submit")", R"("name": "edit")"},
      {R"("from": ["submitted"], "to": "draft")", R"("from": ["nowhere"], "to": "draft")"},
      {R"("from": ["submitted"], "to": "draft")", R"("from": [], "to": "draft")"},
      {R"("type": "flag")", R"("type": "colour")"},
      {R"("min": 1, "max": 9)", R"("min": 9, "max": 1)"},
      {R"("choices": ["new", "dissolve"])", R"("choices": [])"},
      {R"("edition": "105-04-29",)", R"("edition": "",)"},
      {R"("initial": "draft",)", R"("initial": "draft", "more": 1,)"},
  };
  EXPECT_TRUE(parse_case_kinds(bytes_of(kKinds)).ok());
  for (const auto& [from, to] : spoilings) {
    std::string spoilt(kKinds);
    ASSERT_NE(spoilt.find(from), std::string::npos) << from;
    spoilt.replace(spoilt.find(from), from.size(), to);
    EXPECT_EQ(parse_case_kinds(bytes_of(spoilt)).reason(), Reason::kMalformed) << to;
  }
  const std::string one = std::string(kKinds).substr(1, std::string(kKinds).size() - 2);
  EXPECT_EQ(parse_case_kinds(bytes_of("[" + one + "," + one + "]")).reason(), Reason::kMalformed);
}

}  // namespace
}  // namespace yizhan
