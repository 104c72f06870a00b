#include "duty/connection/connection_cases_test.h"
#include "ground/files/files.h"

namespace yizhan {

extern const std::span<const EmbeddedFile> kMigrations;

namespace {

class ChangeBookTest : public ::testing::TestWithParam<Engine> {
 protected:
  void SetUp() override {
    migrate(database_, kMigrations, kTestNow);
    write_durably(place_.directory() / "directory.p7m",
                  sign_directory(exchange_.directory(), exchange_.management, kTestNow).value());
    directory_.emplace(place_.directory() / "directory.p7m",
                       std::vector{exchange_.management.certificate()});
    book_.emplace(ChangeBook::Parts{database_, journal_, *directory_, clock_});
  }
  static ChangeBook::Actor officer(const std::string& name) {
    return {name, {"management_officer"}, ""};
  }
  SignedChangeRequest filed(const ChangeRequest& request) {
    return sign_change(request, exchange_.a.sign).value();
  }
  Result<Json> reviewed(const ChangeRequest& request) {
    return book_->review(agreed(filed(request), first_.code, first_.chen).cms, operator_);
  }
  static CaseId id_of(const Json& line) {
    return CaseId::parse(line.at("case").get<std::string>()).value();
  }
  static ChangeBook::Seen seen(const Json& line) {
    const Json& waiting = line.at("waiting").at(0);
    return {JointDecisionId::parse(waiting.at("decision").get<std::string>()).value(),
            Sha256::from_hex(waiting.at("digest").get<std::string>()).value()};
  }
  CaseId approved(const ChangeRequest& request) {
    const CaseId id = id_of(reviewed(request).value());
    const Json proposed = book_->propose(id, 2, officer("chen")).value();
    EXPECT_TRUE(book_->confirm(id, seen(proposed), officer("lin")));
    return id;
  }
  std::string state_of(const CaseId& id) {
    return book_->describe(id, "").value().at("state").get<std::string>();
  }
  void take_up(const ChangeRequest& request, std::int64_t version) {
    const Time now = clock_.now();
    const auto current = directory_->current();
    const Directory next =
        changed_directory(*current, {{request}, {}, {version, now, now + std::chrono::hours{24}}})
            .value();
    ASSERT_TRUE(
        directory_->adopt(sign_directory(next, exchange_.management, now).value()).ok());
    book_->tend();
  }

  SmallExchange exchange_;
  TestCentre& first_ = exchange_.first;
  TestClock clock_;
  TestDatabase place_{GetParam()};
  Database database_{place_.config()};
  Journal journal_{"management"};
  std::optional<DirectorySource> directory_;
  std::optional<ChangeBook> book_;
  const OrgCode a_ = exchange_.a.code;
  const ChangeBook::Actor clerk_{"wang", {"clerk"}, "A01000000A"};
  const ChangeBook::Actor operator_{"lin.centre", {"centre_operator"}, "CENTRE-1"};
};

INSTANTIATE_TEST_SUITE_P(BothEngines, ChangeBookTest, kBothEngines, engine_name);

TEST_P(ChangeBookTest, GoesFromTheAgencyOverItsCentreAndTwoOfManagementToTheDirectory) {
  CLAUSE("五(三)5");
  const ChangeRequest request = renaming(a_);
  const Json first = book_->file(filed(request).cms, clerk_).value();
  EXPECT_EQ(first.at("state"), "filed");
  EXPECT_EQ(first.at("form").at("agency_name"), "機關A01000000A");
  EXPECT_EQ(first.at("form").at("name"), "測試新部");
  const CaseId id = id_of(first);
  EXPECT_EQ(book_->propose(id, 1, officer("chen")).reason(), Reason::kStepNotAllowed)
      << "its centre has not looked at it";
  const Json whole = book_->describe(id, "").value();
  const Bytes cms = from_base64(whole.at("request").get<std::string>()).value();
  const SignedChangeReview review = agreed(open_change(cms).value(), first_.code, first_.chen);
  const Json then = book_->review(review.cms, operator_).value();
  EXPECT_EQ(id_of(then), id);
  EXPECT_EQ(then.at("state"), "reviewed");
  EXPECT_EQ(then.at("form").at("centre_person"), "林維運");
  const Json proposed = book_->propose(id, 2, officer("chen")).value();
  EXPECT_EQ(proposed.at("state"), "reviewed") << "one is not two";
  EXPECT_EQ(book_->confirm(id, seen(proposed), officer("lin"))->at("state"), "approved");
  book_->tend();
  EXPECT_EQ(state_of(id), "approved") << "its day has not come";
}

TEST_P(ChangeBookTest, IsInEffectOnceTheDirectorySaysSo) {
  CLAUSE("五(三)5");
  const ChangeRequest request = renaming(a_);
  const CaseId id = approved(request);
  clock_.pass(effective_time(request) - kTestNow);
  book_->tend();
  EXPECT_EQ(state_of(id), "approved") << "its day has come, the directory has not";
  take_up(request, 2);
  EXPECT_EQ(state_of(id), "in_effect");
  const Json steps = book_->describe(id, "").value().at("steps");
  EXPECT_EQ(steps.size(), 4U);
  EXPECT_EQ(steps.back().at("person"), "yizhan-management");
}

TEST_P(ChangeBookTest, ACodeThatEndsIsWoundUpBeforeItIsClosed) {
  ChangeRequest request = change_of(a_, ChangeRequest::Kind::kMerge);
  request.successor = exchange_.b.code;
  const CaseId id = approved(request);
  clock_.pass(effective_time(request) - kTestNow);
  take_up(request, 2);
  EXPECT_EQ(state_of(id), "closing");
  clock_.pass(kWindingUp);
  book_->tend();
  EXPECT_EQ(state_of(id), "closing") << "the directory has it open";
  take_up(request, 3);
  EXPECT_EQ(state_of(id), "in_effect");
}

TEST_P(ChangeBookTest, TheSameBytesAreTheSameCase) {
  const SignedChangeRequest change = filed(renaming(a_));
  const Json once = book_->file(change.cms, clerk_).value();
  EXPECT_EQ(book_->file(change.cms, clerk_).value(), once);
  const SignedChangeReview review = agreed(change, first_.code, first_.chen);
  const Json reviewed = book_->review(review.cms, operator_).value();
  EXPECT_EQ(book_->review(review.cms, operator_).value(), reviewed);
  EXPECT_EQ(book_->review(agreed(change, first_.code, first_.lin).cms, operator_).reason(),
            Reason::kStepNotAllowed)
      << "it was reviewed";
  EXPECT_EQ(book_->describe("", "").at("items").size(), 1U);
}

TEST_P(ChangeBookTest, ApprovalTakesAnotherWhoSawTheSame) {
  const CaseId id = id_of(reviewed(renaming(a_)).value());
  EXPECT_EQ(book_->propose(id, 1, officer("chen")).reason(), Reason::kConflict);
  const Json proposed = book_->propose(id, 2, officer("chen")).value();
  EXPECT_EQ(book_->propose(id, 2, officer("lin")).reason(), Reason::kConflict) << "it waits";
  EXPECT_EQ(book_->confirm(id, seen(proposed), officer("chen")).reason(), Reason::kSamePerson);
  EXPECT_EQ(book_->confirm(id, seen(proposed), {"v", {"observer"}, ""}).reason(),
            Reason::kRoleMissing);
  ChangeBook::Seen other = seen(proposed);
  other.digest = sha256(Bytes{1});
  EXPECT_EQ(book_->confirm(id, other, officer("lin")).reason(), Reason::kDecisionChanged);
  EXPECT_EQ(state_of(id), "reviewed");
  const CaseId another = id_of(book_->file(filed(change_of(a_, ChangeRequest::Kind::kDissolve)).cms,
                                           clerk_)
                                   .value());
  EXPECT_EQ(book_->confirm(another, seen(proposed), officer("lin")).reason(), Reason::kNotFound);
}

TEST_P(ChangeBookTest, OneChangeOfAnAgencyWaitsForTheDirectoryAtATime) {
  ChangeRequest later = renaming(a_);
  later.name = "更新之部";
  const CaseId second = id_of(reviewed(later).value());
  const Json proposed = book_->propose(second, 2, officer("chen")).value();
  const CaseId first = approved(renaming(a_));
  EXPECT_EQ(book_->confirm(second, seen(proposed), officer("lin")).reason(), Reason::kConflict);
  const auto done = book_->turn_down(first, {3, "refuse", "併入後案"}, officer("lin"));
  EXPECT_EQ(done->at("state"), "refused");
  EXPECT_TRUE(book_->confirm(second, seen(proposed), officer("lin")));
}

TEST_P(ChangeBookTest, WhatTheDirectoryDoesNotBearIsNotApproved) {
  ChangeRequest request = change_of(a_, ChangeRequest::Kind::kMerge);
  request.successor = exchange_.b.code;
  const CaseId id = id_of(reviewed(request).value());
  const Json proposed = book_->propose(id, 2, officer("chen")).value();
  exchange_.registered(exchange_.b).standing = Standing::kClosed;
  ASSERT_TRUE(directory_->adopt(
      sign_directory(exchange_.directory(2), exchange_.management, kTestNow).value()));
  EXPECT_EQ(book_->confirm(id, seen(proposed), officer("lin")).reason(), Reason::kAgencyClosed);
  EXPECT_EQ(state_of(id), "reviewed");
}

TEST_P(ChangeBookTest, OneIsEnoughToSayNoAndSaysWhy) {
  const CaseId id = id_of(reviewed(renaming(a_)).value());
  EXPECT_EQ(book_->turn_down(id, {2, "return", ""}, officer("chen")).reason(),
            Reason::kBadRequest);
  EXPECT_EQ(book_->turn_down(id, {2, "approve", "快"}, officer("chen")).reason(),
            Reason::kBadRequest);
  const Json then = book_->turn_down(id, {2, "return", "名稱與組織法規不符"}, officer("chen")).value();
  EXPECT_EQ(then.at("state"), "returned");
  EXPECT_EQ(then.at("form").at("bureau_note"), "名稱與組織法規不符");
  ChangeReview back = agreed(filed(change_of(a_, ChangeRequest::Kind::kDissolve)), first_.code,
                             first_.chen)
                          .review;
  back.kind = ChangeReview::Kind::kReturned;
  EXPECT_EQ(book_->review(sign_review(back, first_.chen)->cms, operator_)->at("state"),
            "returned");
}

TEST_P(ChangeBookTest, NobodyFilesOrSeesBeyondTheirScope) {
  const SignedChangeRequest change = filed(renaming(a_));
  const ChangeBook::Actor other{"li", {"clerk"}, "B02000000B"};
  EXPECT_EQ(book_->file(change.cms, other).reason(), Reason::kRoleMissing);
  const CaseId id = id_of(book_->file(change.cms, clerk_).value());
  EXPECT_EQ(book_->describe(id, other.scope).reason(), Reason::kNotFound);
  EXPECT_TRUE(book_->describe(id, "CENTRE-1"));
  EXPECT_TRUE(book_->describe(other.scope, "").at("items").empty());
  EXPECT_EQ(book_->describe("A01000000A", "filed").at("items").size(), 1U);
  const ChangeBook::Actor elsewhere{"x", {"centre_operator"}, "CENTRE-2"};
  EXPECT_EQ(book_->review(agreed(change, first_.code, first_.chen).cms, elsewhere).reason(),
            Reason::kRoleMissing);
}

TEST_P(ChangeBookTest, NobodySignsForAnother) {
  CLAUSE("五(三)5");
  const SignedChangeRequest forged = sign_change(renaming(a_), exchange_.b.sign).value();
  EXPECT_EQ(book_->file(forged.cms, clerk_).reason(), Reason::kCertificateUnregistered);
  TestCentre& second = exchange_.second;
  const SignedChangeRequest change = filed(renaming(a_));
  EXPECT_EQ(book_->review(agreed(change, first_.code, second.chen).cms, officer("chen")).reason(),
            Reason::kCertificateUnregistered);
  ChangeRequest ahead = renaming(a_);
  ahead.time = kTestNow + std::chrono::minutes{6};
  EXPECT_EQ(book_->file(filed(ahead).cms, clerk_).reason(), Reason::kClockSkew);
  EXPECT_TRUE(book_->describe("", "").at("items").empty());
}

TEST_P(ChangeBookTest, ANewcomersCentreBringsIt) {
  const Newcomer newcomer;
  SoftwareKey signer = newcomer.signer();
  const SignedChangeRequest change = sign_change(newcomer.request(), signer).value();
  const Json line =
      book_->review(agreed(change, first_.code, first_.chen).cms, operator_).value();
  EXPECT_EQ(line.at("state"), "reviewed");
  EXPECT_EQ(line.at("form").at("agency_name"), "新機關");
  const std::string text = exposition(book_->metrics());
  EXPECT_NE(text.find("yizhan_connection_changes{state=\"reviewed\"} 1"), std::string::npos)
      << text;
}

TEST(ChangeFormTest, HasAPrintedTitleForEachFieldAndState) {
  const ChangeForm& form = change_form();
  EXPECT_EQ(form.titles.size(), 21U);
  EXPECT_EQ(form.title_of("remark"), "備註");
  EXPECT_EQ(form.kinds.at("dissolve"), "機關裁撤");
  const CaseKind& kind = form.cases.at({kConnectionChange, form.edition});
  for (const CaseStepKind& step : kind.steps) EXPECT_NE(title_of_state(step.to), step.to);
  EXPECT_TRUE(kind.is_final("in_effect"));
  EXPECT_EQ(kind.find_step("approve")->confirming_role, "management_officer");
}

}  // namespace
}  // namespace yizhan
