#include "duty/incident/incident_report.h"

#include <gtest/gtest.h>

#include "duty/incident/incident_scene_test.h"

namespace yizhan {
namespace {

class IncidentReportTest : public ::testing::Test {
 protected:
  static Result<IncidentReport> parsed(const Json& json) {
    return IncidentReport::parse(bytes_of(json.dump()));
  }
  [[nodiscard]] Json whole() const { return Json::parse(text_of(report_.json())); }

  SmallExchange exchange_;
  IncidentReport report_ = eicar_report(exchange_);
};

TEST(IncidentImpact, TheLevelIsTheWorstOfThree) {
  EXPECT_EQ(level_of({1, 1, 1}), 1);
  EXPECT_EQ(level_of({1, 3, 2}), 3);
  EXPECT_EQ(level_of({4, 1, 1}), 4);
  EXPECT_EQ(level_of({1, 1, 2}), 2);
  EXPECT_FALSE(is_grave(2));
  EXPECT_TRUE(is_grave(3));
  for (const ImpactQuestion& question : impact_questions()) {
    for (const std::string_view answer : question.answers) EXPECT_FALSE(answer.empty());
  }
}

TEST_F(IncidentReportTest, ComesBackAsWritten) {
  CLAUSE("五(二)7");
  report_.impact = {2, 3, 1};
  report_.assessed_by = "林維運";
  report_.control = "已請來源機關停機";
  report_.state = IncidentState::kControlled;
  report_.source->submission->from_centre = exchange_.second.code;
  report_.source_told = kTestNow;
  const IncidentReport read = IncidentReport::parse(report_.json()).value();
  EXPECT_EQ(read.json(), report_.json());
  EXPECT_EQ(whole().at("level"), 3);
  EXPECT_EQ(whole().at("certificate"), exchange_.a.sign.certificate().sha256().hex());
  EXPECT_EQ(whole().at("address"), "192.0.2.10");
  EXPECT_EQ(whole().at("holders").at(0).at("recipient"), "B02000000B");
  IncidentReport later = read;
  later.time = kTestNow + std::chrono::hours{1};
  EXPECT_TRUE(later.says_what(report_));
  later.spread.holding = 2;
  EXPECT_FALSE(later.says_what(report_));
}

TEST_F(IncidentReportTest, LeavesNothingOut) {
  const Json all = whole();
  for (const auto& [name, value] : all.items()) {
    Json less = all;
    less.erase(name);
    EXPECT_EQ(parsed(less).reason(), Reason::kMalformed) << name;
  }
  Json more = whole();
  more["more"] = 1;
  EXPECT_EQ(parsed(more).reason(), Reason::kMalformed);
  more = whole();
  more["format"] = "yizhan-incident-2";
  EXPECT_EQ(parsed(more).reason(), Reason::kUnknownFormat);
}

TEST_F(IncidentReportTest, SaysNothingThatDoesNotGoTogether) {
  const auto refused = [&](const char* name, const Json& value) {
    Json other = whole();
    other[name] = value;
    EXPECT_EQ(parsed(other).reason(), Reason::kMalformed) << name << " " << value;
  };
  refused("level", 2);
  refused("integrity", 5);
  refused("integrity", 0);
  refused("cause", "release");
  refused("state", "controlled");
  refused("holding", 0);
  refused("found", "");
  refused("detected", (kTestNow + std::chrono::hours{1}).text());
  refused("control", std::string(IncidentReport::kTextBytesMax + 1, 'a'));
  report_.state = IncidentState::kImproved;
  report_.improvement = "已換發憑證";
  EXPECT_EQ(IncidentReport::parse(report_.json()).reason(), Reason::kMalformed)
      << "improved without having been controlled";
  Json many = whole();
  many["holding"] = 1'000;
  for (int i = 0; i < 101; ++i) many["holders"].push_back(many.at("holders").at(0));
  EXPECT_EQ(parsed(many).reason(), Reason::kTooLarge);
}

TEST_F(IncidentReportTest, AReleaseThatDoesNotHoldHasNoSource) {
  report_.cause = IncidentCause::kRelease;
  EXPECT_EQ(IncidentReport::parse(report_.json()).reason(), Reason::kMalformed);
  report_.source.reset();
  EXPECT_TRUE(IncidentReport::parse(report_.json()));
}

// Nobody can have what its own terminal did not send.
TEST_F(IncidentReportTest, WhatWasNotSentHasASourceAndNoSubmission) {
  report_.source->submission.reset();
  EXPECT_EQ(IncidentReport::parse(report_.json()).reason(), Reason::kMalformed);
  report_.spread = {};
  const auto read = IncidentReport::parse(report_.json());
  ASSERT_TRUE(read) << read.refusal().detail;
  EXPECT_EQ(read->json(), report_.json());
  EXPECT_FALSE(read->source->submission);
}

TEST_F(IncidentReportTest, IsSignedByTheCentreThatFoundIt) {
  CLAUSE("五(二)7");
  const auto directory = exchange_.directory();
  const auto good = sign_incident(report_, exchange_.first.evidence).value();
  EXPECT_TRUE(check_incident_signer(good, directory));
  EXPECT_EQ(open_incident(good.cms).value().report.json(), report_.json());
  const auto others = sign_incident(report_, exchange_.second.evidence).value();
  EXPECT_EQ(check_incident_signer(others, directory).reason(), Reason::kCertificateUnregistered);
  Bytes broken = good.cms;
  broken.back() ^= 1U;
  EXPECT_FALSE(open_incident(broken));
}

// With everything at its limit it still fits into what management takes, and into a fact.
TEST_F(IncidentReportTest, FitsAtItsLargest) {
  report_.control = std::string(IncidentReport::kTextBytesMax, 'a');
  report_.improvement = report_.control;
  report_.found = std::string(IncidentReport::kFoundBytesMax, 'a');
  report_.detail = std::string(IncidentReport::kDetailBytesMax, 'a');
  report_.person = report_.assessed_by = std::string(IncidentReport::kPersonBytesMax, 'a');
  report_.state = IncidentState::kImproved;
  report_.spread = {1'000'000, 1'000'000, {}};
  for (std::size_t i = 0; i < IncidentSpread::kListedMax; ++i) {
    report_.spread.holders.push_back({{exchange_.b.code, UnitCode::parse("U010001").value()},
                                      "forwarding",
                                      kTestNow,
                                      CentreCode::parse(std::string(32, 'C')).value(),
                                      sha256(bytes_of("E.2"))});
  }
  const auto word = sign_incident(report_, exchange_.first.evidence);
  ASSERT_TRUE(word) << word.refusal().detail;
  EXPECT_LT(to_base64(word->cms).size(), 60'000U);
}

}  // namespace
}  // namespace yizhan
