#include <algorithm>

#include "model/record/record_test.h"

namespace yizhan {
namespace {

using std::chrono::days;
using Kind = ObligationNotice::Kind;

constexpr const char* kKinds = R"([
  {"name": "backup", "layer": "終", "every": "half_year", "moves": false, "remind": [30, 7, 1],
   "escalate_after": 2},
  {"name": "audit_rollup", "layer": "交", "every": "year", "on": "11-30", "moves": true,
   "remind": [], "escalate_after": 0},
  {"name": "update_plan", "layer": "交", "days": 7, "counting": "calendar", "moves": true,
   "remind": [3, 1], "escalate_after": 0},
  {"name": "check_results", "layer": "終", "days": 1, "counting": "working", "moves": false,
   "remind": [], "escalate_after": 0},
  {"name": "report", "layer": "交", "hours": 1, "moves": false, "remind": [],
   "escalate_after": 0}])";

Day day(int year, unsigned month, unsigned day) {
  return Day{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day)};
}

Time noon(Day day) { return begin_of(day) + std::chrono::hours{12}; }

class ObligationTest : public RecordTest {
 protected:
  // 2026: New Year's Day is a Thursday; 02-14 to 02-22 is the lunar New Year.
  WorkingCalendar calendar_ = WorkingCalendar::load("").value();
  ObligationKinds kinds_ = parse_obligation_kinds(bytes_of(kKinds)).value();
  Obligations obligations_{journal_, kinds_, calendar_};
  Supervision supervision_ =
      Supervision::make({{"T1", "CITY"}, {"T2", "CITY"}, {"CITY", "MINISTRY"}}).value();

  Obligation plan(const std::string& owner, Time at) {
    return act([&](Transaction& tx) {
      return obligations_.open_on(tx, {"update_plan", "notice-1", at}, {owner, owner}, at);
    });
  }
  Obligation backup(const std::string& owner, Time now) {
    return act([&](Transaction& tx) {
      return obligations_.open_period(tx, "backup", {owner, owner}, now);
    });
  }
  std::vector<ObligationNotice> tend(Time now) {
    return act([&](Transaction& tx) { return obligations_.tend(tx, supervision_, now); });
  }
  FactId fact_of(const std::string& subject, std::int64_t sequence) {
    const Fact fact{"backup", subject, Json::object(), "wang.daming", sequence, kNow};
    return act([&](Transaction& tx) {
             return Facts(journal_).report(tx, fact, {"wang.daming", kNow});
           })
        .value();
  }
  Result<void> finish(const Obligation& obligation, const ObligationProof& proof, Time now = kNow) {
    return act([&](Transaction& tx) {
      return obligations_.finish(tx, obligation.id, proof, {"wang.daming", now});
    });
  }
  Obligation found(const Obligation& obligation) {
    return db_.read([&](Transaction& tx) { return Obligations::find(tx, obligation.id); }).value();
  }
};

INSTANTIATE_TEST_SUITE_P(BothEngines, ObligationTest, kBothEngines, engine_name);

TEST_P(ObligationTest, IsOwedOnceForEachPeriod) {
  const Obligation first = backup("T1", noon(day(2026, 11, 18)));
  EXPECT_EQ(first.period, "2026H2");
  EXPECT_EQ(first.due, begin_of(day(2027, 1, 1))) << "until the end of the last day";
  EXPECT_EQ(first.layer, "終");
  EXPECT_EQ(backup("T1", noon(day(2026, 12, 31))).id, first.id);
  EXPECT_NE(backup("T2", noon(day(2026, 12, 31))).id, first.id);
  EXPECT_NE(backup("T1", noon(day(2027, 1, 1))).id, first.id);
  EXPECT_EQ(entries("obligation_opened").size(), 3U);
}

TEST_P(ObligationTest, IsLateToTheHourAndEscalatesWithTheDay) {
  const Time at = noon(day(2026, 11, 18));
  const Obligation owed = act([&](Transaction& tx) {
    return obligations_.open_on(tx, {"report", "incident-1", at}, {"CITY", "CITY"}, at);
  });
  EXPECT_EQ(owed.due, at + std::chrono::hours{1});
  EXPECT_TRUE(tend(at + std::chrono::minutes{59}).empty());
  const auto late = tend(at + std::chrono::hours{1});
  ASSERT_EQ(late.size(), 1U);
  EXPECT_EQ(late[0].kind, Kind::kLate);
  EXPECT_TRUE(tend(begin_of(day(2026, 11, 19)) - Milliseconds{1}).empty());
  const auto above = tend(begin_of(day(2026, 11, 19)));
  ASSERT_EQ(above.size(), 1U);
  EXPECT_EQ(above[0].to, "MINISTRY");
}

TEST_P(ObligationTest, IsOwedOnceForEachEvent) {
  const Obligation first = plan("CITY", noon(day(2026, 11, 18)));
  EXPECT_EQ(first.cause, Cause::kEvent);
  EXPECT_EQ(first.cause_id, "notice-1");
  EXPECT_EQ(plan("CITY", noon(day(2026, 11, 19))).due, first.due);
  EXPECT_EQ(entries("obligation_opened").size(), 1U);
}

TEST_P(ObligationTest, DeadlinesAreCountedInTaipeiAndByItsCalendar) {
  const auto due = [&](const char* kind, Day from) {
    return due_day(kinds_.at(kind), from, calendar_);
  };
  EXPECT_EQ(due("update_plan", day(2026, 11, 18)), day(2026, 11, 25));
  EXPECT_EQ(due("update_plan", day(2026, 11, 21)), day(2026, 11, 30)) << "from a Saturday on";
  EXPECT_EQ(due("check_results", day(2026, 11, 20)), day(2026, 11, 23)) << "over a weekend";
  EXPECT_EQ(due("check_results", day(2025, 12, 31)), day(2026, 1, 2)) << "over a holiday";
  EXPECT_EQ(due("audit_rollup", day(2026, 3, 1)), day(2026, 11, 30));
  EXPECT_EQ(due("audit_rollup", day(2024, 3, 1)), day(2024, 12, 2)) << "a Saturday";
  // 23:30 in Taipei is that day still, though in UTC it is 15:30.
  EXPECT_EQ(plan("T1", begin_of(day(2026, 11, 19)) - std::chrono::minutes{30}).due,
            begin_of(day(2026, 11, 26)));
}

TEST_P(ObligationTest, PeriodsAreOfTheSolarYear) {
  EXPECT_EQ(period_of(Every::kMonth, day(2028, 2, 29)).text, "2028-02");
  EXPECT_EQ(period_of(Every::kMonth, day(2028, 2, 1)).last, day(2028, 2, 29));
  EXPECT_EQ(period_of(Every::kQuarter, day(2026, 12, 31)).text, "2026Q4");
  EXPECT_EQ(period_of(Every::kQuarter, day(2026, 12, 31)).first, day(2026, 10, 1));
  EXPECT_EQ(period_of(Every::kHalfYear, day(2026, 6, 30)).text, "2026H1");
  EXPECT_EQ(period_of(Every::kYear, day(2026, 6, 30)).last, day(2026, 12, 31));
}

TEST_P(ObligationTest, RemindsOnceAtEachDay) {
  backup("T1", noon(day(2026, 7, 1)));
  EXPECT_TRUE(tend(noon(day(2026, 11, 30))).empty());
  const auto first = tend(noon(day(2026, 12, 1)));
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].kind, Kind::kReminder);
  EXPECT_EQ(first[0].to, "T1");
  EXPECT_EQ(first[0].days_before, 30);
  EXPECT_TRUE(tend(noon(day(2026, 12, 2))).empty());
  EXPECT_TRUE(tend(noon(day(2026, 12, 23))).empty());
  const auto missed = tend(noon(day(2026, 12, 30)));
  ASSERT_EQ(missed.size(), 1U) << "of two that have come due only the nearest";
  EXPECT_EQ(missed[0].days_before, 1);
  EXPECT_TRUE(tend(noon(day(2026, 12, 31))).empty());
  EXPECT_EQ(entries("obligation_reminded").size(), 2U);
}

TEST_P(ObligationTest, IsLateAfterItsDayAndThenToldToTheSupervisor) {
  CLAUSE("十三");
  const Obligation obligation = backup("T1", noon(day(2026, 12, 31)));
  tend(begin_of(day(2027, 1, 1)) - Milliseconds(1));
  EXPECT_EQ(found(obligation).state, ObligationState::kOpen);
  const auto late = tend(begin_of(day(2027, 1, 1)));
  ASSERT_EQ(late.size(), 1U);
  EXPECT_EQ(late[0].kind, Kind::kLate);
  EXPECT_EQ(found(obligation).state, ObligationState::kLate);
  EXPECT_TRUE(tend(begin_of(day(2027, 1, 3)) - Milliseconds(1)).empty());
  const auto told = tend(begin_of(day(2027, 1, 3)));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].kind, Kind::kEscalation);
  EXPECT_EQ(told[0].to, "CITY");
  EXPECT_EQ(found(obligation).escalated_to, "CITY");
  EXPECT_TRUE(tend(begin_of(day(2027, 1, 3))).empty()) << "once";
  EXPECT_EQ(entries("obligation_late").size(), 1U);
  EXPECT_EQ(entries("obligation_escalated").size(), 1U);
}

TEST_P(ObligationTest, GoesUpTheLineAsLongAsItIsNotDone) {
  CLAUSE("五(五)");
  const Obligation obligation = backup("T1", noon(day(2026, 12, 31)));
  tend(begin_of(day(2027, 1, 3)));
  EXPECT_TRUE(tend(begin_of(day(2027, 1, 5)) - Milliseconds(1)).empty()) << "two days each";
  const auto told = tend(begin_of(day(2027, 1, 5)));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].to, "MINISTRY");
  EXPECT_EQ(told[0].obligation.escalated_to, "MINISTRY");
  EXPECT_EQ(found(obligation).escalated_to, "MINISTRY");
  EXPECT_TRUE(tend(begin_of(day(2027, 2, 1))).empty()) << "nobody is above";
  EXPECT_EQ(entries("obligation_escalated").size(), 2U);
}

TEST_P(ObligationTest, WhoWasNotTendedForLongTellsAllAtOnceAndInOrder) {
  plan("T1", noon(day(2026, 11, 18)));
  const auto told = tend(noon(day(2026, 12, 18)));
  ASSERT_EQ(told.size(), 3U);
  EXPECT_EQ(told[0].kind, Kind::kLate);
  EXPECT_EQ(told[1].to, "CITY");
  EXPECT_EQ(told[2].to, "MINISTRY");
}

TEST_P(ObligationTest, WhoHasAnotherSupervisorIsToldOnAnew) {
  plan("T1", noon(day(2026, 11, 18)));
  tend(noon(day(2026, 12, 18)));
  supervision_ = Supervision::make({{"T1", "OTHER"}}).value();
  const auto told = tend(noon(day(2026, 12, 19)));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].to, "OTHER");
}

TEST_P(ObligationTest, WhatIsDoneGoesNoFurther) {
  const Obligation obligation = backup("T1", noon(day(2026, 12, 31)));
  tend(begin_of(day(2027, 1, 3)));
  EXPECT_EQ(db_.read([](Transaction& tx) {
                 return Obligations::late(tx, begin_of(day(2027, 1, 3)));
               }).size(),
            1U);
  ASSERT_TRUE(finish(obligation, ObligationProof::of(fact_of("T1", 1))).ok());
  EXPECT_TRUE(tend(begin_of(day(2027, 1, 9))).empty());
  EXPECT_TRUE(db_.read([](Transaction& tx) {
                   return Obligations::late(tx, begin_of(day(2027, 1, 9)));
                 }).empty());
}

TEST_P(ObligationTest, AboveTheTopNobodyIsTold) {
  plan("MINISTRY", noon(day(2026, 11, 18)));
  const auto notices = tend(noon(day(2026, 12, 18)));
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0].kind, Kind::kLate);
  EXPECT_TRUE(tend(noon(day(2026, 12, 19))).empty());
}

TEST_P(ObligationTest, IsDoneByAFactOrACaseOfTheSameSubject) {
  const Obligation obligation = backup("T1", kNow);
  const auto proof = ObligationProof::of(fact_of("T1", 1));
  EXPECT_EQ(finish(obligation, ObligationProof::of(fact_of("T2", 2))).reason(),
            Reason::kBadRequest);
  EXPECT_EQ(finish(obligation, {ObligationProof::Kind::kFact, "none"}).reason(), Reason::kNotFound);
  EXPECT_EQ(finish(obligation, ObligationProof::of(CaseId::generate(kNow))).reason(),
            Reason::kNotFound);
  ASSERT_TRUE(finish(obligation, proof).ok());
  EXPECT_TRUE(finish(obligation, proof).ok()) << "again";
  EXPECT_EQ(finish(obligation, ObligationProof::of(fact_of("T1", 3))).reason(), Reason::kConflict);
  EXPECT_EQ(found(obligation).state, ObligationState::kDone);
  EXPECT_EQ(found(obligation).proof, proof);
  EXPECT_EQ(entries("obligation_done").size(), 1U);
  EXPECT_TRUE(tend(noon(day(2027, 2, 1))).empty()) << "neither late nor told on";
}

TEST_P(ObligationTest, AreListedByOwnerKindAndDay) {
  backup("T1", kNow);
  backup("T2", kNow);
  plan("T1", kNow);
  const auto count = [&](const char* owner, const char* kind, Day to) {
    return db_
        .read([&](Transaction& tx) {
          return Obligations::list(tx, {owner, kind, Time(), begin_of(to)});
        })
        .size();
  };
  EXPECT_EQ(count("", "", day(2028, 1, 1)), 3U);
  EXPECT_EQ(count("T1", "", day(2028, 1, 1)), 2U);
  EXPECT_EQ(count("T1", "", day(2026, 12, 31)), 1U);
  EXPECT_EQ(count("", "backup", day(2028, 1, 1)), 2U);
}

TEST_P(ObligationTest, TheBoardShowsWhatIsDueLateAndDoneAndRollsItUp) {
  finish(backup("T1", kNow), ObligationProof::of(fact_of("T1", 1))).value();
  backup("T2", kNow);
  plan("T1", kNow);
  plan("CITY", kNow);
  const Obligation slow = plan("T2", kNow);
  finish(slow, ObligationProof::of(fact_of("T2", 2)), noon(day(2026, 12, 5))).value();
  const auto lines = db_.read([&](Transaction& tx) {
    return board(tx, {Time(), begin_of(day(2028, 1, 1)), noon(day(2026, 12, 10))});
  });
  const std::vector<BoardLine> expected = {
      {"CITY", "交", "update_plan", {.late = 1}}, {"T1", "交", "update_plan", {.late = 1}},
      {"T1", "終", "backup", {.done = 1}},        {"T2", "交", "update_plan", {.done_late = 1}},
      {"T2", "終", "backup", {.due = 1}},
  };
  EXPECT_EQ(lines, expected) << "late by the day, though nobody tended them";
  EXPECT_EQ(by_layer(lines),
            (BoardCounts{{"交", {.late = 2, .done_late = 1}}, {"終", {.due = 1, .done = 1}}}));
  EXPECT_EQ(by_kind(lines).at("backup"), (BoardCount{.due = 1, .done = 1}));
  const BoardCounts up = rolled_up(lines, supervision_);
  EXPECT_EQ(up.at("T1"), (BoardCount{.late = 1, .done = 1}));
  EXPECT_EQ(up.at("CITY"), (BoardCount{.due = 1, .late = 2, .done = 1, .done_late = 1}));
  EXPECT_EQ(up.at("MINISTRY"), up.at("CITY"));
}

TEST(SupervisionTree, GoesNotRound) {
  EXPECT_EQ(Supervision::make({{"a", "b"}, {"b", "c"}, {"c", "a"}}).reason(), Reason::kConflict);
  EXPECT_EQ(Supervision::make({{"a", "a"}}).reason(), Reason::kConflict);
  EXPECT_EQ(Supervision::make({{"d", "a"}, {"a", "b"}, {"b", "a"}}).reason(), Reason::kConflict);
  const Supervision tree = Supervision::make({{"a", "b"}, {"b", "c"}}).value();
  EXPECT_EQ(tree.line_of("a"), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(tree.supervisor_of("c"), std::nullopt);
}

TEST(ObligationKindsData, AreRefusedWhenTheyDoNotHold) {
  const std::vector<std::pair<std::string, std::string>> spoilings = {
      {R"("layer": "終", "every")", R"("layer": "天", "every")"},
      {R"("every": "half_year")", R"("every": "week")"},
      {R"("every": "half_year")", R"("every": "half_year", "on": "06-30")"},
      {R"("on": "11-30")", R"("on": "11-31")"},
      {R"("on": "11-30")", R"("on": "02-29")"},
      {R"("remind": [3, 1])", R"("remind": [-1])"},
      {R"("days": 7)", R"("days": 0)"},
      {R"("counting": "working")", R"("counting": "moons")"},
      {R"("name": "audit_rollup")", R"("name": "backup")"},
      {R"("name": "backup")", R"("name": "Back up")"},
      {R"("days": 7, "counting": "calendar",)", ""},
  };
  for (const auto& [from, to] : spoilings) {
    std::string spoilt(kKinds);
    ASSERT_NE(spoilt.find(from), std::string::npos) << from;
    spoilt.replace(spoilt.find(from), from.size(), to);
    EXPECT_EQ(parse_obligation_kinds(bytes_of(spoilt)).reason(), Reason::kMalformed) << to;
  }
}

}  // namespace
}  // namespace yizhan
