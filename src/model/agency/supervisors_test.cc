#include "model/agency/supervisors.h"

#include <gtest/gtest.h>

#include "tests/support/clause.h"
#include "tests/support/small_exchange.h"

namespace yizhan {
namespace {

// A and B hang on C: A under B under C. D runs things at the other centre.
class SupervisorsTest : public ::testing::Test {
 protected:
  SupervisorsTest() {
    exchange_.registered(exchange_.a).supervisor = b_;
    exchange_.registered(exchange_.b).supervisor = c_;
  }
  Result<Directory> read() const {
    return Directory::parse(canonical_json(exchange_.directory().describe()));
  }
  void first_centre_is(CentreKind kind, std::optional<OrgCode> run_by = {}) {
    exchange_.centres[0].kind = kind;
    exchange_.centres[0].run_by = std::move(run_by);
  }
  [[nodiscard]] std::optional<OrgCode> answers_for(const OrgCode& agency) const {
    const Directory directory = read().value();
    return supervisor_of(*directory.find(agency), directory);
  }

  SmallExchange exchange_;
  const OrgCode a_ = exchange_.a.code, b_ = exchange_.b.code, c_ = exchange_.c.code,
                d_ = exchange_.d.code;
};

TEST_F(SupervisorsTest, StandInTheDirectoryWithTheKindsOfCentres) {
  CLAUSE("四(二)");
  first_centre_is(CentreKind::kSelfManaged, c_);
  exchange_.centres[1].kind = CentreKind::kShared;
  const Json json = exchange_.directory().describe();
  const Directory directory = read().value();
  EXPECT_EQ(directory.describe(), json);
  EXPECT_EQ(directory.find(a_)->supervisor, b_);
  EXPECT_EQ(directory.find(c_)->supervisor, std::nullopt);
  EXPECT_EQ(directory.find(exchange_.first.code)->kind, CentreKind::kSelfManaged);
  EXPECT_EQ(directory.find(exchange_.first.code)->run_by, c_);
  EXPECT_EQ(directory.find(exchange_.second.code)->kind, CentreKind::kShared);
  EXPECT_EQ(line_from(a_, directory), (std::vector<OrgCode>{a_, b_, c_}));
  for (const auto kind :
       {CentreKind::kShared, CentreKind::kSelfManaged, CentreKind::kSelfBuilt}) {
    EXPECT_EQ(find_centre_kind(text_of(kind)), kind);
  }
}

// What was signed before anybody thought of it reads and is written as it was, to the byte.
TEST(DirectoriesWithoutSupervisors, StayAsTheyWere) {
  const SmallExchange exchange;
  const Bytes bytes = canonical_json(exchange.directory().describe());
  for (const char* member : {"\"supervisor\"", "\"kind\"", "\"run_by\""}) {
    EXPECT_EQ(text_of(bytes).find(member), std::string_view::npos) << member;
  }
  const Directory directory = Directory::parse(bytes).value();
  EXPECT_EQ(canonical_json(directory.describe()), bytes);
  EXPECT_EQ(directory.find(exchange.a.code)->supervisor, std::nullopt);
  EXPECT_EQ(supervisor_of(*directory.find(exchange.a.code), directory), std::nullopt);
}

TEST_F(SupervisorsTest, AreKnownAndNotAboveThemselves) {
  const auto refused = [&](const OrgCode& agency, const OrgCode& above, std::string_view word) {
    auto& supervisor = std::ranges::find(exchange_.agencies, agency, &Agency::code)->supervisor;
    const auto before = std::exchange(supervisor, above);
    const auto answer = read();
    supervisor = before;
    return !answer && answer.reason() == Reason::kMalformed &&
           answer.refusal().detail.find(word) != std::string::npos;
  };
  EXPECT_TRUE(refused(a_, OrgCode::parse("Z99999999Z").value(), "不在目錄中：Z99999999Z"));
  EXPECT_TRUE(refused(a_, a_, "上級機關之上級"));
  EXPECT_TRUE(refused(c_, a_, "上級機關之上級")) << "a is under b under c";
  EXPECT_FALSE(refused(c_, d_, ""));
  Json json = exchange_.directory().describe();
  json["agencies"][0]["supervisor"] = "no code";
  EXPECT_FALSE(Directory::parse(canonical_json(json)));
}

TEST_F(SupervisorsTest, CentresSayWhoRunsThemWhereTheBureauDoesNot) {
  CLAUSE("四(二)2");
  CLAUSE("四(二)3");
  for (const auto kind : {CentreKind::kSelfManaged, CentreKind::kSelfBuilt}) {
    first_centre_is(kind);
    EXPECT_EQ(read().reason(), Reason::kMalformed) << text_of(kind);
    first_centre_is(kind, OrgCode::parse("Z99999999Z").value());
    EXPECT_EQ(read().reason(), Reason::kMalformed) << text_of(kind);
    first_centre_is(kind, d_);
    EXPECT_TRUE(read()) << text_of(kind);
  }
  exchange_.centres[0].kind.reset();
  EXPECT_EQ(read().reason(), Reason::kMalformed) << "run by somebody, and of no kind";
  Json json = exchange_.directory().describe();
  json["centres"][0]["kind"] = "virtual";
  EXPECT_EQ(Directory::parse(canonical_json(json)).reason(), Reason::kMalformed);
}

// By the kind of its centre and who runs that: who answers for A, which is under B.
TEST_F(SupervisorsTest, AnswerForAnAgencyByTheKindOfItsCentre) {
  CLAUSE("五(五)");
  EXPECT_EQ(answers_for(a_), b_) << "nothing is said of the centre";
  first_centre_is(CentreKind::kShared);
  EXPECT_EQ(answers_for(a_), b_);
  EXPECT_EQ(answers_for(c_), std::nullopt) << "it is at the top";
  first_centre_is(CentreKind::kSelfManaged, d_);
  EXPECT_EQ(answers_for(a_), b_) << "of another agency";
  first_centre_is(CentreKind::kSelfManaged, a_);
  EXPECT_EQ(answers_for(a_), b_) << "its own";
  first_centre_is(CentreKind::kSelfBuilt, d_);
  EXPECT_EQ(answers_for(a_), d_) << "whoever built it has management's part there";
  EXPECT_EQ(answers_for(c_), d_);
  first_centre_is(CentreKind::kSelfBuilt, a_);
  EXPECT_EQ(answers_for(a_), b_) << "it runs it itself";
  EXPECT_EQ(answers_for(c_), std::nullopt) << "nobody is over who is above them";
  EXPECT_EQ(answers_for(b_), c_);
  const Directory directory = read().value();
  EXPECT_EQ(supervisor_of(*directory.find(exchange_.first.code)), a_);
  EXPECT_EQ(supervisor_of(*directory.find(exchange_.second.code)), std::nullopt);
}

TEST_F(SupervisorsTest, DoNotAnswerForEachOther) {
  first_centre_is(CentreKind::kSelfBuilt, d_);
  EXPECT_TRUE(read());
  exchange_.centres[1].kind = CentreKind::kSelfBuilt;
  exchange_.centres[1].run_by = a_;
  const auto round = read();
  ASSERT_EQ(round.reason(), Reason::kMalformed) << "D at A's, A at D's";
  EXPECT_NE(round.refusal().detail.find("互為督導"), std::string::npos);
}

}  // namespace
}  // namespace yizhan
