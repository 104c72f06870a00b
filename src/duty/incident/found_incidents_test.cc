#include "duty/incident/found_incidents.h"

#include <gtest/gtest.h>

#include "duty/incident/incident_scene_test.h"

namespace yizhan {

extern const std::span<const EmbeddedFile> kMigrations;

namespace {

class FoundIncidentsTest : public ::testing::TestWithParam<Engine> {
 protected:
  void SetUp() override {
    migrate(database_, kMigrations, kTestNow);
    start();
  }
  // Also as after a restart.
  void start() {
    incidents_.emplace(FoundIncidents::Parts{
        database_, journal_, exchange_.first.code,
        std::make_shared<SoftwareKey>(exchange_.first.evidence), place_.directory() / "incidents",
        clock_, [this](Transaction&, const IncidentSource&) { return trace_; }, [this] { ++news_; },
        WorkingCalendar::load({}).value()});
  }
  void find_malware(std::string_view document = kDocument) {
    database_.transact([&](Transaction& tx) {
      incidents_->open(tx, {IncidentCause::kMalware, "Eicar-Test-Signature", "ClamAV 1.0.9 27465",
                            source_of(exchange_.a, document)});
    });
  }
  Json items() { return incidents_->describe().at("items"); }
  Json item() { return items().at(0); }
  CaseId only() { return CaseId::parse(item().at("incident").get<std::string>()).value(); }
  Result<int> hand_up() {
    return incidents_->hand_up([this](ByteView cms) -> Result<Json> {
      if (refusal_) return *refusal_;
      handed_.push_back(open_incident(cms).value());
      return answer_;
    });
  }
  std::string metrics() { return exposition(incidents_->metrics()); }

  SmallExchange exchange_;
  TestClock clock_;
  TestDatabase place_{GetParam()};
  Database database_{place_.config()};
  Journal journal_{"CENTRE-1"};
  IncidentTrace trace_;
  int news_ = 0;
  std::optional<Refusal> refusal_;
  Json answer_ = {{"taken", true}, {"state", "reported"}};
  std::vector<SignedIncidentReport> handed_;
  std::optional<FoundIncidents> incidents_;
};

INSTANTIATE_TEST_SUITE_P(BothEngines, FoundIncidentsTest, kBothEngines, engine_name);

TEST_P(FoundIncidentsTest, MalwareIsOneIncidentForEachDocument) {
  CLAUSE("五(二)7");
  find_malware();
  find_malware();
  ASSERT_EQ(items().size(), 1U);
  EXPECT_EQ(news_, 1) << "told once";
  EXPECT_EQ(item().at("state"), "open");
  EXPECT_EQ(item().at("sender"), "A01000000A");
  EXPECT_EQ(item().at("address"), "192.0.2.10");
  EXPECT_EQ(item().at("level"), 1);
  EXPECT_EQ(item().at("assessed_by"), "") << "nobody has judged it";
  find_malware("0193a5e0-0000-7000-8000-0000000000d2");
  EXPECT_EQ(items().size(), 2U);
  start();
  EXPECT_EQ(items().size(), 2U) << "they are in the store";
}

// What was not committed was not quarantined either.
TEST_P(FoundIncidentsTest, StandsAndFallsWithItsTransaction) {
  EXPECT_THROW(database_.transact([&](Transaction& tx) {
    incidents_->open(tx, {IncidentCause::kRelease, "releases/exchange/1.2.3.json", "檢核碼不符"});
    throw std::runtime_error("the program dies");
  }),
               std::runtime_error);
  EXPECT_TRUE(items().empty());
  EXPECT_EQ(news_, 0);
}

TEST_P(FoundIncidentsTest, NamesWhoHasItAndProposesAHigherLevelThen) {
  trace_.spread = {
      2, 1, {{exchange_.b.addressee(), "received", kTestNow, std::nullopt, std::nullopt}}};
  trace_.told = kTestNow;
  find_malware();
  EXPECT_EQ(item().at("level"), 2);
  EXPECT_EQ(item().at("stopped"), 2);
  EXPECT_EQ(item().at("holders").at(0).at("recipient"), "B02000000B");
  EXPECT_EQ(item().at("source_told"), kTestNow.text());
}

TEST_P(FoundIncidentsTest, IsHandedUpOnceUntilThereIsSomethingNewToSay) {
  CLAUSE("五(二)7");
  find_malware();
  refusal_ = Refusal{Reason::kUnavailable, "no line"};
  EXPECT_EQ(hand_up().reason(), Reason::kUnavailable);
  EXPECT_EQ(item().at("state"), "open");
  refusal_.reset();
  EXPECT_EQ(hand_up().value(), 1);
  EXPECT_EQ(item().at("state"), "reported");
  EXPECT_EQ(hand_up().value(), 0);
  ASSERT_TRUE(incidents_->assess(only(), {1, 3, 1}, "林維運"));
  EXPECT_EQ(hand_up().value(), 1);
  EXPECT_EQ(level_of(handed_.back().report.impact), 3);
  EXPECT_EQ(handed_.back().report.assessed_by, "林維運");
  start();
  clock_.pass(std::chrono::minutes{1});
  EXPECT_EQ(hand_up().value(), 1) << "again after a start";
  EXPECT_EQ(handed_.back().cms, handed_.at(handed_.size() - 2).cms) << "and not signed again";
  clock_.pass(std::chrono::minutes{10});
  EXPECT_EQ(hand_up().value(), 1) << "to learn how management holds it";
}

// One that management refuses keeps no other back.
TEST_P(FoundIncidentsTest, ARefusedOneIsNotReported) {
  find_malware();
  refusal_ = Refusal{Reason::kCertificateUnregistered, ""};
  EXPECT_EQ(hand_up().value(), 0);
  EXPECT_EQ(item().at("state"), "open");
  EXPECT_EQ(item().at("handed").at("taken"), false);
}

TEST_P(FoundIncidentsTest, IsControlledImprovedAndClosedByManagement) {
  CLAUSE("五(二)7");
  find_malware();
  const CaseId id = only();
  ASSERT_TRUE(hand_up());
  EXPECT_EQ(incidents_->improve(id, {"已更新", "林維運"}).reason(), Reason::kStepNotAllowed);
  EXPECT_EQ(incidents_->control(id, {"", "林維運"}).reason(), Reason::kFormInvalid);
  EXPECT_EQ(incidents_->control(id, {"已停機", ""}).reason(), Reason::kFormInvalid);
  const std::string escaped(IncidentReport::kTextBytesMax, '\x01');
  EXPECT_EQ(incidents_->control(id, {escaped, "林維運"}).reason(), Reason::kFormInvalid);
  const Json then = incidents_->control(id, {"已停機", "林維運"}).value();
  EXPECT_EQ(then.at("state"), "controlled");
  EXPECT_EQ(then.at("improvement_by"), "2026-12-22T16:00:00.000Z");
  ASSERT_TRUE(incidents_->improve(id, {"來源機關已重灌", "林維運"}));
  ASSERT_TRUE(hand_up());
  EXPECT_EQ(handed_.back().report.state, IncidentState::kImproved);
  EXPECT_EQ(item().at("state"), "improved");
  answer_ = {{"taken", true}, {"state", "closed"}};
  clock_.pass(std::chrono::minutes{10});
  ASSERT_TRUE(hand_up());
  EXPECT_EQ(item().at("state"), "closed");
  clock_.pass(std::chrono::minutes{10});
  EXPECT_EQ(hand_up().value(), 0) << "nothing more to say";
  EXPECT_EQ(incidents_->assess(id, {}, "林維運").reason(), Reason::kStepNotAllowed);
}

TEST_P(FoundIncidentsTest, RunsAgainstClocks) {
  find_malware();
  EXPECT_EQ(item().at("report_by"), (kTestNow + std::chrono::hours{1}).text());
  EXPECT_EQ(item().at("control_by"), (kTestNow + std::chrono::hours{72}).text());
  clock_.pass(std::chrono::minutes{59});
  EXPECT_TRUE(item().at("late").empty());
  clock_.pass(std::chrono::minutes{1});
  EXPECT_EQ(item().at("late"), Json({"report"}));
  EXPECT_NE(metrics().find("yizhan_incidents_late 1"), std::string::npos) << metrics();
  ASSERT_TRUE(hand_up());
  EXPECT_TRUE(item().at("late").empty());
  ASSERT_TRUE(incidents_->assess(only(), {4, 1, 1}, "林維運"));
  EXPECT_EQ(item().at("control_by"), (kTestNow + std::chrono::hours{36}).text());
  clock_.pass(std::chrono::hours{36});
  EXPECT_EQ(item().at("late"), Json({"control"}));
  EXPECT_NE(metrics().find("yizhan_incidents{state=\"reported\"} 1"), std::string::npos);
}

TEST_P(FoundIncidentsTest, WordsOfOthersAreCutBetweenCharacters) {
  database_.transact([&](Transaction& tx) {
    std::string name;
    for (int i = 0; i < 200; ++i) name += "毒";
    incidents_->open(tx, {IncidentCause::kRelease, name, ""});
  });
  EXPECT_EQ(item().at("found").get<std::string>().size(), 300U);
  EXPECT_EQ(hand_up().value(), 1);
}

// A clock that is set back makes no report that management would not read.
TEST_P(FoundIncidentsTest, IsNeverToldBeforeItWasFound) {
  find_malware();
  clock_.pass(-std::chrono::hours{1});
  EXPECT_EQ(hand_up().value(), 1);
  EXPECT_EQ(handed_.back().report.time, kTestNow);
}

TEST_P(FoundIncidentsTest, ListsSomeOfManyInTheReportAndAllHere) {
  trace_.spread.holding = 150;
  for (int i = 0; i < 150; ++i) {
    trace_.spread.holders.push_back(
        {exchange_.b.addressee(), "received", kTestNow, std::nullopt, std::nullopt});
  }
  find_malware();
  EXPECT_EQ(hand_up().value(), 1);
  EXPECT_EQ(handed_.back().report.spread.holders.size(), IncidentSpread::kListedMax);
  EXPECT_EQ(handed_.back().report.spread.holding, 150);
  EXPECT_EQ(item().at("holders").size(), 150U);
}

TEST_P(FoundIncidentsTest, NobodyTellsOfWhatIsNotThere) {
  EXPECT_EQ(incidents_->assess(CaseId::generate(kTestNow), {}, "林維運").reason(),
            Reason::kNotFound);
}

}  // namespace
}  // namespace yizhan
