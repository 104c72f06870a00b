#include "model/record/record_test.h"

namespace yizhan {
namespace {

class JointDecisionTest : public RecordTest {
 protected:
  static Proposal proposal(const char* content = R"({"agency":"T01000000A","from":"2026-12-01"})") {
    return {"suspension", "T01000000A", json(content), "management_officer"};
  }
  JointDecision propose() {
    return act([&](Transaction& tx) {
             return decisions_.propose(tx, proposal(), {"wang.daming", kNow});
           })
        .value();
  }
  Result<void> confirm(const JointDecision& decision, const std::string& who = "li.xiaohua",
                       Milliseconds after = {}) {
    return act([&](Transaction& tx) {
      return decisions_.confirm(tx, {decision.id, decision.digest, {"management_officer"}},
                                {who, kNow + after});
    });
  }
  Result<JointDecision> use(const JointDecision& decision, const Proposal& what,
                            Milliseconds after = {}) {
    return act([&](Transaction& tx) {
      return decisions_.use(tx, decision.id, what, {"management", kNow + after});
    });
  }
  JointState state_of(const JointDecision& decision) {
    return db_.read([&](Transaction& tx) { return Decisions::find(tx, decision.id); })->state;
  }

  static constexpr Milliseconds kValid = std::chrono::hours{72};
  Decisions decisions_{journal_, kValid};
};

INSTANTIATE_TEST_SUITE_P(BothEngines, JointDecisionTest, kBothEngines, engine_name);

TEST_P(JointDecisionTest, IsProposedByOneConfirmedByAnotherAndUsedOnce) {
  const JointDecision decision = propose();
  EXPECT_EQ(decision.lapses, kNow + kValid);
  ASSERT_TRUE(confirm(decision).ok());
  const JointDecision used = use(decision, proposal()).value();
  EXPECT_EQ(used.proposed_by, "wang.daming");
  EXPECT_EQ(used.decided_by, "li.xiaohua");
  EXPECT_EQ(use(decision, proposal()).reason(), Reason::kStepNotAllowed);
  EXPECT_EQ(state_of(decision), JointState::kUsed);
  for (const char* event : {"decision_proposed", "decision_confirmed", "decision_used"}) {
    ASSERT_EQ(entries(event).size(), 1U) << event;
    EXPECT_NE(entries(event)[0].find(decision.digest.hex()), std::string::npos) << event;
  }
}

TEST_P(JointDecisionTest, NobodyConfirmsTheirOwn) {
  const JointDecision decision = propose();
  EXPECT_EQ(confirm(decision, "wang.daming").reason(), Reason::kSamePerson);
  EXPECT_EQ(state_of(decision), JointState::kProposed);
  EXPECT_TRUE(confirm(decision).ok());
}

TEST_P(JointDecisionTest, TheSecondPersonHasTheRole) {
  const JointDecision decision = propose();
  const auto confirm_as = [&](const std::set<std::string>& roles) {
    return act([&](Transaction& tx) {
      return decisions_.confirm(tx, {decision.id, decision.digest, roles}, {"li.xiaohua", kNow});
    });
  };
  EXPECT_EQ(confirm_as({}).reason(), Reason::kRoleMissing);
  EXPECT_EQ(confirm_as({"auditor", "clerk"}).reason(), Reason::kRoleMissing);
  EXPECT_TRUE(confirm_as({"auditor", "management_officer"}).ok());
}

TEST_P(JointDecisionTest, WhatIsConfirmedIsWhatWasSeen) {
  const JointDecision decision = propose();
  JointDecision seen = decision;
  seen.digest = proposal(R"({"agency":"T02000000A"})").digest();
  EXPECT_EQ(confirm(seen).reason(), Reason::kDecisionChanged);
  EXPECT_TRUE(confirm(decision).ok());
}

TEST_P(JointDecisionTest, AChangeAfterwardsVoidsIt) {
  const JointDecision decision = propose();
  ASSERT_TRUE(confirm(decision).ok());
  Proposal other = proposal(R"({"agency":"T01000000A","from":"2026-12-02"})");
  EXPECT_EQ(use(decision, other).reason(), Reason::kDecisionChanged);
  other = proposal();
  other.subject = "T02000000A";
  EXPECT_EQ(use(decision, other).reason(), Reason::kDecisionChanged);
  other = proposal();
  other.kind = "resumption";
  EXPECT_EQ(use(decision, other).reason(), Reason::kDecisionChanged);
  EXPECT_TRUE(use(decision, proposal()).ok());
}

TEST_P(JointDecisionTest, NothingHappensBeforeItIsConfirmed) {
  const JointDecision decision = propose();
  EXPECT_EQ(use(decision, proposal()).reason(), Reason::kStepNotAllowed);
  EXPECT_EQ(state_of(decision), JointState::kProposed);
}

TEST_P(JointDecisionTest, LapsesUnconfirmedAndUnused) {
  const JointDecision late = propose();
  EXPECT_EQ(confirm(late, "li.xiaohua", kValid).reason(), Reason::kDecisionLapsed);
  const JointDecision idle = propose();
  ASSERT_TRUE(confirm(idle, "li.xiaohua", kValid - Milliseconds(1)).ok());
  EXPECT_EQ(use(idle, proposal(), kValid).reason(), Reason::kDecisionLapsed);
  const auto lapse = [&](Milliseconds after) {
    return act([&](Transaction& tx) {
             return decisions_.lapse(tx, {"management", kNow + after});
           })
        .size();
  };
  EXPECT_EQ(lapse(kValid - Milliseconds(1)), 0U);
  EXPECT_EQ(lapse(kValid), 2U);
  EXPECT_EQ(lapse(kValid), 0U);
  EXPECT_EQ(state_of(late), JointState::kLapsed);
  EXPECT_EQ(entries("decision_lapsed").size(), 2U);
}

TEST_P(JointDecisionTest, IsRefusedWithAReasonOrTakenBack) {
  const JointDecision decision = propose();
  const JointDecision other = propose();
  const auto refuse = [&](const JointDecision& what, const char* who,
                          const std::set<std::string>& roles) {
    return act([&](Transaction& tx) {
      return decisions_.refuse(tx, {what.id, what.digest, roles}, "理由不足", {who, kNow});
    });
  };
  EXPECT_EQ(act([&](Transaction& tx) {
              return decisions_.refuse(tx, {decision.id, decision.digest, {"management_officer"}},
                                       "", {"li.xiaohua", kNow});
            }).reason(),
            Reason::kBadRequest);
  EXPECT_EQ(refuse(decision, "li.xiaohua", {"clerk"}).reason(), Reason::kRoleMissing);
  ASSERT_TRUE(refuse(decision, "li.xiaohua", {"management_officer"}).ok());
  EXPECT_EQ(confirm(decision, "chen.yijun").reason(), Reason::kStepNotAllowed);
  EXPECT_TRUE(refuse(other, "wang.daming", {}).ok()) << "who proposed takes it back";
  const auto kept = db_.read([&](Transaction& tx) { return Decisions::find(tx, decision.id); });
  EXPECT_EQ(kept->reason, "理由不足");
}

TEST_P(JointDecisionTest, WhatWaitsIsListedByWhenItLapses) {
  const JointDecision first = propose();
  const JointDecision confirmed = propose();
  ASSERT_TRUE(confirm(confirmed).ok());
  const auto waiting = [&](Time now) {
    return db_.read([&](Transaction& tx) { return Decisions::waiting(tx, now); });
  };
  ASSERT_EQ(waiting(kNow).size(), 1U);
  EXPECT_EQ(waiting(kNow)[0].id, first.id);
  EXPECT_EQ(waiting(kNow)[0].proposal.content, proposal().content);
  EXPECT_TRUE(waiting(kNow + kValid).empty());
}

TEST_P(JointDecisionTest, AProposalSaysWhatWhomAndWhoConfirms) {
  const auto propose_as = [&](const Proposal& wanted) {
    return act([&](Transaction& tx) {
      return decisions_.propose(tx, wanted, {"wang.daming", kNow});
    });
  };
  Proposal bad = proposal();
  bad.needed_role = "";
  EXPECT_EQ(propose_as(bad).reason(), Reason::kBadRequest);
  bad = proposal();
  bad.content = Json::array();
  EXPECT_EQ(propose_as(bad).reason(), Reason::kBadRequest);
  bad = proposal();
  bad.content["text"] = std::string(std::size_t{1} << 20, 'x');
  EXPECT_EQ(propose_as(bad).reason(), Reason::kTooLarge);
}

}  // namespace
}  // namespace yizhan
