#include "duty/incident/incident_book.h"

#include "duty/incident/incident_scene_test.h"
#include "tests/support/management_books.h"

namespace yizhan {

namespace {

using std::chrono::hours;

class IncidentBookTest : public ManagementBooks {
 protected:
  void SetUp() override {
    begin_books(signed_directory());
    book_.emplace(
        IncidentBook::Parts{database_, journal_, *directory_, obligations_, decisions_, clock_});
  }
  Result<Json> take() {
    report_.time = clock_.now();
    return book_->take(sign_incident(report_, exchange_.first.evidence).value().cms,
                       exchange_.first.code);
  }
  [[nodiscard]] IncidentBook::Name name() const { return {report_.centre, report_.incident}; }
  By by(const std::string& who) { return {who, clock_.now()}; }
  Result<Json> review(const IncidentImpact& impact, const std::string& note = "未擴散") {
    return book_->review(name(), {impact, note}, by("wang"));
  }
  Json items() {
    return book_->describe([](const CentreCode&) { return true; }).at("items");
  }
  Json item() { return items().at(0); }
  // {due, late, done} of a clock; null: it does not run.
  Json clock(const std::string& kind) {
    const Json all = item();
    for (const Json& one : all.at("clocks")) {
      if (one.at("kind") == kind) return one;
    }
    return {};
  }
  Sha256 seen() {
    return Sha256::from_hex(item().at("closing").at("digest").get<std::string>()).value();
  }
  void improve() {
    ASSERT_TRUE(take());
    report_.control = "已停機";
    report_.improvement = "已重灌";
    report_.state = IncidentState::kImproved;
    clock_.pass(hours{1});
    ASSERT_TRUE(take());
  }

  const Decisions decisions_{journal_, hours{72}};
  IncidentReport report_ = eicar_report(exchange_);
  std::optional<IncidentBook> book_;
};

INSTANTIATE_TEST_SUITE_P(BothEngines, IncidentBookTest, kBothEngines, engine_name);

TEST_P(IncidentBookTest, AReportIsTakenOnceWithItsTrace) {
  CLAUSE("五(二)7");
  const Bytes word = sign_incident(report_, exchange_.first.evidence).value().cms;
  EXPECT_EQ(book_->take(word, exchange_.first.code).value().at("state"), "reported");
  EXPECT_TRUE(book_->take(word, exchange_.first.code));
  ASSERT_EQ(items().size(), 1U);
  EXPECT_EQ(item().at("sender"), "A01000000A");
  EXPECT_EQ(item().at("address"), "192.0.2.10");
  EXPECT_EQ(item().at("holders").at(0).at("recipient"), "B02000000B");
  EXPECT_EQ(item().at("level"), 1);
  EXPECT_TRUE(book_->describe([](const CentreCode&) { return false; }).at("items").empty());
}

TEST_P(IncidentBookTest, NobodyReportsForAnother) {
  const Bytes own = sign_incident(report_, exchange_.first.evidence).value().cms;
  EXPECT_EQ(book_->take(own, exchange_.second.code).reason(), Reason::kForbidden);
  const Bytes forged = sign_incident(report_, exchange_.second.evidence).value().cms;
  EXPECT_EQ(book_->take(forged, exchange_.first.code).reason(), Reason::kCertificateUnregistered);
  EXPECT_TRUE(items().empty());
}

TEST_P(IncidentBookTest, ClocksRunByTheLevel) {
  CLAUSE("五(二)7");
  clock_.pass(std::chrono::minutes{30});
  ASSERT_TRUE(take());
  EXPECT_EQ(clock("incident_report").at("done"), true);
  EXPECT_EQ(clock("incident_report").at("late"), false);
  EXPECT_EQ(clock("incident_review").at("due"), (clock_.now() + hours{8}).text());
  EXPECT_EQ(clock("incident_control").at("due"), (kTestNow + hours{72}).text());
  EXPECT_TRUE(clock("incident_control_grave").is_null());
  report_.impact = {1, 3, 1};
  report_.assessed_by = "林維運";
  clock_.pass(std::chrono::minutes{10});
  ASSERT_TRUE(take());
  EXPECT_EQ(item().at("level"), 3);
  EXPECT_EQ(item().at("ground"), "十三(一)");
  EXPECT_EQ(clock("incident_review_grave").at("due"), (clock_.now() + hours{2}).text());
  EXPECT_EQ(clock("incident_control_grave").at("due"), (kTestNow + hours{36}).text());
  clock_.pass(hours{2});
  EXPECT_EQ(clock("incident_review_grave").at("late"), true);
  const std::string text = exposition(book_->metrics());
  EXPECT_NE(text.find("yizhan_incidents_late 1"), std::string::npos) << text;
  EXPECT_NE(text.find("yizhan_incidents{state=\"reported\"} 1"), std::string::npos) << text;
}

TEST_P(IncidentBookTest, WhoReportsAfterTheHourIsLate) {
  clock_.pass(hours{1});
  ASSERT_TRUE(take());
  EXPECT_EQ(clock("incident_report").at("done"), true);
  EXPECT_EQ(clock("incident_report").at("late"), true);
}

TEST_P(IncidentBookTest, WhatIsLateIsTold) {
  ASSERT_TRUE(take());
  clock_.pass(hours{8});
  std::vector<std::string> told;
  const auto notices = database_.transact([&](Transaction& tx) {
    return obligations_.tend(tx, Supervision::make({}).value(), clock_.now());
  });
  for (const ObligationNotice& one : notices) {
    if (one.kind != ObligationNotice::Kind::kLate) continue;
    told.push_back(one.obligation.kind + " " + one.to);
  }
  EXPECT_EQ(told, std::vector<std::string>{"incident_review management"});
}

TEST_P(IncidentBookTest, ManagementReviewsTheLevel) {
  ASSERT_TRUE(take());
  EXPECT_EQ(review({1, 2, 1}, "").reason(), Reason::kBadRequest);
  const Json then = review({1, 3, 1}).value();
  EXPECT_EQ(then.at("level"), 3);
  EXPECT_EQ(then.at("reported_level"), 1);
  EXPECT_EQ(then.at("review").at("by"), "wang");
  EXPECT_EQ(clock("incident_review").at("done"), true);
  EXPECT_EQ(clock("incident_control_grave").at("due"), (kTestNow + hours{36}).text());
  clock_.pass(hours{1});
  EXPECT_EQ(take().value().at("review").at("level"), 3) << "the centre learns of it";
  report_.impact = {2, 1, 1};
  clock_.pass(hours{1});
  EXPECT_FALSE(take().value().contains("review")) << "another level was reported";
  EXPECT_EQ(item().at("level"), 2);
}

TEST_P(IncidentBookTest, ControlAndImprovementEndTheirClocks) {
  ASSERT_TRUE(take());
  report_.control = "已停機";
  report_.state = IncidentState::kControlled;
  clock_.pass(hours{9});
  EXPECT_EQ(take().value().at("state"), "controlled");
  EXPECT_EQ(clock("incident_control").at("done"), true);
  EXPECT_EQ(clock("incident_improvement").at("done"), false);
  EXPECT_EQ(clock("incident_improvement").at("due"), "2026-12-22T16:00:00.000Z");
  report_.improvement = "已重灌";
  report_.state = IncidentState::kImproved;
  clock_.pass(hours{24});
  EXPECT_EQ(take().value().at("state"), "improved");
  EXPECT_EQ(clock("incident_improvement").at("done"), true);
}

TEST_P(IncidentBookTest, AnEarlierWordThatComesLateDoesNotCount) {
  const Bytes earlier = sign_incident(report_, exchange_.first.evidence).value().cms;
  report_.control = "已停機";
  report_.state = IncidentState::kControlled;
  clock_.pass(hours{1});
  ASSERT_TRUE(take());
  EXPECT_EQ(book_->take(earlier, exchange_.first.code).value().at("state"), "controlled");
  EXPECT_EQ(item().at("control"), "已停機");
}

TEST_P(IncidentBookTest, TwoPersonsClose) {
  CLAUSE("五(二)7");
  improve();
  EXPECT_EQ(book_->propose_closing(name(), by("wang")).reason(), Reason::kStepNotAllowed)
      << "nobody has reviewed the level";
  ASSERT_TRUE(review({1, 1, 1}));
  const std::set<std::string> officer{"management_officer"};
  EXPECT_EQ(book_->confirm_closing(name(), {sha256(bytes_of("x")), officer}, by("chen")).reason(),
            Reason::kStepNotAllowed);
  ASSERT_TRUE(book_->propose_closing(name(), by("wang")));
  EXPECT_EQ(item().at("closing").at("proposed_by"), "wang");
  EXPECT_EQ(book_->confirm_closing(name(), {seen(), officer}, by("wang")).reason(),
            Reason::kSamePerson);
  EXPECT_EQ(book_->confirm_closing(name(), {sha256(bytes_of("x")), officer}, by("chen")).reason(),
            Reason::kDecisionChanged);
  EXPECT_EQ(book_->confirm_closing(name(), {seen(), {"auditor"}}, by("chen")).reason(),
            Reason::kRoleMissing);
  EXPECT_EQ(book_->confirm_closing(name(), {seen(), officer}, by("chen")).value().at("state"),
            "closed");
  clock_.pass(std::chrono::minutes{10});
  EXPECT_EQ(take().value().at("state"), "closed") << "the centre learns of it";
  EXPECT_EQ(review({1, 1, 1}).reason(), Reason::kStepNotAllowed);
}

TEST_P(IncidentBookTest, AnotherWordOrReviewVoidsTheProposalToClose) {
  improve();
  ASSERT_TRUE(review({1, 1, 1}));
  ASSERT_TRUE(book_->propose_closing(name(), by("wang")));
  const Sha256 before = seen();
  report_.improvement = "尚未重灌";
  clock_.pass(hours{1});
  ASSERT_TRUE(take());
  EXPECT_FALSE(item().contains("closing"));
  const std::set<std::string> officer{"management_officer"};
  EXPECT_EQ(book_->confirm_closing(name(), {before, officer}, by("chen")).reason(),
            Reason::kStepNotAllowed);
  ASSERT_TRUE(book_->propose_closing(name(), by("wang")));
  clock_.pass(hours{1});
  ASSERT_TRUE(review({1, 1, 1}, "再審"));
  EXPECT_FALSE(item().contains("closing"));
}

TEST_P(IncidentBookTest, WhatHasNotImprovedIsNotClosed) {
  ASSERT_TRUE(take());
  ASSERT_TRUE(review({1, 1, 1}));
  EXPECT_EQ(book_->propose_closing(name(), by("wang")).reason(), Reason::kStepNotAllowed);
  EXPECT_EQ(book_->propose_closing({exchange_.second.code, report_.incident}, by("wang")).reason(),
            Reason::kNotFound);
}

}  // namespace
}  // namespace yizhan
